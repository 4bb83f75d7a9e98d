import { iso } from "../lib/time.ts";
import { parseJobId } from "./id.ts";
import type { Job } from "./job.ts";
import { JOB_STATUSES, type JobStatusName } from "./status.ts";

/** What many jobs have in common, summed up so that the sums of several shards can be added. Pure. */

export type StatisticsRow = Pick<
  Job,
  "job_id" | "status" | "blueprint" | "step" | "error" | "error_code" | "started_at" | "settled_at"
> & { trigger: string | null };

export const statisticsRow = (job: Omit<StatisticsRow, "trigger"> & Pick<Job, "run">): StatisticsRow => ({
  ...job,
  trigger: job.run.trigger?.name ?? null,
});

export const GROUPINGS = ["blueprint", "trigger", "status", "error", "time"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Sums {
  statuses: Partial<Record<JobStatusName, number>>;
  /** Jobs that succeeded by the bucket of their duration: [bucket, jobs]. */
  durations: [bucket: number, jobs: number][];
}

export interface Failures {
  blueprint: string;
  step: string | null;
  code: string;
  /** Without numbers and ids. */
  message: string;
  count: number;
  /** Id of one of them, the newest. */
  sample: string;
}

export interface Statistics {
  all: Sums;
  groups: { key: string; sums: Sums }[];
  failures: Failures[];
}

/** Of some jobs, as callers see them. */
export const figures = (sums: Sums) => ({
  jobs: jobsIn(sums),
  statuses: sums.statuses,
  success_rate: successRate(sums),
  p50_ms: quantile(sums, 0.5),
  p95_ms: quantile(sums, 0.95),
});
export type Figures = ReturnType<typeof figures>;
export type FigureGroup = Figures & { key: string };

export interface QueueStats {
  queue: string;
  depth: number;
  leased: number;
  oldest: string | null;
  workers: number;
}

/** How many jobs have a place, and wait for one. */
export interface LimitUse {
  limit: "running_jobs" | "concurrency";
  /** Of a concurrency. */
  blueprint: string | null;
  key: string | null;
  running: number;
  waiting: number;
}

export interface JobStats extends Figures {
  since: string;
  /** Only the newest jobs of the period were looked at. */
  truncated: boolean;
  oldest_queued: string | null;
  groups: FigureGroup[];
  failures: Failures[];
  queues: QueueStats[];
  limits: LimitUse[];
}

/** Each bucket ends a tenth above the one before: a quantile is right to 5 %. */
const GROWTH = Math.log(1.1);
const bucketOf = (ms: number): number => Math.round(Math.log(Math.max(ms, 0) + 1) / GROWTH);
const middleOf = (bucket: number): number => Math.round(Math.exp(bucket * GROWTH) - 1);

/** What failures of one cause have in common. */
export const fingerprint = (message: string): string =>
  message
    .replaceAll(/\b(?:job|batch)_[0-9a-z]{28}\b/g, "<id>")
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, "<id>")
    .replaceAll(/\d+/g, "#");

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Spans of time that people count in. */
const SPANS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, DAY_MINUTES, 2 * DAY_MINUTES, 4 * DAY_MINUTES].map(
  (minutes) => minutes * MINUTE_MS,
);
const MAX_SPANS = 24;

/** By how much a period is cut. Objects that are asked a moment apart cut it alike. */
function spanOf(periodMs: number): number {
  const least = (periodMs - MINUTE_MS) / MAX_SPANS;
  return SPANS_MS.find((span) => span >= least) ?? 4 * DAY_MINUTES * MINUTE_MS;
}

/** @param periodMs from the first time that is looked at to the present */
const KEY: Record<Grouping, (row: StatisticsRow, periodMs: number) => string> = {
  blueprint: ({ blueprint }) => blueprint,
  trigger: ({ trigger }) => trigger ?? "none",
  status: ({ status }) => status,
  error: ({ error_code }) => error_code ?? "none",
  time: ({ job_id }, periodMs) => {
    const at = parseJobId(job_id)?.time ?? 0;
    return iso(at - (at % spanOf(periodMs)));
  },
};

/** What is no more is not listed. */
function count<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}

/** Sums while rows come in, and go. */
class Adding {
  readonly #statuses = new Map<JobStatusName, number>();
  readonly #durations = new Map<number, number>();

  get isEmpty(): boolean {
    return this.#statuses.size === 0;
  }

  count({ status, started_at, settled_at }: StatisticsRow, by: 1 | -1): void {
    count(this.#statuses, status, by);
    if (status !== "succeeded" || started_at === null || settled_at === null) return;
    count(this.#durations, bucketOf(settled_at - started_at), by);
  }

  join({ statuses, durations }: Sums): void {
    for (const status of JOB_STATUSES) count(this.#statuses, status, statuses[status] ?? 0);
    for (const [bucket, jobs] of durations) count(this.#durations, bucket, jobs);
  }

  get sums(): Sums {
    return { statuses: Object.fromEntries(this.#statuses), durations: [...this.#durations] };
  }
}

const keyOf = ({ blueprint, step, code, message }: Omit<Failures, "count" | "sample">): string =>
  JSON.stringify([blueprint, step, code, message]);

function added(failures: Map<string, Failures>, more: Failures): void {
  const known = failures.get(keyOf(more));
  if (known === undefined) failures.set(keyOf(more), { ...more });
  else {
    known.count += more.count;
    known.sample = [known.sample, more.sample].sort()[1] ?? known.sample;
  }
}

const mostFirst = (failures: Map<string, Failures>): Failures[] =>
  [...failures.values()].sort((a, b) => b.count - a.count);

const failureOf = ({ job_id, blueprint, step, error, error_code }: StatisticsRow): Failures => ({
  ...{ blueprint, step, code: error_code ?? "", message: fingerprint(error ?? "") },
  ...{ count: 1, sample: job_id },
});

/** Statistics of rows that come in, and go. */
export class Tally {
  readonly #grouping: Grouping | null;
  readonly #periodMs: number;
  readonly #all = new Adding();
  readonly #groups = new Map<string, Adding>();
  readonly #failures = new Map<string, Failures>();

  /** @param periodMs from the first time that is looked at to the present: groups of times are parts of it */
  constructor(grouping: Grouping | null, periodMs: number) {
    this.#grouping = grouping;
    this.#periodMs = periodMs;
  }

  /** Groups, and causes of failures, that it holds. */
  get size(): number {
    return this.#groups.size + this.#failures.size;
  }

  add(row: StatisticsRow): void {
    this.#count(row, 1);
    if (row.status === "failed") added(this.#failures, failureOf(row));
  }

  /** @returns false when it was the sample of others: nobody knows another one */
  remove(row: StatisticsRow): boolean {
    this.#count(row, -1);
    return row.status !== "failed" || this.#removeFailure(failureOf(row));
  }

  #count(row: StatisticsRow, by: 1 | -1): void {
    this.#all.count(row, by);
    if (this.#grouping === null) return;
    const key = KEY[this.#grouping](row, this.#periodMs);
    const group = this.#groups.get(key) ?? new Adding();
    group.count(row, by);
    if (group.isEmpty) this.#groups.delete(key);
    else this.#groups.set(key, group);
  }

  #removeFailure(failure: Failures): boolean {
    const known = this.#failures.get(keyOf(failure));
    if (known === undefined) return false;
    known.count -= 1;
    if (known.count > 0) return known.sample !== failure.sample;
    return this.#failures.delete(keyOf(failure));
  }

  get statistics(): Statistics {
    return {
      all: this.#all.sums,
      groups: [...this.#groups].map(([key, group]) => ({ key, sums: group.sums })),
      failures: mostFirst(this.#failures).map((failure) => ({ ...failure })),
    };
  }
}

/** @param periodMs as of {@link Tally} */
export function statisticsOf(rows: Iterable<StatisticsRow>, grouping: Grouping | null, periodMs = 0): Statistics {
  const tally = new Tally(grouping, periodMs);
  for (const row of rows) tally.add(row);
  return tally.statistics;
}

/** Of several looks. */
export function mergedFailures(parts: readonly (readonly Failures[])[]): Failures[] {
  const failures = new Map<string, Failures>();
  for (const failure of parts.flat()) added(failures, failure);
  return mostFirst(failures);
}

/** Of several shards. */
export function mergedStatistics(parts: readonly Statistics[]): Statistics {
  const all = new Adding();
  const groups = new Map<string, Adding>();
  for (const part of parts) {
    all.join(part.all);
    for (const { key, sums } of part.groups) {
      const group = groups.get(key) ?? new Adding();
      groups.set(key, group);
      group.join(sums);
    }
  }
  return {
    all: all.sums,
    groups: [...groups].map(([key, group]) => ({ key, sums: group.sums })),
    failures: mergedFailures(parts.map((part) => part.failures)),
  };
}

export const jobsIn = ({ statuses }: Sums): number =>
  JOB_STATUSES.reduce((sum, status) => sum + (statuses[status] ?? 0), 0);

/** The duration that a part of the jobs stays below; null: none has succeeded. @param part above 0, at most 1 */
export function quantile({ durations }: Sums, part: number): number | null {
  const sorted = durations.toSorted(([a], [b]) => a - b);
  const wanted = sorted.reduce((sum, [, jobs]) => sum + jobs, 0) * part;
  let seen = 0;
  for (const [bucket, jobs] of sorted) {
    seen += jobs;
    if (seen >= wanted) return middleOf(bucket);
  }
  return null;
}

/** Of those that have succeeded or failed; null: none has. */
export function successRate({ statuses: { succeeded = 0, failed = 0 } }: Sums): number | null {
  return succeeded + failed === 0 ? null : Math.round((succeeded / (succeeded + failed)) * 1_000) / 1_000;
}
