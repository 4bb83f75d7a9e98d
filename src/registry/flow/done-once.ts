import { BoundedMap } from "../../lib/bounded-map.ts";

/** Does work once for each key, for a bounded number of keys. Concurrent calls wait for the one that runs; failed work is tried again. */
export class DoneOnce {
  readonly #done: BoundedMap<string, Promise<void>>;

  constructor(most: number) {
    this.#done = new BoundedMap(most);
  }

  async once(key: string, work: () => Promise<void>): Promise<void> {
    const begun = this.#done.get(key) ?? work();
    this.#done.set(key, begun);
    await begun.catch((error) => {
      this.#done.delete(key);
      throw error;
    });
  }
}
