import fc from "fast-check";
import { accept, dispatched, nextAttempt, postponed } from "../../../src/jobs/dispatch.ts";
import type { Job } from "../../../src/jobs/job.ts";
import { topLevelStep } from "../../../src/jobs/run/action-keys.ts";
import { applyMarks, begin, finish, type Mark, rest, retrying, start } from "../../../src/jobs/run/reports.ts";
import { isFenced } from "../../../src/jobs/run/takeover.ts";
import { type Outcome, settle } from "../../../src/jobs/settle.ts";
import { isSettled } from "../../../src/jobs/status.ts";
import { AN_ERROR, aJob, HOUR, KEEP_MS, SECOND, T0 } from "../../support/jobs.ts";

/** Any course that a run can take: reports in any order, some of them stale, between what the registry does itself. */

/** The plan: `first`, `pages` (a map of three items, each with a step and a sleep), `pick` (pure), `nap`, `last`. */
const ACTS = ["first", "pages[0].get", "pages[1].get", "last"] as const;
const RESTS = ["nap", "pages[2].nap"] as const;
export const OUTLINE = ["first", "pages", "pick", "nap", "last"].map((id) => ({ id, type: "http" }));
const ITEMS = 3;
const WITHIN_MS = 30 * SECOND;

export type Move =
  | { do: "hand_over" | "start" | "next_attempt" | "put_off" }
  | { do: "begin" | "retrying"; path: string }
  | { do: "finish"; path: string; fails: boolean }
  | { do: "rest"; path: string; forMs: number }
  | { do: "mark"; marks: Mark[] }
  | { do: "settle"; outcome: Outcome };

/** One thing that happens, this long after the one before. `stale` reports come from an attempt that was given up. */
export interface Happening {
  afterMs: number;
  stale: boolean;
  move: Move;
}

export interface Run {
  job: Job;
  now: number;
  /** Paths whose output is stored: they are reused, not begun again. */
  stored: ReadonlySet<string>;
  /** What the last `rest` answered. */
  wake?: { path: string; at: number };
  /** Settlements that were accepted. */
  settlements: number;
}

const anyMark = (): fc.Arbitrary<Mark> => {
  const count = fc.nat(ITEMS);
  return fc.oneof(
    fc.constantFrom<Mark>(
      ...["pages", "pick", "nap", "pages[2].nap"].map((path): Mark => ({ path, status: "succeeded" })),
      { path: "pick", status: "skipped" },
      { path: "pick", status: "failed", error: AN_ERROR },
    ),
    fc.tuple(count, count).map(([done, failed]): Mark => {
      return { path: "pages", status: "running", items: { total: ITEMS, done, failed: Math.min(done, failed) } };
    }),
  );
};

const anyOutcome = (): fc.Arbitrary<Outcome> =>
  fc.oneof(
    fc.constantFrom(null, ...ACTS, "pick").map(outcomeAt),
    fc.constantFrom<Outcome>(
      { name: "succeeded", result_path: "last", result_json: null },
      { name: "cancelled", reason: null },
    ),
  );

/** Settling is rare, so that courses are long. */
const anyMove = (): fc.Arbitrary<Move> => {
  const act = fc.constantFrom(...ACTS);
  const plain = fc.constantFrom("hand_over", "start", "next_attempt", "put_off");
  const resting = fc.constantFrom(...RESTS);
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: plain }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("begin", "retrying"), path: act }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("finish"), path: act, fails: fc.boolean() }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("rest"), path: resting, forMs: fc.nat(HOUR) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("mark"), marks: fc.array(anyMark(), { maxLength: 4 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("settle"), outcome: anyOutcome() }) },
  );
};

const outcomeAt = (path: string | null): Outcome => ({ name: "failed", path, error: AN_ERROR });

const anyHappening = (): fc.Arbitrary<Happening> => {
  const stale = fc.nat(9).map((n) => n === 0);
  return fc.record({ afterMs: fc.integer({ min: 1, max: 2 * HOUR }), stale, move: anyMove() });
};

export const anyCourse = (): fc.Arbitrary<Happening[]> =>
  fc.array(anyHappening(), { minLength: 5, maxLength: 40, size: "max" });

export function newRun(): Run {
  const job = accept(aJob({ step_count: OUTLINE.length, timeout_ms: 24 * HOUR }), T0);
  return { job, now: T0, stored: new Set(), settlements: 0 };
}

function rested(run: Run, path: string, forMs: number): Run {
  const { job, wakeAt } = rest(run.job, path, run.now + forMs, run.now);
  return { ...run, job, wake: { path, at: wakeAt } };
}

function finished(run: Run, path: string, fails: boolean): Run {
  if (run.stored.has(path)) return run;
  const job = finish(run.job, path, fails ? AN_ERROR : undefined, run.now);
  return { ...run, job, stored: new Set([...run.stored, path]) };
}

/** A step that has ended no longer fails the job: then the job as a whole fails. */
function possible(job: Job, outcome: Outcome): Outcome {
  if (outcome.name !== "failed" || outcome.path === null) return outcome;
  const ended = job.run.steps[topLevelStep(outcome.path)]?.completed_at ?? null;
  return ended === null ? outcome : outcomeAt(null);
}

function settled(run: Run, outcome: Outcome): Run {
  const job = settle(run.job, possible(run.job, outcome), run.now, KEEP_MS);
  return job === undefined ? run : { ...run, job, settlements: run.settlements + 1 };
}

/** What the registry does by itself: it never acts on a settled job. */
function repaired(run: Run, move: "hand_over" | "next_attempt" | "put_off"): Run {
  const { job, now } = run;
  if (isSettled(job.status)) return run;
  if (move === "put_off") return { ...run, job: postponed(job, 20 * SECOND, now) };
  if (move === "next_attempt") return { ...run, job: nextAttempt(job, "no report", now) };
  return job.dispatched_at === null ? { ...run, job: dispatched(job, now) } : run;
}

function moved(run: Run, move: Move): Run {
  const { job, now } = run;
  switch (move.do) {
    case "hand_over":
    case "next_attempt":
    case "put_off":
      return repaired(run, move.do);
    case "start":
      return { ...run, job: start(job, now) };
    case "begin":
      if (run.stored.has(move.path)) return run;
      return { ...run, job: begin(job, move.path, `${job.run.open[move.path]?.token ?? ""}+`, WITHIN_MS, now).job };
    case "retrying": {
      const open = job.run.open[move.path];
      const acts = open !== undefined && open.tries > open.failures;
      return acts ? { ...run, job: retrying(job, move.path, AN_ERROR, 2 * SECOND, WITHIN_MS, now) } : run;
    }
    case "finish":
      return finished(run, move.path, move.fails);
    case "rest":
      return rested(run, move.path, move.forMs);
    case "mark":
      return { ...run, job: applyMarks(job, move.marks, now) };
    case "settle":
      return settled(run, move.outcome);
    default:
      return move satisfies never;
  }
}

/** The run after the happening: fenced as the registry fences reports. A late settlement is tried all the same. */
export function after(before: Run, { afterMs, stale, move }: Happening): Run {
  const { wake: _answered, ...rest } = before;
  const run: Run = { ...rest, now: before.now + afterMs };
  const attempt = stale ? run.job.attempt - 1 : run.job.attempt;
  const isReport = !["hand_over", "next_attempt", "put_off"].includes(move.do);
  if (move.do === "settle" && isSettled(run.job.status)) return settled(run, move.outcome);
  return isReport && isFenced(run.job, { attempt }) ? run : moved(run, move);
}
