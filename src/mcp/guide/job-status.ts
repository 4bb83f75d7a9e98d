import { STEP_STATUSES } from "../../jobs/job.ts";
import { EVENT_TYPES } from "../../jobs/run/timeline.ts";
import { JOB_STATUSES } from "../../jobs/status.ts";
import type { JobStatus } from "../../jobs/view.ts";

/** What each field of a job's status means. */
const FIELDS: Readonly<Record<keyof JobStatus, string>> = {
  id: "`job_` and 28 characters",
  name: "the blueprint's unless the submit gave one",
  status: JOB_STATUSES.join(", "),
  submitted_at: "times are ISO 8601 in UTC, with milliseconds",
  started_at: "time or null",
  completed_at: "time or null",
  progress: "0.0 to 1.0; never falls; 1.0 exactly when succeeded",
  metadata: "what the submit gave",
  result:
    'object or null; an output that is no object is `{"value": ...}`; a large one is `{truncated: true, total_bytes, preview}`',
  error: "one line, or null",
  error_code: "stable code, or null",
  blueprint: "`name@version`, or `inline`",
  step: "the latest started top-level step, or null",
  message: "its latest progress line, or null",
  steps: `with \`include: ["steps"]\`: list of \`{id, type, status, tries, started_at, completed_at, error}\`, status one of ${STEP_STATUSES.join(", ")}; a map or parallel adds \`items: {total, done, failed}\``,
  events: `with \`include: ["events"]\`: list of \`{seq, at, type, step, message}\`, type one of ${EVENT_TYPES.join(", ")}`,
  input_requests:
    "open questions: list of `{request_id, step, message, schema, expires_at}`; one with a link adds `link` and, for who may answer, its `url`; one that a child asks adds `job_id`, the child, which jobs_respond must name",
  parent_id: "the job whose `job` step started this one, or null",
  retried_from: "the job that this one retries, or null",
  expires_at: "when a settled job is purged, or null",
  poll_after_ms: "when asking again makes sense; 0 when settled",
  run_at: "only of a job that waits for its time: when it may start",
  trigger: "only of a job that a trigger started: its name",
  batch_id: "of a job that was submitted with others, by `inputs`",
  description: "the beginning of the blueprint's, if it has one",
  plan: 'with `include: ["blueprint"]`: the blueprint that the job runs, defaults filled in',
  cleanup_job_id: "the job that runs `undo` and `finally` of this one",
  blocked_by:
    "of a queued job: null, or `{limit, key, running, position}`, limit one of run_at, running_jobs (MAX_RUNNING_JOBS), concurrency, engine",
  wakes_at: "only while something sleeps or asks: when the first of these ends by itself",
  submitted_by: "id of the key, and `/` and the client when one signed in with it; absent on an open server",
};

export const jobStatusTable = (): string =>
  [
    "| field | meaning |",
    "| --- | --- |",
    ...Object.entries(FIELDS).map(([name, text]) => `| \`${name}\` | ${text} |`),
  ].join("\n");
