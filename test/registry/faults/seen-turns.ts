import type { RateTerms } from "../../../src/jobs/flow/turns.ts";

/** When tries of rates begin, as reports were answered. Times are epoch ms. */
export class SeenTurns {
  readonly #byKey = new Map<string, Map<string, number>>();

  /** A try says more than once when it begins, when its report is sent again: the first answer counts. */
  begins({ key }: RateTerms, name: string, at: number): void {
    const turns = this.#byKey.get(key) ?? new Map<string, number>();
    this.#byKey.set(key, turns);
    if (!turns.has(name)) turns.set(name, at);
  }

  /**
   * @returns tries that lie in one time of the rate, one more than it allows; none where it is kept. A turn may begin late,
   * when its begin was held up behind it: then it lies nearer to the next one than turns are given.
   */
  crowd({ key, limit, per_ms }: RateTerms): string[] {
    const turns = [...(this.#byKey.get(key) ?? [])].sort(([, a], [, b]) => a - b);
    const first = turns.findIndex(([, at], i) => (turns[i + limit]?.[1] ?? Number.POSITIVE_INFINITY) - at < per_ms);
    return first < 0 ? [] : turns.slice(first, first + limit + 1).map(([name]) => name);
  }

  /** The clock went back: what was by it says nothing of what is. */
  forget(): void {
    this.#byKey.clear();
  }
}
