import type { Fault, Job, WaitedJob } from "./types.ts";

/** A call that the server refused. */
export class EdgeJobsError extends Error {
  override name = "EdgeJobsError";
  /** Of HTTP. */
  readonly status: number;
  /** What programs look at, such as `unknown_job`. */
  readonly code: string;
  /** Which arguments are at fault, and what to send instead. */
  readonly faults: readonly Fault[];
  /** When the same call can succeed. */
  readonly retryAfterMs: number | undefined;
  /** All that the server said. */
  readonly problem: { readonly [member: string]: unknown };

  constructor(status: number, problem: { readonly [member: string]: unknown }, retryAfterMs?: number) {
    const { code, detail } = problem;
    const faults = Array.isArray(problem.faults) ? (problem.faults as Fault[]) : [];
    const lines = faults.map(({ path, message, fix }) => `${path}: ${message}. ${fix}`);
    super([typeof detail === "string" ? detail : `The server answered ${status}.`, ...lines].join("\n"));
    this.status = status;
    this.code = typeof code === "string" ? code : "http_status";
    this.faults = faults;
    this.retryAfterMs = retryAfterMs;
    this.problem = problem;
  }
}

/** No answer came, again and again. A submit that met this may still have made its job: the same key finds it. */
export class ConnectionError extends Error {
  override name = "ConnectionError";
}

/** A job that `run` awaited did not succeed. */
export class JobFailed extends Error {
  override name = "JobFailed";
  readonly code: string;
  readonly job: Job | WaitedJob;

  constructor(job: Job | WaitedJob) {
    super(job.error ?? `The job is ${job.status}.`);
    this.code = job.error_code ?? job.status;
    this.job = job;
  }
}
