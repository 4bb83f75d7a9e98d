const TRIES = 3;
const PAUSE_MS = 200;

/** A call that may be made again: an object that restarts answers the next one. */
export async function resend<T>(call: () => Promise<T>, pause: (ms: number) => Promise<void>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries === TRIES) throw error;
      await pause(PAUSE_MS * tries);
    }
  }
}
