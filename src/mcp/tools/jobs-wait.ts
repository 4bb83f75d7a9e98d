import { z } from "zod";
import { err, ok } from "../../jobs/result.ts";
import { isSettled } from "../../jobs/status.ts";
import { oneLine } from "../../jobs/text.ts";
import { DEFAULT_WAIT_MS, MAX_REPLY_BYTES, MAX_WAIT_JOBS, MAX_WAIT_MS } from "../../limits.ts";
import type { WaitReport, WaitRow } from "../../registry/api.ts";
import { shortRowFields } from "../fields.ts";
import { bytesOf, firstThatFit } from "../fit.ts";
import { briefRowText, waitRowText } from "../job-text.ts";
import { call, unknownJob } from "../text.ts";
import { defineTool, type Reply } from "../tool.ts";
import { waitForJobs } from "../waiting.ts";

function nextCall({ jobs, timed_out }: WaitReport): string {
  const open = jobs.filter(({ status }) => !isSettled(status)).map(({ id }) => id);
  if (timed_out) return `Next: ${call("jobs_wait", { job_ids: open })} again; the jobs go on without you.`;
  if (jobs.some(({ input_requests }) => input_requests.length > 0)) return "The answers come first: see Next above.";
  const ready = jobs.find(({ status }) => isSettled(status));
  return `Next: ${call("jobs_get_status", { job_id: ready?.id ?? "" })} gives the result or the error in full.`;
}

const VERDICT = { true: "Not yet: the time is over.", false: "What you waited for is here." };

function replyOf(report: WaitReport, toText: (row: WaitRow) => string, notes: string[]): Reply {
  const { jobs, timed_out } = report;
  const lines = [VERDICT[`${timed_out}`], ...jobs.map(toText), ...notes, nextCall(report)];
  return { structured: { jobs, timed_out }, text: lines.join("\n") };
}

/** Longest text that a row keeps when the rows are too long for a reply. */
const CUT_CHARS = 40;

const cut = (row: WaitRow): WaitRow => ({
  ...row,
  name: oneLine(row.name, CUT_CHARS),
  error: row.error === null ? null : oneLine(row.error, CUT_CHARS),
  message: row.message === null ? null : oneLine(row.message, CUT_CHARS),
  input_requests: [],
});

const CUT_NOTE = "Long texts and some questions are left out here: jobs_get_status has them.";

/** The rows without their long texts, with the questions of as many jobs as there is room for. */
function cutReply(report: WaitReport): Reply {
  const bare = { ...report, jobs: report.jobs.map(cut) };
  const room = MAX_REPLY_BYTES - bytesOf(replyOf(bare, briefRowText, [CUT_NOTE]));
  const asking = report.jobs.filter((row) => row.input_requests.length > 0);
  const shown = firstThatFit(asking, room, (row) => bytesOf(row.input_requests) + bytesOf(briefRowText(row)));
  const jobs = report.jobs.map((row) => ({
    ...cut(row),
    input_requests: shown.includes(row) ? row.input_requests : [],
  }));
  return replyOf({ ...report, jobs }, briefRowText, [CUT_NOTE]);
}

function reply(report: WaitReport): Reply {
  const whole = replyOf(report, waitRowText, []);
  return bytesOf(whole) <= MAX_REPLY_BYTES ? whole : cutReply(report);
}

export const jobsWait = defineTool({
  name: "jobs_wait",
  title: "Wait for jobs",
  description:
    "Wait until any or all of these jobs settle or ask for input; a timeout is no error and stops no job. Better than polling. Next: jobs_get_status for results, jobs_respond for questions.",
  input: z.strictObject({
    job_ids: z.array(z.string()).min(1).max(MAX_WAIT_JOBS).describe("Ids of the jobs."),
    until: z.enum(["all", "any"]).default("all").describe("Whether all or any of them must be ready."),
    timeout_seconds: z
      .number()
      .min(0)
      .max(MAX_WAIT_MS / 1_000)
      .default(DEFAULT_WAIT_MS / 1_000)
      .describe("Longest wait; 0 only looks."),
  }),
  output: z.looseObject({ jobs: z.array(z.looseObject(shortRowFields)), timed_out: z.boolean() }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async ({ job_ids, until, timeout_seconds }, deps, context) => {
    const wait = { jobIds: [...new Set(job_ids)], until, waitMs: timeout_seconds * 1_000 };
    const report = await waitForJobs(wait, deps, context);
    return report.ok ? ok(reply(report.value)) : err(unknownJob(report.error));
  },
});
