import { yieldTurn } from "./yield-turn.ts";

/** Who is first works at its next look. One that was cut off with its request looks no more, and is passed over after so many. */
const MAX_LOOKS = 20;

/**
 * Pieces of work that keep the thread for a while, of all requests of a process: one after the other, and between two of
 * them everything else that waits for the thread goes first. Each owner has one of its turns, then the next owner. Nobody is
 * waited for by a promise of its own: a request that ends early would keep it for ever.
 */
export class Turns {
  /** By owner, in the order of their next turns. */
  readonly #waiting = new Map<string, Set<symbol>>();
  readonly #look: () => Promise<void>;

  /** @param look comes back when others were served */
  constructor(look = yieldTurn) {
    this.#look = look;
  }

  /**
   * Until the caller may work for this owner without giving way, up to its next await.
   * @param goesOn with what it began in a turn before: so it stands before all of the owner that begin, lest all were begun,
   * and held, at once
   */
  async next(owner: string, goesOn = false): Promise<void> {
    const own = Symbol("turn");
    let before: symbol | undefined;
    for (let looks = 0; ; await this.#look()) {
      // Again, when it was passed over.
      this.#join(owner, own, goesOn);
      const first = this.#first();
      looks = first === before ? looks + 1 : 0;
      before = first;
      if (first === own && looks > 0) break;
      // Who was passed over and is there comes back at its next look, behind this one.
      if (looks >= MAX_LOOKS) this.#waiting.clear();
    }
    this.#end(owner, own);
  }

  #join(owner: string, turn: symbol, goesOn: boolean): void {
    const waiting = this.#waiting.get(owner) ?? new Set();
    if (waiting.has(turn)) return;
    this.#waiting.set(owner, goesOn ? new Set([turn, ...waiting]) : waiting.add(turn));
  }

  #first(): symbol | undefined {
    const [first] = this.#waiting.values();
    return first?.values().next().value;
  }

  #end(owner: string, turn: symbol): void {
    const others = this.#waiting.get(owner) ?? new Set();
    others.delete(turn);
    this.#waiting.delete(owner);
    if (others.size > 0) this.#waiting.set(owner, others);
  }
}
