import { arch, cpus, loadavg, platform } from "node:os";
import type { EngineJobs } from "../engine-jobs.ts";
import type { Latencies } from "../latency.ts";
import type { Figure, Plan, Spread } from "../rounds.ts";
import type { Startup } from "../startup.ts";
import { type Goal, goalsOf } from "./goals.ts";
import { priceOfAMillion } from "./price.ts";

/** What one run found, as bench/results.json keeps it. */
export interface Results {
  measured_at: string;
  machine: string;
  /** Of the last 15 minutes, at the end. The bench itself makes about 2; what is far above was measured on a busy machine. */
  load_average: number;
  plan: Plan;
  /** Of the whole run. */
  minutes: number;
  /** What was to be reached, and what was. */
  goals: Goal[];
  /** Rate by the rate of the limit, in the same rounds: medians. */
  ratios: Record<string, number>;
  /** Quartiles of the ratios. */
  spread: Record<string, [low: number, high: number]>;
  /** Rows written by submits, steps and jobs; rows read by status and list. */
  rows: Record<string, number>;
  /** Steps that workers are given in calls of twenty, beside bare inserts of as many rows: both inside one object. */
  claims: Record<string, number>;
  /** Steps and waits of one job, as the engine counted them. */
  engine_steps: Record<string, number>;
  /** Dollars for a million jobs of three steps, by docs/cost.md with the rows and steps that were counted. */
  million_jobs_usd: number;
  /** What takes how many times as long with a million jobs as with a thousand: medians and quartiles. */
  scale: Record<string, Spread>;
  bytes_per_settled_job: number;
  /** How many times as long an expression takes as in bare JSONata: medians and quartiles. */
  expressions: Record<string, Spread>;
  latency_ms: Record<string, number>;
  startup: { active_ms: number; bundle_gzip_kib: number };
  /** Context only: of this machine, in this minute. */
  rates: Record<string, { per_second: number; p50_ms: number; p99_ms: number; answers: number }>;
  /** Context only, too: jobs of three http steps, the Workflow that bounds them, and instances that do nothing. */
  jobs_per_second: Record<string, number>;
  skipped: string[];
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const byName = <T>(figures: readonly Figure[], value: (figure: Figure) => T): Record<string, T> =>
  Object.fromEntries(figures.map((figure) => [figure.name, value(figure)]));

const rounded = ({ median, low, high }: Spread): Spread => ({
  ...{ median: round(median, 2), low: round(low, 2), high: round(high, 2) },
});

const allRounded = (spreads: Record<string, Spread>): Record<string, Spread> =>
  Object.fromEntries(Object.entries(spreads).map(([name, spread]) => [name, rounded(spread)]));

const latencies = (name: string, { median, low, high }: Spread) => ({
  [name]: round(median, 1),
  [`${name}_low`]: round(low, 1),
  [`${name}_high`]: round(high, 1),
});

export interface Measurements {
  figures: readonly Figure[];
  plan: Plan;
  rows: Record<string, number>;
  claims: Record<string, number>;
  scale: Record<string, Spread>;
  bytesPerJob: number;
  expressions: Record<string, Spread>;
  latency: Latencies;
  engine: EngineJobs;
  startup: Startup;
  /** Of the whole run. */
  ms: number;
  skipped: string[];
}

/** @param now epoch ms */
export function resultsOf(measurements: Measurements, now: number): Results {
  const results = measuredOf(measurements, now);
  return { ...results, goals: goalsOf(results) };
}

function measuredOf(
  { figures, plan, rows, claims, scale, bytesPerJob, expressions, latency, engine, startup, ms, skipped }: Measurements,
  now: number,
): Omit<Results, "goals"> {
  const others = figures.filter(({ name, limit }) => name !== limit);
  return {
    measured_at: new Date(now).toISOString(),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, ${platform()} ${arch()}, Node ${process.version}`,
    load_average: round(loadavg()[2] ?? Number.NaN, 1),
    plan,
    minutes: round(ms / 60_000, 1),
    ratios: {
      ...byName(others, ({ ratio }) => round(ratio.median, 3)),
      three_step_jobs: round(engine.ratio.median, 3),
      empty_instances: round(engine.emptyRatio.median, 3),
    },
    spread: {
      ...byName(others, ({ ratio }): [number, number] => [round(ratio.low, 3), round(ratio.high, 3)]),
      three_step_jobs: [round(engine.ratio.low, 3), round(engine.ratio.high, 3)],
      empty_instances: [round(engine.emptyRatio.low, 3), round(engine.emptyRatio.high, 3)],
    },
    rows,
    claims,
    engine_steps: engine.steps,
    million_jobs_usd: round(priceOfAMillion(rows, engine.steps.three_steps ?? Number.NaN), 2),
    scale: allRounded(scale),
    bytes_per_settled_job: round(bytesPerJob, 0),
    expressions: allRounded(expressions),
    latency_ms: {
      ...latencies("accepted_to_first_step", latency.acceptedToFirstStepMs),
      ...latencies("settled_to_woken", latency.settledToWokenMs),
    },
    startup: { active_ms: round(startup.activeMs, 1), bundle_gzip_kib: startup.bundleGzipKiB },
    rates: byName(figures, ({ perSecond, p50Ms, p99Ms, answers }) => ({
      per_second: round(perSecond.median, 0),
      p50_ms: round(p50Ms, 2),
      p99_ms: round(p99Ms, 2),
      answers,
    })),
    jobs_per_second: {
      three_step_jobs: round(engine.jobsPerSecond.median, 1),
      bare_workflow: round(engine.barePerSecond.median, 1),
      empty_instances: round(engine.emptyPerSecond.median, 1),
    },
    skipped,
  };
}
