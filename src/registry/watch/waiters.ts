/** Callers that wait in this object for a job to change. In memory only: a caller that loses its wait reads again. */
export class Waiters {
  readonly #byJob = new Map<string, Set<() => void>>();

  /** Resolves when one of the jobs is announced, or `release` does, and after `waitMs` at the latest. */
  async wait(jobIds: readonly string[], waitMs: number, release?: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    void release?.then(resolve);
    const timer = setTimeout(resolve, waitMs);
    for (const jobId of jobIds) this.#add(jobId, resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      for (const jobId of jobIds) this.#remove(jobId, resolve);
    }
  }

  #add(jobId: string, wake: () => void): void {
    const waiting = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, waiting.add(wake));
  }

  #remove(jobId: string, wake: () => void): void {
    const waiting = this.#byJob.get(jobId);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#byJob.delete(jobId);
  }

  announce(jobId: string): void {
    for (const wake of this.#byJob.get(jobId) ?? []) wake();
  }
}
