export type { RunOptions, WaitOptions } from "./edge-jobs.ts";
export { EdgeJobs, isSettled } from "./edge-jobs.ts";
export { ConnectionError, EdgeJobsError, JobFailed } from "./errors.ts";
export { OPERATIONS, type Operation } from "./operations.ts";
export type { CallOptions, Options } from "./transport.ts";
export type * from "./types.ts";
export { type Work, type Worker, WorkFailed, type WorkOptions } from "./work.ts";
