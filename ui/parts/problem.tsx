import type { ApiError } from "../lib/api.ts";

/** What went wrong, in the words of the server: where, what, and what to do. */
export function Problem({ error }: { error: ApiError | undefined }) {
  if (error === undefined) return null;
  return (
    <div class="problem" role="alert">
      {error.message}
      {error.faults.length > 0 && (
        <ul>
          {error.faults.map(({ path, message, fix }) => (
            <li key={`${path} ${message}`}>
              <code>{path}</code> {message} {fix}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
