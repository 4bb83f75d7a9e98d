import { utf8Bytes } from "../jobs/json.ts";
import type { JobStatus } from "../jobs/view.ts";
import { MAX_QUOTED_BYTES, MAX_REPLY_BYTES } from "../limits.ts";
import { clip, jobText } from "./text.ts";
import type { Reply } from "./tool.ts";

const jsonBytes = (value: object): number => utf8Bytes(JSON.stringify(value));

const roomBeside = (job: JobStatus): number => MAX_REPLY_BYTES - utf8Bytes(jobText(job)) - jsonBytes(job);

/** The job, with a preview of its result when metadata and result together are too much for one reply. */
function withFittingResult(job: JobStatus): JobStatus {
  if (job.result === null || roomBeside({ ...job, events: [] }) >= 0) return job;
  const preview = clip(JSON.stringify(job.result), MAX_QUOTED_BYTES);
  return { ...job, result: { truncated: true, total_bytes: jsonBytes(job.result), preview } };
}

/** The newest events that fit into `room` bytes. */
function newestThatFit(events: NonNullable<JobStatus["events"]>, room: number) {
  let rest = events;
  while (rest.length > 0 && jsonBytes(rest) > room) rest = rest.slice(Math.ceil(rest.length / 4));
  return rest;
}

/** Room that the note about left out events takes. */
const NOTE_BYTES = 200;

/** A job as a tool's reply. A long timeline loses its oldest events, so that the whole reply stays small. */
export function jobReply(full: JobStatus): Reply {
  const job = withFittingResult(full);
  const text = jobText(job);
  if (job.events === undefined) return { structured: job, text };
  const events = newestThatFit(job.events, roomBeside({ ...job, events: [] }) - NOTE_BYTES);
  const left = job.events.length - events.length;
  const note = left === 0 ? "" : `\n${left} older events are left out; the resource job://${job.id} has all.`;
  return { structured: { ...job, events }, text: text + note };
}
