import type { StoreObserver } from "../storage/job-store.ts";

/** Callers that wait in this object for an event. In memory only: a caller that loses its wait reads again. */
export class EventWaiters implements StoreObserver {
  readonly #wakes = new Set<() => void>();

  /** Resolves with the next event, when `over` aborts, and after `waitMs` at the latest. */
  async wait(waitMs: number, over?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    over?.addEventListener("abort", wake);
    const timer = setTimeout(wake, waitMs);
    this.#wakes.add(wake);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      over?.removeEventListener("abort", wake);
      this.#wakes.delete(wake);
    }
  }

  onEvents(): void {
    for (const wake of this.#wakes) wake();
  }
}
