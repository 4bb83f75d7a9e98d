/** Waits for something that has a name. In memory only. */
export class KeyedWaits {
  readonly #byKey = new Map<string, Set<() => void>>();

  /** Resolves when one of the keys is woken, `over` aborts, and after `waitMs` at the latest. */
  async wait(keys: readonly string[], waitMs: number, over?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    over?.addEventListener("abort", wake);
    const timer = setTimeout(wake, waitMs);
    for (const key of keys) this.#add(key, wake);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      over?.removeEventListener("abort", wake);
      for (const key of keys) this.#remove(key, wake);
    }
  }

  wake(key: string): void {
    for (const wake of this.#byKey.get(key) ?? []) wake();
  }

  #add(key: string, wake: () => void): void {
    const waiting = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, waiting.add(wake));
  }

  #remove(key: string, wake: () => void): void {
    const waiting = this.#byKey.get(key);
    waiting?.delete(wake);
    if (waiting?.size === 0) this.#byKey.delete(key);
  }
}
