import type { ResourceLink } from "@modelcontextprotocol/server";
import { utf8Bytes } from "../jobs/json.ts";
import type { JobStatus } from "../jobs/view.ts";
import { MAX_QUOTED_BYTES, MAX_REPLY_BYTES } from "../limits.ts";
import { bytesOf, firstThatFit, lastThatFit } from "./fit.ts";
import { jobText, type Question, questionText } from "./job-text.ts";
import { clip, shownJson } from "./text.ts";
import type { Reply } from "./tool.ts";

/** Room that the notes about what was left out take. */
const NOTES_BYTES = 400;

const roomBeside = (job: JobStatus): number => MAX_REPLY_BYTES - NOTES_BYTES - utf8Bytes(jobText(job)) - bytesOf(job);

/** The job, with a preview of its result when metadata and result together are too much for one reply. */
function withFittingResult(job: JobStatus): JobStatus {
  if (job.result === null || roomBeside({ ...job, events: [] }) >= 0) return job;
  const preview = clip(shownJson(job.result), MAX_QUOTED_BYTES);
  return { ...job, result: { truncated: true, total_bytes: bytesOf(job.result), preview } };
}

/** The job with the first of its questions: the others show when these are answered. */
function withFittingQuestions(job: JobStatus): JobStatus {
  if (job.input_requests.length === 0) return job;
  const room = roomBeside({ ...job, events: [], input_requests: [] });
  const cost = (question: Question) => bytesOf(question) + utf8Bytes(questionText(job.id, question));
  return { ...job, input_requests: firstThatFit(job.input_requests, room, cost) };
}

/** A job as a tool's reply. It loses its oldest events and its last questions when they make it too long. */
export function jobReply(full: JobStatus): Reply {
  const fitting = withFittingQuestions(withFittingResult(full));
  const { events: all, ...job } = fitting;
  const events = all && lastThatFit(all, roomBeside({ ...job, events: [] }));
  const older = (all?.length ?? 0) - (events?.length ?? 0);
  const more = full.input_requests.length - job.input_requests.length;
  const notes = [
    ...(older > 0 ? [`${older} older events are left out; the resource job://${job.id}/events has all.`] : []),
    ...(more > 0 ? [`${more} more questions are left out; the resource job://${job.id} has all.`] : []),
  ];
  return { structured: { ...job, ...(events && { events }) }, text: [jobText(job), ...notes].join("\n") };
}

/** Where clients that show resources find the job. In the order of the SDK's schema, which is that on the wire. */
export const jobLink = (id: string): ResourceLink => ({
  name: id,
  uri: `job://${id}`,
  mimeType: "application/json",
  type: "resource_link",
});
