/** Callers that wait in this object for a job to change. In memory only: a caller that loses its wait reads again. */
export class Waiters {
  readonly #byJob = new Map<string, Set<() => void>>();

  /** Resolves when the job is announced, and after `waitMs` at the latest. */
  async wait(jobId: string, waitMs: number): Promise<void> {
    const waiting = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, waiting);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#byJob.delete(jobId);
    }
  }

  announce(jobId: string): void {
    for (const wake of this.#byJob.get(jobId) ?? []) wake();
  }
}
