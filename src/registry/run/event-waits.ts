import type { EventRecord } from "../../events/event.ts";
import { type Job, openWork, type StepError } from "../../jobs/job.ts";
import { answer, awaitEvent } from "../../jobs/run/awaiting.ts";
import { toldOf } from "../../jobs/run/takeover.ts";
import { isSettled } from "../../jobs/status.ts";
import { jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_EVENT_WAITS } from "../../limits.ts";
import type { EventRequest } from "../api/event-calls.ts";
import type { RegistryContext } from "../context.ts";
import { notKept } from "../dispatch/admission.ts";
import type { EventWait } from "../storage/event-wait-rows.ts";
import { dropOffers } from "./offer-ends.ts";

const TOO_MANY: StepError = {
  code: "limit_exceeded",
  message: `${MAX_EVENT_WAITS} steps wait for events already, the most of one shard. Retry when some have ended, or start a job for each event with a trigger.`,
};

/** Opens a wait for what happens from now on, by then the last position of each shard. */
export type FromNow = <T>(open: (from: number[]) => T) => Promise<T>;

interface Opening {
  path: string;
  keyPath: string;
  request: EventRequest;
  /** In each shard, the position of the last event before it. */
  from: number[];
}

/** The step begins to wait. Called inside the transaction that saves the job. @returns why it cannot */
export function openEventWait(
  { eventWaits }: RegistryContext,
  job: Job,
  { path, keyPath, request, from }: Opening,
  now: number,
): Result<Job, StepError> {
  if (eventWaits.count >= MAX_EVENT_WAITS) return err(TOO_MANY);
  const { name, when, scope, timeout_ms, ...asked } = request;
  const { tenant, job_id } = job;
  eventWaits.insert({ job_id, path, tenant, name, when, scope, from });
  return ok(awaitEvent(job, path, { ...asked, name, expires_at: now + timeout_ms }, now, keyPath));
}

/** Closes what the steps wait for, a worker or an event, when nobody needs it any more. Called inside a transaction. */
export function dropWaits(context: RegistryContext, job: Job, isDropped: (path: string) => boolean): void {
  const { eventWaits } = context;
  dropOffers(context, job, isDropped);
  if (!Object.values(job.run.open).some(({ event }) => event !== undefined)) return;
  for (const path of eventWaits.ofJob(job.job_id)) if (isDropped(path)) eventWaits.delete(job.job_id, path);
}

/**
 * The event answers the step, or the step fails of it. Called inside a transaction; the engine is told afterwards.
 * @returns undefined when the step waits no more, or its time is over
 */
export function endEventWait(
  context: RegistryContext,
  { tenant, job_id, path }: EventWait,
  came: EventRecord | StepError,
  now: number,
): { job: Job; events: string[] } | undefined {
  const { tables, store, eventWaits, admission } = context;
  const job = tables.jobs.find(tenant, job_id);
  const work = job && openWork(job.run, path);
  if (job === undefined || isSettled(job.status) || work?.event === undefined || work.ready !== undefined) {
    eventWaits.delete(job_id, path);
    return undefined;
  }
  // The alarm closes it.
  if (work.event.expires_at <= now) return undefined;
  eventWaits.delete(job_id, path);
  const output = { action: "accept", content: "code" in came ? null : came.data };
  const bytes = jsonBytes(output);
  const full = "code" in came ? undefined : admission.storageRefusal(bytes);
  const failure = "code" in came ? came : full === undefined ? null : notKept(full, bytes);
  const kept = failure === null ? tables.values.keep(job, path, output, { ...work, at: now }).job : job;
  const told = toldOf(answer(kept, path, "accept", failure, now), path);
  store.save(job, told.job);
  return told;
}
