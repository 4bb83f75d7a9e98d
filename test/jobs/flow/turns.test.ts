import { describe, expect, it } from "vitest";
import { pauseBefore, Turns } from "../../../src/jobs/flow/turns.ts";
import { MAX_RATES } from "../../../src/limits.ts";
import { seeded } from "../../../tooling/random.ts";
import { setting } from "../../support/setting.ts";

const START = 1_800_000_000_000;
const FOUR = { key: "api.example.com", limit: 4, per_ms: 1_000 };

describe("turns of a rate", () => {
  it("lie a tenth further apart than the rate asks, whoever has them", () => {
    const turns = new Turns(START, true);
    const waits = Array.from({ length: 5 }, (_, i) => turns.take(`job_${i % 2}.step.${i}`, FOUR, START));
    expect(waits.map(Math.round)).toEqual([0, 275, 550, 825, 1_100]);
  });

  it("are the same for a holder that asks again, until they are over", () => {
    const turns = new Turns(START, true);
    turns.take("first", FOUR, START);
    expect(turns.take("second", FOUR, START)).toBeCloseTo(275);
    expect(turns.take("second", FOUR, START + 200)).toBeCloseTo(75);
    expect(turns.take("second", FOUR, START + 300)).toBe(0);
    expect(turns.take("second", FOUR, START + 340)).toBeCloseTo(210);
  });

  it("of other keys are not waited for", () => {
    const turns = new Turns(START, true);
    turns.take("one", FOUR, START);
    expect(turns.take("two", { ...FOUR, key: "other" }, START)).toBe(0);
  });

  it("keep the distance of the stricter of two rates of a key", () => {
    const turns = new Turns(START, true);
    turns.take("slow", { ...FOUR, limit: 1 }, START);
    expect(turns.take("fast", FOUR, START)).toBeCloseTo(1_100);
    expect(turns.take("slow again", { ...FOUR, limit: 1 }, START)).toBeCloseTo(2_200);
  });

  it("begin where those end that the object may have given before, and no later", () => {
    const at = (limit: number, per_ms: number) =>
      new Turns(START, false).take("holder", { key: "k", limit, per_ms }, START);
    expect(at(4, 1_000)).toBeCloseTo(775);
    expect(at(1, 1_000)).toBeCloseTo(1_600);
    expect(at(600, 60_000), "not for the time of the rate").toBeCloseTo(610);
    expect(at(1, 1_800)).toBeCloseTo(2_480);
    expect([at(1, 2_000), at(1_000, 86_400_000)], "those that are stored are known").toEqual([0, 0]);
    expect(new Turns(START, false).take("holder", FOUR, START + 60_000)).toBe(0);
  });

  it("never let more requests through than the rate in any of its times, however late each begins within its grace", () => {
    for (const limit of [1, 2, 3, 4, 7, 60]) {
      const turns = new Turns(START, true);
      const sent = Array.from({ length: 5 * limit }, (_, i) => {
        const late = i % limit === 0 ? 50 : 0;
        return turns.take(`holder ${i}`, { key: "k", limit, per_ms: 1_000 }, START) + late;
      });
      for (const from of sent) {
        expect(sent.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(limit);
      }
    }
  });

  it("are kept for so many keys, and those of keys that are over make room", () => {
    const turns = new Turns(START, true);
    for (let i = 0; i < MAX_RATES; i++) turns.take("holder", { ...FOUR, key: `key ${i}` }, START);
    expect(turns.take("holder", { ...FOUR, key: "one more" }, START)).toBe(1_000);
    expect(turns.take("holder", { ...FOUR, key: "one more" }, START + 1_000)).toBe(0);
  });
});

/** Holders who come, ask again, act when it is their turn, and go with all of their job. */
class Crowd {
  readonly #turns = new Turns(START, true);
  readonly #random: () => number;
  readonly #waiting = new Map<string, number>();
  /** When each acted. */
  readonly sent: number[] = [];
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  get #job(): string {
    return `job_${Math.floor(this.#random() * 5)}-`;
  }

  step(now: number): void {
    const acting = [...this.#waiting].filter(([, at]) => at <= now);
    for (const [holder] of acting) this.#waiting.delete(holder);
    this.sent.push(...acting.map(([, at]) => at));
    const again = [...this.#waiting.keys()].filter(() => this.#random() < 0.2);
    for (const holder of [`${this.#job}1.s.${this.#count++}`, ...again]) {
      this.#waiting.set(holder, now + this.#turns.take(holder, FOUR, now));
    }
    if (this.#random() < 0.1) this.#leave(this.#job, now);
  }

  #leave(job: string, now: number): void {
    this.#turns.giveBack(FOUR.key, job, now);
    for (const holder of this.#waiting.keys()) if (holder.startsWith(job)) this.#waiting.delete(holder);
  }
}

/** Tries that ask, and ask again, until it is their turn: they act at it even if the object has died meanwhile. */
function sentOver(lives: number, random: () => number): number[] {
  const sent: number[] = [];
  let [now, asked] = [START, 0];
  let waiting: { holder: string; asksAt: number }[] = [];
  for (let life = 0; life < lives; life++) {
    const turns = new Turns(now, life === 0);
    for (const end = now + Math.floor(random() * 4_000); now < end; now += Math.floor(random() * 100)) {
      if (random() < 0.3) waiting.push({ holder: `job_1-1.s.${asked++}`, asksAt: now });
      waiting = waiting.flatMap(({ holder, asksAt }) => {
        if (asksAt > now) return [{ holder, asksAt }];
        const wait = turns.take(holder, FOUR, now);
        if (pauseBefore(wait) > 0) return [{ holder, asksAt: now + pauseBefore(wait) }];
        sent.push(now + wait);
        return [];
      });
    }
  }
  return sent.sort((a, b) => a - b);
}

describe("turns of an object that dies now and then", () => {
  it("never let more through than the rate, and hardly wait", () => {
    const sent = sentOver(200, seeded(setting("SEED")));
    expect(sent.length).toBeGreaterThan(500);
    for (const [i, at] of sent.slice(1).entries()) expect(at - (sent[i] ?? 0)).toBeGreaterThanOrEqual(275 - 0.001);
  });
});

describe("turns that were given back", () => {
  const seven = () => {
    const turns = new Turns(START, true);
    for (let i = 0; i < 7; i++) turns.take(i % 2 ? `job_a-1.s.${i}` : `job_b-1.s.${i}`, FOUR, START);
    return turns;
  };

  it("go to who comes next, the first one first, and then the line goes on behind its last", () => {
    const turns = seven();
    turns.giveBack(FOUR.key, "job_a-", START);
    const waits = [0, 1, 2, 3].map((i) => turns.take(`job_c-1.s.${i}`, FOUR, START));
    expect(waits.map(Math.round)).toEqual([275, 825, 1_375, 1_925]);
  });

  it("go to who waits for a later one and asks again, whose own is then free", () => {
    const turns = seven();
    turns.giveBack(FOUR.key, "job_a-", START);
    expect(turns.take("job_b-1.s.6", FOUR, START)).toBeCloseTo(275);
    expect(turns.take("job_b-1.s.4", FOUR, START)).toBeCloseTo(825);
    expect([1, 2, 3].map((i) => Math.round(turns.take(`job_c-1.s.${i}`, FOUR, START)))).toEqual([1_100, 1_375, 1_650]);
  });

  it("are not used when they are over, nor by a stricter rate, for which they lie too near", () => {
    const turns = seven();
    turns.giveBack(FOUR.key, "job_a-", START);
    expect(turns.take("job_c-1.s.0", FOUR, START + 300)).toBeCloseTo(525);
    expect(turns.take("job_d-1.s.0", { ...FOUR, limit: 2 }, START + 300)).toBeCloseTo(1_900);
  });

  it("never let more through than the rate, whoever comes, goes and asks again", () => {
    const random = seeded(setting("SEED"));
    const crowd = new Crowd(random);
    for (let now = START; now < START + 60_000; now += Math.floor(random() * 150)) crowd.step(now);
    const { sent } = crowd;
    sent.sort((a, b) => a - b);
    expect(sent.length).toBeGreaterThan(100);
    for (const [i, at] of sent.slice(1).entries()) expect(at - (sent[i] ?? 0)).toBeGreaterThanOrEqual(275 - 0.001);
  });
});

describe("turns of a key that another object goes on with", () => {
  it("stay those of their holders, and the next lies behind the last", () => {
    const [before, after] = [new Turns(START, true), new Turns(START + 100, true)];
    const waits = [0, 1, 2].map((i) => before.take(`job_a-1.s.${i}`, FOUR, START));
    after.adopt(FOUR.key, [before.surrender(FOUR)]);
    expect(after.take("job_a-1.s.2", FOUR, START + 100)).toBeCloseTo((waits[2] ?? 0) - 100);
    expect(after.take("job_b-1.s.0", FOUR, START + 100)).toBeCloseTo(725);
  });

  it("begin after the silence of one that does not know what it gave", () => {
    const [before, after] = [new Turns(START, false), new Turns(START, true)];
    after.adopt(FOUR.key, [before.surrender(FOUR)]);
    expect(after.take("job_b-1.s.0", FOUR, START)).toBeCloseTo(775);
  });
});

describe("a try", () => {
  it("begins half a second before its turn, or asks again then; by the engine five seconds before", () => {
    expect([0, 500, 501, 10_000, 10_001].map(pauseBefore)).toEqual([0, 0, 1, 9_500, 5_001]);
  });

  it("asks each minute whether a turn was given back to it", () => {
    expect([64_999, 65_001, 3_600_000].map(pauseBefore)).toEqual([59_999, 60_000, 60_000]);
  });
});
