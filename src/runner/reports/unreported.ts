import type { Finished } from "../../registry/api/caller.ts";

/**
 * How the last action of a sequence of steps ended, as long as the registry has not heard of it: it rides along with the
 * next report of the sequence.
 */
export class Unreported {
  #finished: Finished | undefined;

  get finished(): Finished | undefined {
    return this.#finished;
  }

  put(finished: Finished): void {
    this.#finished = finished;
  }

  /** The registry has heard of it. */
  clear(): void {
    this.#finished = undefined;
  }
}
