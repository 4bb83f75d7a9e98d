import { seeded } from "../../../tooling/random.ts";

/** Every random choice of one seed. While the world is sane, no fault happens. */
export class Dice {
  faulty = true;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  /** From 0 to 1. */
  roll(): number {
    return this.#random();
  }

  between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  /** True with this probability. */
  is(probability: number): boolean {
    return this.#random() < probability;
  }

  /** The same, but never once the faults have stopped. */
  fault(probability: number): boolean {
    return this.#random() < probability && this.faulty;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.between(0, 255));
  }
}
