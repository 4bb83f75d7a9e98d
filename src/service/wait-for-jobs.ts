import * as z from "zod";
import { isSettled } from "../jobs/status.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  DEFAULT_WAIT_MS,
  MAX_JOB_ID_CHARS,
  MAX_WAIT_JOBS,
  MAX_WAIT_LOSSES,
  MAX_WAIT_MS,
  PROGRESS_EVERY_MS,
} from "../limits.ts";
import {
  type ShardWaitReport,
  UNKNOWN_JOB,
  type UnknownJob,
  type WaitReport,
  type WaitRow,
} from "../registry/api/caller.ts";
import { KeyRevoked } from "../registry/api/keys.ts";
import type { InvalidArguments } from "./arguments.ts";
import type { BatchWait } from "./batches/wait-for-batch.ts";
import { type Answer, type ServiceContext, shardOfJob } from "./context.ts";
import { withLinks } from "./links/with-links.ts";
import { untilGone } from "./until-gone.ts";

/** One wait for several jobs, whichever shards they lie in. Nothing is polled: each shard answers when its jobs change. */

export interface Wait {
  /** Without duplicates. */
  jobIds: readonly string[];
  until: "any" | "all";
  waitMs: number;
}

export const WaitInput = z.strictObject({
  job_ids: z.array(z.string()).min(1).max(MAX_WAIT_JOBS).optional().describe("Ids of the jobs."),
  batch_id: z
    .string()
    .max(MAX_JOB_ID_CHARS)
    .optional()
    .describe("In place of job_ids: all jobs of a batch, by status."),
  until: z.enum(["all", "any"]).default("all").describe("Whether all or any of them must be ready."),
  timeout_seconds: z
    .number()
    .min(0)
    .max(MAX_WAIT_MS / 1_000)
    .default(DEFAULT_WAIT_MS / 1_000)
    .describe("Longest wait; 0 only looks."),
});

/** What is waited for: jobs by their ids, or a batch. */
export function waitAsked({
  job_ids,
  batch_id,
  until,
  timeout_seconds,
}: z.output<typeof WaitInput>): Result<Wait | BatchWait, InvalidArguments["faults"]> {
  const waitMs = timeout_seconds * 1_000;
  if (batch_id === undefined && job_ids !== undefined) return ok({ jobIds: [...new Set(job_ids)], until, waitMs });
  if (batch_id !== undefined && job_ids === undefined) return ok({ batchId: batch_id, until, waitMs });
  const [message, fix] = ["name no job", "Send job_ids, or batch_id for a batch: one of the two."];
  return err([{ path: "arguments", message: batch_id === undefined ? message : "name jobs and a batch", fix }]);
}

/** How far a wait has come. */
export interface Progress {
  /** Never falls from one to the next. */
  progress: number;
  total: number;
  message: string;
}

/** Who waits. */
export interface Waiting {
  /** Aborts when the caller has gone. */
  signal: AbortSignal;
  /** Only when the caller wants to hear of progress. */
  tell?: (progress: Progress) => Promise<void>;
  /** What a wait that only looked has seen a moment ago: this one begins with it. */
  seen?: WaitReport;
  /** Only look, and note here what to begin with when that was not enough. */
  look?: { seen?: WaitReport };
}

/** Of the first id that is of no job. */
type UnknownOf = UnknownJob & { job_id: string };

type Look = Result<WaitRow[], UnknownOf>;
type ShardLook = Result<ShardWaitReport, UnknownOf>;

/** Nothing more to wait for: the job has settled, or somebody must answer it. */
const isReady = ({ status, input_requests }: WaitRow): boolean =>
  isSettled(status) || status === "input_required" || input_requests.length > 0;

const isOver = (jobs: readonly WaitRow[], until: Wait["until"]): boolean =>
  until === "any" ? jobs.some(isReady) : jobs.every(isReady);

function progressOf(jobs: readonly WaitRow[]): Progress {
  const sum = jobs.reduce((total, job) => total + (isSettled(job.status) ? 1 : job.progress), 0);
  const open = jobs.find((job) => !isReady(job));
  const place = open === undefined ? [] : [open.name, open.step, open.message].filter((part) => part !== null);
  const message = [`${jobs.filter(isReady).length} of ${jobs.length} ready`, ...place].join(" | ");
  return { progress: Math.round(sum * 100) / 100, total: jobs.length, message };
}

/** Looks at the jobs, once or for some time. */
class Watch {
  /** Connections that broke while we waited. */
  #losses = 0;
  /** A shard had to let others wait: whoever waits on would push out the next. */
  #cutShort = false;
  readonly #wait: Wait;
  readonly #signal: AbortSignal;
  readonly #context: ServiceContext;
  readonly #shards: ReadonlyMap<number | undefined, string[]>;

  constructor(context: ServiceContext, wait: Wait, signal: AbortSignal) {
    this.#signal = signal;
    this.#wait = wait;
    this.#context = context;
    this.#shards = Map.groupBy(wait.jobIds, shardOfJob);
  }

  get hasEnded(): boolean {
    return this.#cutShort || this.#signal.aborted || this.#losses >= MAX_WAIT_LOSSES;
  }

  /** What is there after at most `waitMs`. */
  async look(waitMs: number): Promise<Look> {
    const askAll = (released?: () => Promise<void>) =>
      [...this.#shards].map(([shard, ids]) => this.#ask(shard, ids, waitMs, released));
    if (waitMs === 0) return this.#combined(await Promise.all(askAll()));
    if (this.#shards.size === 1 || this.#wait.until === "all") {
      return untilGone(this.#signal, async (released) => this.#combined(await Promise.all(askAll(released))));
    }
    const first = await untilGone(this.#signal, (released) => {
      const reports = askAll(released);
      // The other waits end, and nobody needs their failures.
      for (const report of reports) report.catch(() => {});
      return Promise.race(reports);
    });
    this.#note(first);
    return this.look(0);
  }

  /** A connection that breaks is replaced by a new one, which only looks. */
  async #ask(shard: number | undefined, ids: string[], waitMs: number, released?: () => Promise<void>) {
    if (shard === undefined) return err({ ...UNKNOWN_JOB.error, job_id: ids[0] ?? "" });
    const ask = (ms: number) =>
      this.#context.ask(shard, (registry, caller) => registry.waitFor(caller, ids, this.#wait.until, ms, released));
    try {
      return await ask(waitMs);
    } catch (error) {
      if (error instanceof KeyRevoked) throw error;
      this.#losses += 1;
      return ask(0);
    }
  }

  #note(report: ShardLook): void {
    if (report.ok && report.value.cut_short) this.#cutShort = true;
  }

  #combined(reports: readonly ShardLook[]): Look {
    const unknown = new Set(reports.flatMap((report) => (report.ok ? [] : [report.error.job_id])));
    const first = this.#wait.jobIds.find((id) => unknown.has(id));
    if (first !== undefined) return err({ ...UNKNOWN_JOB.error, job_id: first });
    reports.forEach((report) => {
      this.#note(report);
    });
    const jobs = new Map(reports.flatMap((report) => (report.ok ? report.value.jobs : [])).map((job) => [job.id, job]));
    return ok(this.#wait.jobIds.flatMap((id) => jobs.get(id) ?? []));
  }
}

/**
 * Until `any` or `all` of the jobs have settled or ask, or the time is over.
 * @returns the jobs in the order asked for, or which id is the first of no job
 */
export async function waitForJobs(
  context: ServiceContext,
  wait: Wait,
  { signal, tell, seen: before, look }: Waiting,
): Answer<WaitReport, UnknownOf> {
  const watch = new Watch(context, wait, signal);
  const deadline = context.now() + wait.waitMs;
  let told = -1;
  // One look first: an unknown id must not wait for the others.
  for (let seen: Look = before === undefined ? await watch.look(0) : ok(before.jobs); ; ) {
    if (!seen.ok) return seen;
    const left = deadline - context.now();
    const over = isOver(seen.value, wait.until);
    if (look !== undefined && !over && left > 0) look.seen = { jobs: seen.value, timed_out: true };
    if (look !== undefined || over || left <= 0 || watch.hasEnded) {
      const jobs = await Promise.all(seen.value.map((job) => withLinks(context, job)));
      return ok({ jobs, timed_out: !over });
    }
    const progress = progressOf(seen.value);
    if (progress.progress > told) await tell?.(progress);
    told = Math.max(told, progress.progress);
    seen = await watch.look(tell ? Math.min(left, PROGRESS_EVERY_MS) : left);
  }
}
