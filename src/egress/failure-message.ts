/** What the runtime says in place of a cause, with a number of a log that nobody here can read. */
const OPAQUE = /^internal error\b/i;

/** Why there was no answer, for whoever wrote the URL. */
export function failureMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return OPAQUE.test(message) ? "there is no such host, or no connection to it" : message;
}
