/** What goes wrong at a crash point. */
export const MODES = ["crash before", "crash after", "throw", "reply lost"] as const;
export type Mode = (typeof MODES)[number];

/** One life of the object, from its constructor to its end. */
export class Life {
  dead = false;
}

/** Ends the code of a life that is over; nobody hears of it. */
export class Died extends Error {}

/** An operation that failed although the object lives on. */
export class Failed extends Error {}

/**
 * Lets one operation of the object go wrong: the one that comes after as many others as said. Writes, alarms, calls
 * of the engine and calls of the object itself all pass here, and pass unharmed while nothing is armed.
 */
export class Hazard {
  /** Operations since it was armed. */
  passed = 0;
  /** The operation that went wrong. */
  hit: string | undefined;
  #armed: { at: number; mode: Mode } | undefined;

  /** @param at 1: the next operation */
  arm(at: number, mode: Mode): void {
    this.#armed = { at, mode };
    this.passed = 0;
    this.hit = undefined;
  }

  disarm(): void {
    this.#armed = undefined;
  }

  /** Storage: synchronous, so that a reply is never lost by itself. */
  sync<T>(life: Life, name: string, act: () => T): T {
    const fault = this.#next(life, name);
    if (fault === "crash before") return this.#die(life);
    if (fault === "throw") throw new Failed(name);
    const done = act();
    return fault === "crash after" ? this.#die(life) : done;
  }

  /** A call of something that goes on while the object dies. */
  async call<T>(life: Life, name: string, act: () => Promise<T>): Promise<T> {
    const fault = this.#next(life, name);
    if (fault === "crash before") return this.#die(life);
    if (fault === "throw") throw new Failed(name);
    const done = await act();
    if (fault === "crash after") return this.#die(life);
    if (fault === "reply lost") throw new Failed(name);
    if (life.dead) throw new Died();
    return done;
  }

  #next(life: Life, name: string): Mode | undefined {
    if (life.dead) throw new Died();
    if (this.#armed === undefined) return undefined;
    this.passed += 1;
    if (this.passed !== this.#armed.at) return undefined;
    this.hit = name;
    return this.#armed.mode;
  }

  #die(life: Life): never {
    life.dead = true;
    throw new Died();
  }
}
