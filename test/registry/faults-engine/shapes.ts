import type { Json } from "../../../src/lib/json.ts";
import type { SubmitRequest } from "../../../src/registry/api/caller.ts";
import { planOf } from "../bench.ts";

export const QUEUE = "q";
/** The blueprint of jobs that are limited together. */
export const LIMITED = "limited@1";
export const LEASE_MS = 20_000;

/** How a job of the shape may end when nothing goes wrong: its status, its result or its error's code. */
export interface Shape {
  name: string;
  plan: SubmitRequest["plan"];
  timeout_ms: number;
  /** No more than one job of all such shapes runs at once. */
  isLimited: boolean;
  /** Ms after the submission. */
  startsIn: number;
  ends: { status: "succeeded" | "failed"; result?: Json; error_code?: string }[];
}

const effect = (id: string, at = "ok") => ({
  id,
  type: "http",
  method: "POST",
  url: `https://svc.example/${at}`,
  retry: { limit: 3, delay: "2 seconds", backoff: "exponential" },
});
const work = (id: string) => ({
  id,
  type: "worker",
  queue: QUEUE,
  input: { file: "a" },
  lease: `${LEASE_MS / 1_000} seconds`,
  retry: { limit: 20, delay: "2 seconds" },
});
/** Turns of one lie so far apart that they are stored, those of the other are in memory alone. */
const SLOW = { limit: 2, per: "10 seconds", key: "svc.example" };
const FAST = { limit: 1, per: "1 second", key: "fast" };
const rated = (over: number[], rate: Json) => {
  return { id: "each", type: "map", over, concurrency: over.length, steps: [{ ...effect("item"), rate }] };
};
const nap = (length: string, id = "nap") => ({ id, type: "sleep", for: length });
const ask = (more: Record<string, Json>, id = "ask") => ({
  id,
  type: "input",
  message: "Go on?",
  schema: { type: "object", properties: {} },
  ...more,
});
const child = (steps: Json[], more: Record<string, Json> = {}) => {
  return { id: "kid", type: "job", blueprint: { name: "kid", steps }, ...more };
};

const succeeds = (result: Json) => ({ status: "succeeded" as const, result });
const fails = (error_code: string) => ({ status: "failed" as const, error_code });

const HOUR = 3_600_000;

function shape(name: string, steps: Json[], ends: Shape["ends"], more: Partial<Shape> = {}, output = "done"): Shape {
  return { name, plan: planOf(steps, { output }), timeout_ms: 6 * HOUR, isLimited: false, startsIn: 0, ends, ...more };
}

const DONE = { value: "done" };
/** What each step answered, as its first end left it. */
const OUTPUTS = "{% $steps.a.body.at & $steps.b.body.at & $steps.c.body.at %}";

export const SHAPES: Shape[] = [
  shape(
    "steps",
    [effect("a"), effect("b", "flaky"), effect("c", "slow")],
    [succeeds({ value: "okflakyslow" })],
    { isLimited: true },
    OUTPUTS,
  ),
  shape("sleep", [effect("a"), nap("40 seconds"), effect("b")], [succeeds(DONE)], { isLimited: true }),
  shape(
    "worker",
    [work("work"), effect("b")],
    [succeeds({ value: "workedok" })],
    {},
    "{% $steps.work.at & $steps.b.body.at %}",
  ),
  shape(
    "rows of workers",
    [{ id: "each", type: "map", over: [0, 1, 2], concurrency: 2, steps: [work("item")] }],
    [succeeds(DONE)],
  ),
  shape("slow rate", [rated([0, 1, 2, 3], SLOW)], [succeeds(DONE)]),
  shape("fast rate", [rated([...Array(8).keys()], FAST)], [succeeds(DONE)]),
  shape(
    "map",
    [{ id: "each", type: "map", over: [0, 1, 2, 3], concurrency: 2, steps: [effect("item")] }],
    [succeeds(DONE)],
  ),
  shape(
    "repeat",
    [
      {
        id: "loop",
        type: "repeat",
        state: { rounds: [] },
        steps: [effect("page", "flaky")],
        next: { rounds: "{% $append($state.rounds, $round) %}" },
        // A retry that goes on in it has its own limit, and comes to the same end.
        until: "{% $count($state.rounds) = 3 %}",
        pause: "15 seconds",
      },
    ],
    [succeeds({ rounds: [1, 2, 3] })],
    {},
    "{% $steps.loop %}",
  ),
  shape(
    "parallel",
    [
      {
        id: "both",
        type: "parallel",
        branches: {
          left: [effect("x")],
          right: [nap("20 seconds"), effect("y")],
          last: [ask({ timeout: "1 minute", default: {} })],
        },
      },
    ],
    [succeeds(DONE)],
  ),
  shape("child", [child([effect("inner"), nap("15 seconds", "rest")]), effect("b")], [succeeds(DONE)]),
  shape("failing child", [child([effect("bad", "bad")]), effect("b")], [fails("child_failed")]),
  shape(
    "child beside a question",
    [
      {
        id: "both",
        type: "parallel",
        branches: {
          left: [child([nap("30 seconds", "rest"), effect("bad", "bad")], { on_error: "continue" }), effect("x")],
          right: [ask({ timeout: "40 seconds", default: {} }), effect("y")],
        },
      },
    ],
    [succeeds(DONE)],
  ),
  shape("question", [ask({ timeout: "5 minutes" }), effect("b")], [succeeds(DONE), fails("input_expired")]),
  shape("failing", [effect("a"), effect("bad", "bad"), effect("c")], [fails("http_status")]),
  // It waits for a child, which has a longer time: a sleep of its own that cannot fit would fail at once.
  shape("timeout", [effect("a"), child([nap("2 hours", "rest")]), effect("b")], [fails("job_timeout")], {
    timeout_ms: 120_000,
  }),
  shape("later", [effect("a"), effect("b", "flaky")], [succeeds(DONE)], { startsIn: 90_000 }),
  shape(
    "polling",
    [{ ...effect("watch", "poll"), until: "{% $response.body.ready %}", every: "10 seconds", limit: 20 }],
    [succeeds(DONE)],
  ),
];

/** Ends that only faults bring about. */
export const FAULT_CODES = [
  "engine_lost",
  "engine_step",
  "engine_wait",
  "step_interrupted",
  "child_failed",
  "network",
  "step_timeout",
  "job_timeout",
  "poll_limit",
];
