import { ACTIVE_STATUSES, JOB_STATUSES } from "../../jobs/status.ts";
import type { Fault } from "../../lib/fault.ts";
import { type Json, type JsonObject, utf8, utf8Bytes } from "../../lib/json.ts";
import { escapeInvisible, oneLine, stripInvisible } from "../../lib/safe-text.ts";
import { plural } from "../../lib/text/plural.ts";
import { MAX_ECHO_CHARS, MAX_ERROR_CHARS, MAX_REPLY_BYTES } from "../../limits.ts";
import type { QuotaError } from "../../registry/api/caller.ts";
import { firstThatFit } from "./budget.ts";

/** How replies are worded. */

/** One text for malformed, unknown, foreign and purged ids, so that nobody learns which it was. */
export const unknownJob = (jobId: string): string => `Unknown job: ${stripInvisible(jobId).slice(0, MAX_ECHO_CHARS)}`;

const UNITS: [unit: string, ms: number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** A time span in its largest unit, such as `3 hours`. */
export function ageOf(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ["second", 1_000];
  const count = Math.max(0, Math.floor(ms / size));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

const faultLine = ({ path, message, fix }: Fault): string => `${path}: ${message.replace(/\.$/, "")}. ${fix}`;

const shortFault = ({ path, message, fix }: Fault): Fault => ({
  path: oneLine(path, MAX_ECHO_CHARS),
  message: oneLine(message, MAX_ERROR_CHARS),
  fix: oneLine(fix, MAX_ERROR_CHARS),
});

/** The first faults that fit into `room` bytes, each cut to a length that one can read. */
export const shownFaults = (faults: readonly Fault[], room: number): Fault[] =>
  firstThatFit(faults.map(shortFault), room);

export const faultText = (verdict: string, faults: readonly Fault[]): string =>
  [verdict, ...shownFaults(faults, MAX_REPLY_BYTES - MAX_ECHO_CHARS).map(faultLine)].join("\n");

/** The text's first `maxBytes` bytes of UTF-8, never cut inside a character; says so when it cuts. */
export function clip(text: string, maxBytes: number): string {
  const bytes = utf8Bytes(text);
  if (bytes <= maxBytes) return text;
  const head = new TextDecoder().decode(utf8(text).subarray(0, maxBytes), { stream: true });
  return `${head}… (cut: ${bytes} bytes in all)`;
}

/** A block that its own content cannot close. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** A value as a text quotes it. @param indent spaces a level */
export const shownJson = (value: Json, indent = 0): string => escapeInvisible(JSON.stringify(value, null, indent));

/** A call that the model can make as it stands. */
export const call = (tool: string, args: JsonObject): string => `${tool} ${shownJson(args)}`;

const SETTLED_STATUSES = JOB_STATUSES.filter((status) => !ACTIVE_STATUSES.includes(status));

/** Which limit was met, and when or after what the same call can succeed. */
export function quotaText(verdict: string, error: QuotaError): string {
  const head = `${verdict} (${error.code}), nothing is stored:`;
  switch (error.code) {
    case "too_many_active": {
      const list = call("jobs_list", { status: [...ACTIVE_STATUSES] });
      return `${head} ${plural(error.active, "job")} ${error.active === 1 ? "has" : "have"} not settled, the most is ${error.limit}.\nNext: the same call when one has settled. ${list} shows them: jobs_wait for them, or jobs_cancel those that nobody needs.`;
    }
    case "too_many_submits": {
      const seconds = Math.ceil(error.retry_after_ms / 1_000);
      return `${head} the most is ${error.limit} submits a minute.\nNext: the same call again in ${seconds} s (retry_after_ms: ${error.retry_after_ms}).`;
    }
    case "storage_full": {
      const list = call("jobs_list", { status: SETTLED_STATUSES });
      return `${head} ${error.stored_bytes} bytes are stored, the most is ${error.limit_bytes}.\nNext: ${list}, jobs_delete those that nobody needs (or blueprints_delete), then the same call.`;
    }
    default:
      return error satisfies never;
  }
}

/** Why a settled job must be left alone for now. */
export const cleansUp = (jobId: string, cleanupId: string): string =>
  `job ${cleanupId} cleans up after ${jobId} and has not settled.\nNext: ${call("jobs_wait", { job_ids: [cleanupId] })}, then again.`;
