import { abortAllDurableObjects } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import type { RetryRequest } from "../../../src/registry/api/caller.ts";
import { recordFigures } from "../../../tooling/figures.ts";
import { type Bench, CALLER, inRegistry, planOf } from "../../registry/bench.ts";
import { setting } from "../../support/setting.ts";
import { RecordingStep, type Run, runSteps } from "../bench.ts";
import { FATES, type Fate, KeyTarget } from "./key-target.ts";

/** What is done with the job between two runs. */
const MOVES = [
  "resume",
  "retry",
  "from first",
  "from all",
  "from last",
  "other input",
  "corrected all",
  "corrected last",
] as const;
type Move = (typeof MOVES)[number];

interface History {
  fates: Fate[];
  moves: Move[];
  items: number;
  concurrency: number;
}

/** Steps in the order of the plan. */
const STEPS = ["first", "all", "last"];
const BASE = "https://example.com/";
const stepOf = (url: string): string => {
  const [step = ""] = url.slice(BASE.length).split("-");
  return step;
};

/** The plan; each correction changes the body of a step. */
function stepsOf({ concurrency }: History, versions: Record<string, number>): JsonObject[] {
  const pay = (id: string, path: string, of = id): JsonObject => ({
    ...{ id, type: "http", method: "POST", url: `${BASE}${path}`, retry: { limit: 0 } },
    body: { version: versions[of] ?? 0 },
  });
  const rows = [pay("row", "all-{% $item %}", "all")];
  return [
    pay("first", "first"),
    { id: "all", type: "map", over: "{% [1..$input.items] %}", concurrency, steps: rows },
    pay("last", "last"),
  ];
}

/** The first step whose finished actions the move discards; undefined: it discards none. */
function discardedFrom(move: Move): string | undefined {
  const [how, which] = move.split(" ");
  if (how === "from" || how === "corrected") return which;
  return move === "other input" ? "first" : undefined;
}

/** URLs of actions whose answers are stored with the job. */
function finished({ storage }: Bench, id: string): string[] {
  const outputs = storage.sql.exec<{ json: string }>(
    `SELECT value_json AS json FROM job_values WHERE job_id = ?
     UNION ALL SELECT value AS json FROM jobs, json_each(outputs_json) WHERE job_id = ? AND type = 'object'`,
    id,
    id,
  );
  return [...outputs].flatMap(({ json }) => {
    const body = JSON.parse(json)?.body;
    return typeof body?.url === "string" ? [body.url] : [];
  });
}

/** One history: runs, kills, retries and cancels of one job, and what its actions may have done. */
class Course {
  readonly #bench: Bench;
  readonly #history: History;
  readonly #target: KeyTarget;
  #versions: Record<string, number> = {};
  /** Reruns that somebody asked for, by URL. */
  readonly asked = new Map<string, number>();
  #input: { items: number; salt: number };
  #id = "";
  #run: Run | undefined;

  constructor(bench: Bench, history: History) {
    this.#bench = bench;
    this.#history = history;
    this.#target = new KeyTarget(history.fates);
    this.#target.onCancelled = () => this.#cancel();
    this.#input = { items: history.items, salt: 0 };
  }

  get effects(): ReadonlyMap<string, number> {
    return this.#target.effects;
  }

  async play(): Promise<void> {
    const fresh = { plan: planOf(this.#steps), plan_hash: crypto.randomUUID(), input: this.#input };
    this.#id = (await this.#bench.submit(fresh)).id;
    await this.#go();
    for (const move of this.#history.moves) await this.#move(move);
    for (let tries = 0; tries < 30 && (await this.status()) !== "succeeded"; tries++) await this.#move("retry");
    this.#target.arrive();
  }

  async status(): Promise<string | undefined> {
    const status = await this.#bench.caller.status(CALLER, this.#id, { steps: false, events: false });
    return status.ok ? status.value.status : undefined;
  }

  get #steps(): Json[] {
    return stepsOf(this.#history, this.#versions);
  }

  async #go(): Promise<void> {
    this.#run = await runSteps(this.#bench, this.#steps, { fetch: this.#target.fetch, existing: this.#id });
  }

  async #cancel(): Promise<void> {
    await this.#bench.caller.cancel(CALLER, this.#id, null);
  }

  async #move(move: Move): Promise<void> {
    const isRunning = (await this.status()) === "running";
    if (move === "resume") {
      // The process died, and the engine begins the attempt again.
      if (isRunning) await this.#run?.resume(new RecordingStep());
      return;
    }
    if (isRunning) await this.#cancel();
    await this.#retry(move);
  }

  async #retry(move: Move): Promise<void> {
    const versions = this.#versions;
    const request = this.#requestOf(move);
    const stored = finished(this.#bench, this.#id);
    const reply = await this.#bench.caller.retry(CALLER, this.#id, request);
    // What has succeeded is not retried without a step to begin with; a step that was not reached is none.
    if (!reply.ok) {
      // A correction that was refused is none: the next one changes its own step alone.
      this.#versions = versions;
      return;
    }
    await this.#bench.settleBackground();
    const from = discardedFrom(move);
    const again = from === undefined ? [] : STEPS.slice(STEPS.indexOf(from));
    for (const url of stored) {
      if (again.includes(stepOf(url))) this.asked.set(url, (this.asked.get(url) ?? 0) + 1);
    }
    this.#id = reply.value.id;
    await this.#go();
  }

  #requestOf(move: Move): RetryRequest {
    const request = { from_step: null, input: null };
    const [how, which = ""] = move.split(" ");
    if (how === "from") return { ...request, from_step: which };
    if (how === "other") {
      this.#input = { ...this.#input, salt: this.#input.salt + 1 };
      return { ...request, input: this.#input };
    }
    if (how !== "corrected") return request;
    this.#versions = { ...this.#versions, [which]: (this.#versions[which] ?? 0) + 1 };
    return { ...request, blueprint: { label: "inline", plan: planOf(this.#steps), plan_hash: crypto.randomUUID() } };
  }
}

const histories: fc.Arbitrary<History> = fc.record({
  fates: fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 14 }),
  moves: fc.array(fc.constantFrom(...MOVES), { maxLength: 6 }),
  items: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.integer({ min: 1, max: 3 }),
});

/** Each history has an object of its own, whose files stay open: a process may have some thousands. */
const OBJECTS_AT_ONCE = 500;

describe("a target that counts effects", () => {
  it("has each once, and once more for each rerun that was asked for", { timeout: 3_600_000 }, async (test) => {
    const [runs, seed] = [setting("KEY_HISTORIES"), setting("SEED")];
    const counts = { histories: 0, effects: 0, "reruns asked for": 0, doubled: 0, missing: 0 };
    const check = async (history: History) =>
      inRegistry(async (bench) => {
        const course = new Course(bench, history);
        await course.play();
        expect(await course.status()).toBe("succeeded");
        const urls = ["first", "last", ...Array.from({ length: history.items }, (_, i) => `all-${i + 1}`)];
        const expected = urls.map((path) => [`${BASE}${path}`, 1 + (course.asked.get(`${BASE}${path}`) ?? 0)] as const);
        counts.histories += 1;
        for (const [url, due] of expected) {
          const effects = course.effects.get(url) ?? 0;
          counts.effects += effects;
          counts["reruns asked for"] += due - 1;
          counts.doubled += Math.max(effects - due, 0);
          counts.missing += Math.max(due - effects, 0);
        }
        expect(new Map(course.effects)).toEqual(new Map(expected));
      });
    const checkApart = async (history: History) => {
      await check(history);
      if (counts.histories % OBJECTS_AT_ONCE === 0) await abortAllDurableObjects();
    };
    await fc.assert(fc.asyncProperty(histories, checkApart), { numRuns: runs, seed, endOnFailure: false });
    recordFigures(test, { harness: "effects by key", seed, counts });
    expect(counts).toMatchObject({ doubled: 0, missing: 0 });
  });
});
