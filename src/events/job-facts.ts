import type { Job, Question } from "../jobs/job.ts";
import { openQuestions } from "../jobs/run/awaiting.ts";
import { isSettled } from "../jobs/status.ts";
import { asResult } from "../jobs/view.ts";
import { type Json, type JsonObject, utf8Bytes } from "../lib/json.ts";
import { iso } from "../lib/time.ts";
import { MAX_EVENT_RESULT_BYTES } from "../limits.ts";
import type { NewEvent } from "./event.ts";

/** The events that follow from how a job went on. */

/** What every event about a job says of it. */
const factsOf = ({ job_id, name, status, blueprint, metadata, parent_id, run }: Job): JsonObject => ({
  job_id,
  name,
  status,
  blueprint,
  metadata,
  trigger: run.trigger?.name ?? null,
  batch_id: run.batch ?? null,
  parent_id,
});

const depthOf = ({ run }: Job): Pick<NewEvent, "depth"> => (run.trigger_depth ? { depth: run.trigger_depth } : {});

function resultOf(resultJson: string | undefined): Json {
  if (resultJson === undefined) return null;
  const bytes = utf8Bytes(resultJson);
  return bytes > MAX_EVENT_RESULT_BYTES ? { truncated: true, total_bytes: bytes } : asResult(JSON.parse(resultJson));
}

const settled = (job: Job, resultJson: string | undefined, at: number): NewEvent => ({
  name: "job.settled",
  at,
  ...depthOf(job),
  data: { ...factsOf(job), error: job.error, error_code: job.error_code, result: resultOf(resultJson) },
});

const asked = (
  job: Job,
  step: string,
  { request_id, message, schema, expires_at }: Question,
  at: number,
): NewEvent => ({
  name: "job.input_required",
  at,
  ...depthOf(job),
  data: { ...factsOf(job), request_id, step, message, schema, expires_at: iso(expires_at) },
});

/**
 * What one write of a job brings about. A question is told when it is asked, also beside others.
 * @param resultJson reads the stored result, of a job that has settled
 * @param now epoch ms
 */
export function eventsOf(before: Job, after: Job, resultJson: () => string | undefined, now: number): NewEvent[] {
  if (isSettled(after.status)) return isSettled(before.status) ? [] : [settled(after, resultJson(), now)];
  const known = new Set(openQuestions(before).map(([, { request_id }]) => request_id));
  const fresh = openQuestions(after).filter(([, { request_id }]) => !known.has(request_id));
  return fresh.map(([step, question]) => asked(after, step, question, now));
}
