import { yieldTurn } from "./yield-turn.ts";

/** Who is first works at its next look. One that was cut off with its request looks no more, and is passed over after so many. */
const MAX_LOOKS = 20;

/**
 * Pieces of work that keep the thread for a while, of all requests of a process: one after the other, and between two of
 * them everything else that waits for the thread goes first. Nobody is waited for by a promise of its own: a request that
 * ends early would keep it for ever.
 */
export class Turns {
  readonly #waiting = new Set<symbol>();
  readonly #look: () => Promise<void>;

  /** @param look comes back when others were served */
  constructor(look = yieldTurn) {
    this.#look = look;
  }

  /** Until the caller may work without giving way, up to its next await. */
  async next(): Promise<void> {
    const own = Symbol("turn");
    let before: symbol | undefined;
    for (let looks = 0; ; await this.#look()) {
      // Again, when it was passed over.
      this.#waiting.add(own);
      const [first] = this.#waiting;
      looks = first === before ? looks + 1 : 0;
      before = first;
      if (first === own && looks > 0) break;
      if (looks >= MAX_LOOKS) this.#passOver(own);
    }
    this.#waiting.delete(own);
  }

  #passOver(own: symbol): void {
    for (const each of this.#waiting) {
      if (each === own) return;
      this.#waiting.delete(each);
    }
  }
}
