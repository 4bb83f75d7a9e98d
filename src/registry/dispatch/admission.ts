import type { Quotas } from "../../jobs/flow/quotas.ts";
import type { Job, StepError } from "../../jobs/job.ts";
import { canWait } from "../../jobs/run/takeover.ts";
import { Rate } from "../../lib/rate.ts";
import type { Result } from "../../lib/result.ts";
import { plural } from "../../lib/text/plural.ts";
import { RATE_WINDOW_MS } from "../../limits.ts";
import type { Full, QuotaError, StorageFull } from "../api/caller.ts";
import type { JobCounts } from "../storage/job-counts.ts";

const rateOf = (limit: number): Rate | undefined => (limit === 0 ? undefined : new Rate(limit, RATE_WINDOW_MS));

/** Decides whether the limits of the tenant allow one more job, action or stored value. */
export class Admission {
  readonly #quotas: Quotas;
  readonly #counts: JobCounts;
  readonly #storedBytes: () => number;
  readonly #submits: Rate | undefined;
  readonly #requests: Rate | undefined;

  constructor(quotas: Quotas, counts: JobCounts, storedBytes: () => number) {
    this.#quotas = quotas;
    this.#counts = counts;
    this.#storedBytes = storedBytes;
    this.#submits = rateOf(quotas.submitsPerMinute);
    this.#requests = rateOf(quotas.requestsPerMinute);
  }

  /** Counts one more submit. @returns why it is refused; then it is not counted */
  admit(now: number): QuotaError | undefined {
    const full = this.full();
    if (full !== undefined) return full;
    const wait = this.#submits?.take(now) ?? 0;
    return wait === 0
      ? undefined
      : { code: "too_many_submits", limit: this.#quotas.submitsPerMinute, retry_after_ms: wait };
  }

  /** The same of one submit of many jobs. @param bytes of their inputs */
  admitMany(now: number, jobs: number, bytes: number): QuotaError | undefined {
    const { activeJobs: limit } = this.#quotas;
    const active = limit === 0 ? 0 : this.#counts.current.active;
    if (limit > 0 && active + jobs > limit) return { code: "too_many_active", active, limit };
    return this.storageRefusal(bytes) ?? this.admit(now);
  }

  /** Counts one more action of a step. @returns ms until it may begin; 0: now */
  admitAction(now: number): number {
    return this.#requests?.take(now) ?? 0;
  }

  /** Jobs that one tree of parents and children may have; 0: no limit. */
  get treeJobs(): number {
    return this.#quotas.treeJobs;
  }

  /** @returns why there is no room for one more job */
  full(): Full | undefined {
    const { activeJobs } = this.#quotas;
    const active = activeJobs === 0 ? 0 : this.#counts.current.active;
    if (active >= activeJobs && activeJobs > 0) return { code: "too_many_active", active, limit: activeJobs };
    return this.storageRefusal(1);
  }

  /** @returns why a write of so many bytes more must not be made */
  storageRefusal(bytes: number): StorageFull | undefined {
    const { storedBytes } = this.#quotas;
    const stored = storedBytes === 0 ? 0 : this.#storedBytes();
    if (storedBytes === 0 || stored + bytes <= storedBytes) return undefined;
    return { code: "storage_full", stored_bytes: stored, limit_bytes: storedBytes };
  }

  get limitsSlots(): boolean {
    return this.#quotas.runningJobs > 0;
  }

  /** Jobs that have a place. */
  get running(): number {
    return this.#counts.current.running;
  }

  /** How many jobs may be handed to the engine now. */
  freeSlots(): number {
    if (!this.limitsSlots) return Number.POSITIVE_INFINITY;
    return Math.max(this.#quotas.runningJobs - this.#counts.current.running, 0);
  }
}

/** The failure of a step whose output does not fit. */
export const notKept = ({ stored_bytes, limit_bytes }: StorageFull, bytes: number): StepError => ({
  code: "storage_full",
  message: `What the step yields (${bytes} bytes) is not kept: ${stored_bytes} bytes are stored, the most is ${limit_bytes}. Delete settled jobs with jobs_delete, or saved blueprints with blueprints_delete, then jobs_retry.`,
});

/** The failure of a `worker` step whose input does not fit. */
export const notOffered = ({ stored_bytes, limit_bytes }: StorageFull): StepError => ({
  code: "storage_full",
  message: `No worker was asked: ${stored_bytes} bytes are stored, the most is ${limit_bytes}. Delete settled jobs with jobs_delete, then jobs_retry.`,
});

/** The failure of a step whose child would make the tree of its job too large. */
export const treeIsFull = (limit: number): StepError => ({
  code: "limit_exceeded",
  message: `No child was started: this job, its parents and all their children are ${limit} jobs, the most of one tree (MAX_TREE_JOBS). Put steps into a map instead of a job for each item, or submit several jobs.`,
});

/**
 * A runner of 0.1.0 cannot be told to start a child later: no rate holds those of its job.
 * @param child makes it, counted or not
 */
export function acceptChild(
  parent: Job,
  child: (isCounted: boolean) => Result<Job, QuotaError>,
): Result<Job, QuotaError> {
  const accepted = child(true);
  const isLater = !accepted.ok && accepted.error.code === "too_many_submits";
  return isLater && !canWait(parent) ? child(false) : accepted;
}

/** The failure of a step whose child was refused. */
export function childRefused(full: Full): StepError {
  switch (full.code) {
    case "too_many_active": {
      const message = `No child was started: there are ${plural(full.active, "unsettled job")}, the most is ${full.limit}. Retry when some have.`;
      return { code: full.code, message };
    }
    case "storage_full": {
      const message = `No child was started: ${full.stored_bytes} bytes are stored, the most is ${full.limit_bytes}. Delete settled jobs with jobs_delete, then retry.`;
      return { code: full.code, message };
    }
    default:
      return full satisfies never;
  }
}
