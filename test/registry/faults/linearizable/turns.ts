/** Promise callbacks that may follow from one turn. */
const CALLBACKS = 40;

/** Who waits goes on one at a time, chosen at random: the same seed, the same order. */
export class Turns {
  readonly #random: () => number;
  readonly #waiting: (() => void)[] = [];
  /** Turns so far. */
  now = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Waits for a turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async pause(turns: number): Promise<void> {
    for (let i = 0; i < turns; i++) await this.next();
  }

  /** Gives turns until all is done. @param between what else happens after each */
  async run(all: Promise<unknown>, between: () => Promise<void>): Promise<void> {
    let isDone = false;
    const end = all.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      this.now += 1;
      const [chosen] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1);
      chosen?.();
      for (let i = 0; i < CALLBACKS; i++) await null;
      await between();
    }
    await end;
  }
}
