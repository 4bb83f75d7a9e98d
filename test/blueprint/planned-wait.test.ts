import { describe, expect, it } from "vitest";
import type { Blueprint } from "../../src/blueprint/blueprint.ts";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { defaultTimeoutMs, plannedWaitMs, sleptMs, waitBeyond } from "../../src/blueprint/planned-wait.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { DEFAULT_JOB_TIMEOUT_MS, EXPRESSION_WAIT_MS, MAX_JOB_TIMEOUT_MS } from "../../src/limits.ts";
import { aBlueprint, aTransform, NOW } from "./support.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function planOf(steps: Json[], more: JsonObject = {}): Blueprint {
  const checked = checkBlueprint(aBlueprint(steps, more), { handlers: [] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
}

let ids = 0;
const step = (type: string, more: JsonObject): JsonObject => ({ id: `s${ids++}`, type, ...more });
const nap = (text: string): JsonObject => step("sleep", { for: text });
const until = (text: string): JsonObject => step("sleep", { until: text });
const ask = (more: JsonObject = {}): JsonObject => step("input", { message: "?", schema: { type: "object" }, ...more });
const http = (more: JsonObject): JsonObject => step("http", { url: "https://example.com/", ...more });
const job = (blueprint: Json): JsonObject => step("job", { blueprint });

/** Steps, and how long they mean to wait. */
const CASES: readonly (readonly [title: string, steps: Json[], ms: number])[] = [
  ["nothing", [aTransform("a"), http({})], 0],
  ["sleeps", [nap("3 hours"), nap("0 seconds"), nap("2 days")], 3 * HOUR + 2 * DAY],
  ["a sleep until a time", [until("2026-11-21T12:00:00Z")], DAY],
  ["a sleep until the past", [until("2020-01-01T00:00:00Z")], 0],
  ["a sleep that an expression gives", [nap("{% $input.pause %}"), until("{% $input.at %}")], 2 * EXPRESSION_WAIT_MS],
  ["questions", [ask(), ask({ timeout: "3 days" })], 4 * DAY],
  ["workers", [step("worker", { queue: "q" }), step("worker", { queue: "q", timeout: "3 days" })], 4 * DAY],
  [
    "polls",
    [http({ until: "{% $response.body %}" }), http({ until: "{% $response.body %}", every: "1 hour", limit: 5 })],
    10 * MINUTE + 5 * HOUR,
  ],
  [
    "a question and polls whose times expressions give",
    [
      ask({ timeout: "{% $input.wait %}" }),
      http({ until: "{% $response.body %}", every: "{% $input.every %}" }),
      http({ until: "{% $response.body %}", limit: "{% $input.limit %}" }),
    ],
    3 * EXPRESSION_WAIT_MS,
  ],
  ["rows of a map, once", [step("map", { over: [1, 2, 3], steps: [nap("1 hour"), nap("1 hour")] })], 2 * HOUR],
  [
    "rounds of a repeat",
    [step("repeat", { limit: 3, pause: "1 hour", steps: [nap("1 minute")] })],
    3 * (HOUR + MINUTE),
  ],
  [
    "rounds that are as many as an expression says",
    [step("repeat", { limit: "{% $input.n %}", pause: "1 hour", steps: [aTransform("r1")] })],
    EXPRESSION_WAIT_MS,
  ],
  [
    "pauses that an expression gives",
    [step("repeat", { limit: 9, pause: "{% $input.pause %}", steps: [aTransform("r2")] })],
    EXPRESSION_WAIT_MS,
  ],
  ["rounds that wait for nothing", [step("repeat", { limit: "{% $input.n %}", steps: [aTransform("r3")] })], 0],
  ["branches", [step("parallel", { branches: { a: [nap("1 hour")], b: [ask({ timeout: "1 hour" })] } })], 2 * HOUR],
  [
    "no longer than a step may take as a whole",
    [
      step("map", { over: [1], timeout: "30 minutes", steps: [nap("1 hour")] }),
      step("parallel", { timeout: "2 hours", branches: { a: [nap("1 hour")] } }),
      step("repeat", { timeout: "1 minute", pause: "1 hour", steps: [aTransform("r4")] }),
      step("map", { over: [1], timeout: "{% $input.most %}", steps: [nap("5 hours")] }),
    ],
    30 * MINUTE + HOUR + MINUTE + 5 * HOUR,
  ],
  [
    "the longest of the children that an expression may choose, and for none that is detached",
    [
      step("job", { blueprint: "{% $input.kind %}", one_of: ["other", "kid@1"] }),
      step("job", { blueprint: "kid@1", detached: true }),
    ],
    HOUR,
  ],
  ["an inline child", [job(aBlueprint([nap("1 hour"), job(aBlueprint([nap("2 hours")]))]))], 3 * HOUR],
  ["a child that is not known", [job("other")], 0],
  ["a child that is known", [job("kid@1"), job("kid@1")], 2 * HOUR],
  ["rows of rows", [step("map", { over: [1], steps: [step("map", { over: [1], steps: [nap("1 minute")] })] })], MINUTE],
];

const KID = planOf([nap("1 hour")]);
const kid = (name: string): Blueprint | undefined => (name === "kid@1" ? KID : undefined);

describe("a plan waits for", () => {
  it.each(CASES)("%s", (_title, steps, ms) => {
    expect(plannedWaitMs(planOf(steps), NOW, kid)).toBe(ms);
    expect(defaultTimeoutMs(planOf(steps), NOW, kid)).toBe(DEFAULT_JOB_TIMEOUT_MS + ms);
  });
});

describe("the default timeout", () => {
  it("is the plan's own, whatever it waits for", () => {
    expect(defaultTimeoutMs(planOf([nap("1 hour")], { timeout: "2 hours" }), NOW)).toBe(2 * HOUR);
  });

  it("is never longer than a job's may be", () => {
    expect(defaultTimeoutMs(planOf([nap("365 days"), nap("365 days")]), NOW)).toBe(MAX_JOB_TIMEOUT_MS);
  });
});

describe("what a plan sleeps at least", () => {
  it.each<[string, Json[], number]>([
    ["is the sum of its sleeps", [nap("200 days"), aTransform("a"), nap("200 days")], 400 * DAY],
    ["goes on from a time", [nap("1 hour"), until("2026-11-21T12:00:00Z"), nap("1 hour")], DAY + HOUR],
    ["is nothing of what may be left out", [{ ...nap("2 hours"), when: "{% $input.x %}" }], 0],
    ["is nothing of what an expression gives", [nap("{% $input.x %}")], 0],
    ["ends where the job may end", [nap("1 hour"), step("end", { when: "{% $input.x %}" }), nap("1 hour")], HOUR],
  ])("%s", (_title, steps, ms) => {
    expect(sleptMs(planOf(steps), NOW)).toBe(ms);
  });
});

describe("a wait beyond the timeout", () => {
  it.each<[string, Json[], number | undefined]>([
    ["is the longest one", [nap("2 hours"), nap("3 hours")], 3 * HOUR],
    ["is none of the same length", [nap("1 hour")], undefined],
    ["is that of a worker too", [step("worker", { queue: "q", timeout: "3 hours" })], 3 * HOUR],
    ["is no worker's that says nothing of its time", [step("worker", { queue: "q" })], undefined],
    ["is none that an expression gives", [nap("{% $input.x %}")], undefined],
    ["is none that may be left out", [{ ...nap("2 hours"), when: "{% $input.x %}" }], undefined],
    ["is no question that says nothing of its time", [ask()], undefined],
    ["is no question whose time an expression gives", [ask({ timeout: "{% $input.wait %}" })], undefined],
    ["is a question that is to be open for longer", [{ ...ask(), timeout: "2 hours" }], 2 * HOUR],
    ["stands in a row", [step("map", { over: [1], steps: [nap("2 hours")] })], 2 * HOUR],
    ["stands in a branch", [step("parallel", { branches: { a: [nap("2 hours")] } })], 2 * HOUR],
    ["stands in a child", [job(aBlueprint([nap("2 hours")]))], 2 * HOUR],
    ["is that of polls", [http({ until: "{% true %}", every: "1 minute", limit: 90 })], 1.5 * HOUR],
    ["is none of polls that say nothing of their number", [http({ until: "{% true %}", every: "1 hour" })], undefined],
    ["is one until a time", [until("2026-11-21T12:00:00Z")], DAY],
  ])("%s", (_title, steps, ms) => {
    expect(waitBeyond(planOf(steps), HOUR, NOW)?.ms).toBe(ms);
  });
});
