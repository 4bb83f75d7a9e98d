import { useState } from "preact/hooks";
import { type Session, session } from "../lib/api.ts";
import { useAction } from "../lib/live.ts";
import { Problem } from "../parts/problem.tsx";

/** The key stays in the server's answer: a cookie that no script reads. */
export function SignIn({ onOpen }: { onOpen: (who: Session) => void }) {
  const [key, setKey] = useState("");
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    run(async () => onOpen(await session.open(key.trim())));
  };
  return (
    <div class="sign-in">
      <form onSubmit={submit} class="card">
        <h1>Edge Jobs</h1>
        <p class="quiet">Sign in with an API key. What you may do here is what the key may.</p>
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            name="key"
            autocomplete="current-password"
            required
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <Problem error={error} />
        <button type="submit" class="primary" disabled={busy}>
          Sign in
        </button>
        <p class="quiet">
          <small>
            A key is made with <code>npm run keys -- create --tenant you --scope jobs:read,jobs:write</code>
          </small>
        </p>
      </form>
    </div>
  );
}
