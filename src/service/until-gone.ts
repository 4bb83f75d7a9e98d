/**
 * A wait in an object that nobody waits for any more would go on until its time is over, and count as an open one.
 * @param signal aborts when the caller has gone
 * @param wait is given what tells the object: a promise that resolves when the caller has gone, or has its answer
 */
export async function untilGone<T>(
  signal: AbortSignal,
  wait: (released: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const release = () => resolve();
  signal.addEventListener("abort", release);
  try {
    return await wait(() => promise);
  } finally {
    release();
    signal.removeEventListener("abort", release);
  }
}
