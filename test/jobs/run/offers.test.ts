import { describe, expect, it } from "vitest";
import {
  acquired,
  ended,
  extended,
  isClaimable,
  lapsed,
  newOffer,
  type Offer,
  type OfferTerms,
  released,
  tryEnded,
  verdict,
} from "../../../src/jobs/run/offers.ts";
import { seeded } from "../../../tooling/random.ts";
import { setting } from "../../support/setting.ts";

const TERMS: OfferTerms = { lease_ms: 1_000, retries: 1, delay_ms: 0, backoff: "fixed" };
const ERROR = { code: "bad_disk", message: "The disk is bad.", retryable: true };

const anOffer = (terms: Partial<OfferTerms> = {}): Offer =>
  newOffer({ tenant: "t", job_id: "j", path: "p", queue: "q", priority: 0, terms: { ...TERMS, ...terms } }, 100_000, 0);

describe("an offer", () => {
  it("is held until its lease ends, and never beyond its deadline", () => {
    const held = acquired(anOffer(), "gpu", 10);
    expect(held).toMatchObject({ state: "leased", token: 1, lease_until: 1_010, due_at: 1_010, worker: "gpu" });
    expect(acquired(anOffer(), null, 99_500).lease_until).toBe(100_000);
    expect(extended(held, 5_000, 900)).toMatchObject({ lease_until: 5_900, due_at: 1_010 });
    expect(extended(held, 5, 900)).toMatchObject({ lease_until: 905, due_at: 905 });
    expect(extended(held, 1_000_000, 900).lease_until).toBe(100_000);
  });

  it("whose lease ran out goes to the next worker, a try by the step's retry", () => {
    const held = acquired(anOffer(), "gpu", 0);
    expect(lapsed(held, 999)).toBeUndefined();
    const first = lapsed(held, 1_000);
    expect(first).toMatchObject({
      offer: { state: "open", failures: 1, worker: null },
      retry: { code: "worker_lost" },
    });
    const second = lapsed(acquired(first?.offer ?? held, null, 1_000), 2_000);
    expect(second).toMatchObject({ offer: { state: "ended" }, failure: { code: "worker_lost" } });
  });

  it("that was given back counts no try", () => {
    const back = released(acquired(anOffer(), null, 0));
    expect(back).toMatchObject({ state: "open", failures: 0, token: 1, due_at: 100_000, lease_until: null });
    expect(isClaimable(back, 99_999)).toBe(true);
    expect(isClaimable(back, 100_000)).toBe(false);
  });

  it("waits as long as the retry says before the next try, and no longer than its deadline", () => {
    const turn = tryEnded(acquired(anOffer({ delay_ms: 4_000 }), null, 0), "failed", ERROR, 100);
    expect(turn.offer).toMatchObject({ state: "delayed", due_at: 4_100 });
    expect(lapsed(turn.offer, 4_099)).toBeUndefined();
    expect(lapsed(turn.offer, 4_100)).toEqual({ offer: { ...turn.offer, state: "open", due_at: 100_000 } });
    const late = tryEnded(acquired(anOffer({ delay_ms: 4_000 }), null, 0), "failed", ERROR, 99_000);
    expect(late.offer.due_at).toBe(100_000);
    expect(lapsed(late.offer, 100_000)).toMatchObject({ failure: { code: "step_timeout" } });
  });

  it("fails with the worker's own error when that is final, or no retry is left", () => {
    const held = acquired(anOffer(), null, 0);
    const failure = { code: ERROR.code, message: ERROR.message };
    expect(tryEnded(held, "failed", { ...ERROR, retryable: false }, 5)).toMatchObject({ failure });
    expect(tryEnded({ ...held, failures: 1 }, "failed", ERROR, 5)).toMatchObject({
      offer: { state: "ended" },
      failure,
    });
  });

  it("that nobody completes in time says whether anybody had it", () => {
    expect(lapsed(anOffer(), 100_000)?.failure?.message).toMatch(/^No worker has claimed it from queue q within 100 s/);
    const held = extended(acquired(anOffer(), null, 0), 200_000, 0);
    expect(lapsed(held, 100_000)?.failure?.message).toMatch(/^No worker has completed it within 100 s/);
  });

  it("looks again when its lease was extended", () => {
    const held = extended(acquired(anOffer(), null, 0), 5_000, 900);
    expect(lapsed(held, 1_000)).toEqual({ offer: { ...held, due_at: 5_900 } });
  });
});

describe("a report", () => {
  const held = acquired(anOffer(), null, 0);

  it.each([
    ["of the holder", held, 1, "complete", "apply"],
    ["with an older token", acquired(released(held), null, 5), 1, "complete", "lost"],
    ["with a token that nobody had", held, 2, "complete", "lost"],
    ["on what nobody had yet", anOffer(), 0, "complete", "lost"],
    ["on what is not there", undefined, 1, "complete", "lost"],
    ["of the same completion", ended(held, "completed"), 1, "complete", "repeated"],
    ["of a failure after the completion", ended(held, "completed"), 1, "fail", "lost"],
    ["of the same release", released(held), 1, "release", "repeated"],
    ["of a heartbeat after the release", released(held), 1, "heartbeat", "lost"],
    ["of the same failure", tryEnded(held, "failed", ERROR, 1).offer, 1, "fail", "repeated"],
    ["after the lease ran out", lapsed(held, 1_000)?.offer, 1, "complete", "lost"],
    ["on what the job no longer wants", ended(held, "unwanted"), 1, "heartbeat", "unwanted"],
    ["with an older token on what the job no longer wants", ended(held, "unwanted"), 0, "heartbeat", "lost"],
  ] as const)("%s", (_, offer, token, action, expected) => {
    expect(verdict(offer, token, action).verdict).toBe(expected);
  });
});

/** One offer, and workers that pause, die, come late and report twice, while the clock jumps. */
class Schedule {
  completions = 0;
  late = 0;
  readonly #random: () => number;
  readonly #memories: number[] = [];
  #offer: Offer;
  #now = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.#offer = anOffer({ retries: 6, delay_ms: this.#pick([0, 500]) });
  }

  get isOver(): boolean {
    return this.#offer.state === "ended";
  }

  step(): void {
    this.#now += this.#pick([0, 1, 400, 1_000, 7_000]);
    // As the registry does before each call.
    this.#offer = lapsed(this.#offer, this.#now)?.offer ?? this.#offer;
    if (isClaimable(this.#offer, this.#now) && this.#random() < 0.5) this.#claim();
    if (this.#memories.length > 0) this.#report(this.#pick(this.#memories));
  }

  #claim(): void {
    const before = this.#offer.token;
    this.#offer = acquired(this.#offer, null, this.#now);
    expect(this.#offer.token).toBeGreaterThan(before);
    this.#memories.push(this.#offer.token);
  }

  #report(token: number): void {
    const action = this.#pick(["heartbeat", "complete", "fail", "release"]);
    const judged = verdict(this.#offer, token, action);
    if (judged.verdict === "lost") this.late += 1;
    if (judged.verdict !== "apply") return;
    // Whoever may report holds the lease now, and is the latest that acquired it.
    expect(this.#offer.lease_until).toBeGreaterThan(this.#now);
    expect(token).toBe(this.#memories.at(-1));
    if (action === "complete") this.completions += 1;
    this.#offer = this.#after(action);
  }

  #after(action: string): Offer {
    if (action === "heartbeat") return extended(this.#offer, 1_000, this.#now);
    if (action === "release") return released(this.#offer);
    if (action === "fail") return tryEnded(this.#offer, "failed", ERROR, this.#now).offer;
    return ended(this.#offer, "completed");
  }

  #pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error("nothing to pick");
    return item;
  }
}

describe("random schedules of workers that pause, die, come late and report twice, and of clocks that jump", () => {
  it("accept at most one completion, and none of a late report", () => {
    const random = seeded(setting("SEED"));
    const most = setting("WORKER_STEPS");
    let [accepted, late] = [0, 0];
    for (let steps = 0; steps < most; ) {
      const schedule = new Schedule(random);
      for (; steps < most && !schedule.isOver; steps++) schedule.step();
      expect(schedule.completions).toBeLessThanOrEqual(1);
      accepted += schedule.completions;
      late += schedule.late;
    }
    expect(accepted).toBeGreaterThan(0);
    expect(late).toBeGreaterThan(0);
  });
});
