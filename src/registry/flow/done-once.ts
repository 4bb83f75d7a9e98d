import { BoundedMap } from "../../lib/bounded-map.ts";

/** Work that is done once for each key, of so many keys; who comes while it is done waits for it. What failed is done again. */
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
