import * as z from "zod";
import { isSettled } from "../../jobs/status.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { echo, oneLine } from "../../lib/safe-text.ts";
import { plural } from "../../lib/text/plural.ts";
import { MAX_ERROR_CHARS, MAX_REPLY_BYTES } from "../../limits.ts";
import type { BatchReport, UnknownBatch } from "../../registry/api/batch-calls.ts";
import type { WaitReport, WaitRow } from "../../registry/api/caller.ts";
import { waitForBatch } from "../../service/batches/wait-for-batch.ts";
import { WaitInput, waitAsked, waitForJobs } from "../../service/wait-for-jobs.ts";
import { bytesOf, firstThatFit } from "../replies/budget.ts";
import { DATA_NOTE, previewOf } from "../replies/job-reply.ts";
import { answerCall, briefRowText, isCut, resultCall, waitRowText, whyFailed } from "../replies/job-text.ts";
import { visible, withoutEmpty } from "../replies/structure.ts";
import { call, faultText, unknownJob } from "../replies/text.ts";
import { defineTool, fitsInto, type Reply, replyBytes } from "../tool.ts";

/** What helps most: an answer, since a job stands still without it; then to wait on; then to look closer. */
function nextCall({ jobs }: WaitReport): string {
  for (const { id, input_requests } of jobs) {
    const [question] = input_requests;
    if (question !== undefined) return answerCall(id, question);
  }
  const open = jobs.filter(({ status }) => !isSettled(status)).map(({ id }) => id);
  if (open.length > 0) return `${call("jobs_wait", { job_ids: open })} again; the jobs go on without you.`;
  const cut = jobs.find(({ result }) => isCut(result));
  if (cut !== undefined) return resultCall(cut.id);
  const unseen = jobs.find(({ status, result }) => status === "succeeded" && result === null);
  if (unseen !== undefined) return `${call("jobs_get_status", { job_id: unseen.id })} gives the result.`;
  const failed = jobs.find(({ status }) => status === "failed");
  if (failed !== undefined) return whyFailed(failed.id);
  return "Use the results; all have settled, asking again changes nothing.";
}

const VERDICT = { true: "Not yet: the time is over.", false: "What you waited for is here." };

const quotes = ({ result, error, input_requests }: WaitRow): boolean =>
  result !== null || error !== null || input_requests.length > 0;

function replyOf(report: WaitReport, toText: (row: WaitRow) => string, notes: string[]): Reply {
  const { jobs, timed_out } = report;
  return {
    next: nextCall(report),
    notes: [...(jobs.some(quotes) ? [DATA_NOTE] : []), ...notes],
    structured: { jobs: jobs.map((row) => withoutEmpty({ ...row })), timed_out },
    text: [VERDICT[`${timed_out}`], ...jobs.map(toText)].join("\n"),
  };
}

/** Room of a large result's preview. */
const PREVIEW_BYTES = 100;

/** The rows with only such results as leave room for those of the others. */
function withSmallResults({ jobs, timed_out }: WaitReport): WaitReport {
  // In two halves, beside what else a row says.
  const share = MAX_REPLY_BYTES / (4 * jobs.length);
  const fitting = (result: WaitRow["result"]) =>
    result === null || bytesOf(visible(result)) <= share ? result : previewOf(result, PREVIEW_BYTES);
  return { jobs: jobs.map((row) => ({ ...row, result: fitting(row.result) })), timed_out };
}

/** Longest text that a row keeps when the rows are too long for a reply. */
const CUT_CHARS = 40;

const cut = (row: WaitRow): WaitRow => ({
  ...row,
  name: oneLine(row.name, CUT_CHARS),
  error: row.error === null ? null : oneLine(row.error, CUT_CHARS),
  message: row.message === null ? null : oneLine(row.message, CUT_CHARS),
  result: null,
  input_requests: [],
});

const CUT_NOTE = "Results, long texts and some questions are left out here: jobs_get_status has them.";

/** The rows without their long texts, with the questions of as many jobs as there is room for. */
function cutReply(report: WaitReport): Reply {
  const bare = { ...report, jobs: report.jobs.map(cut) };
  const room = MAX_REPLY_BYTES - replyBytes(replyOf(bare, briefRowText, [CUT_NOTE]));
  const asking = report.jobs.filter((row) => row.input_requests.length > 0);
  const shown = firstThatFit(
    asking,
    room,
    (row) => bytesOf(visible(row.input_requests)) + bytesOf(briefRowText(row)) + MAX_ERROR_CHARS,
  );
  const jobs = report.jobs.map((row) => ({
    ...cut(row),
    input_requests: shown.includes(row) ? row.input_requests : [],
  }));
  return replyOf({ ...report, jobs }, briefRowText, [CUT_NOTE]);
}

function reply(report: WaitReport): Reply {
  const whole = replyOf(report, waitRowText, []);
  if (fitsInto(MAX_REPLY_BYTES, whole)) return whole;
  const small = replyOf(withSmallResults(report), waitRowText, []);
  return fitsInto(MAX_REPLY_BYTES, small) ? small : cutReply(report);
}

function batchReply(report: Result<BatchReport, UnknownBatch>, { batch_id = "" }: { batch_id?: string | undefined }) {
  if (!report.ok) return err(`Unknown batch: ${echo(batch_id)}`);
  const { count, statuses, timed_out } = report.value;
  const listed = (status: string) => call("jobs_list", { batch_id, status });
  const next = timed_out
    ? `${call("jobs_wait", { batch_id })} again; the jobs go on without you.`
    : `${listed(["input_required", "failed", "succeeded"].find((status) => status in statuses) ?? "cancelled")} has them one by one.`;
  const counts = Object.entries(statuses).map(([status, jobs]) => `${jobs} ${status}`);
  return ok({
    next,
    structured: { ...report.value },
    text: `${VERDICT[`${timed_out}`]} Of ${plural(count, "job")}: ${counts.join(", ")}.`,
  });
}

export const jobsWait = defineTool({
  name: "jobs_wait",
  title: "Wait for jobs",
  description:
    "Wait until any or all of these jobs settle or ask for input; a timeout is no error. Better than polling. Next: jobs_respond for questions, this again while timed_out.",
  input: WaitInput,
  output: z.looseObject({ jobs: z.array(z.unknown()).optional() }),
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps, context) => {
    const asked = waitAsked(args);
    if (!asked.ok) return err(faultText("The arguments are not valid.", asked.error));
    if ("batchId" in asked.value) return batchReply(await waitForBatch(deps, asked.value, context.signal), args);
    const report = await waitForJobs(deps, asked.value, context);
    return report.ok ? ok(reply(report.value)) : err(unknownJob(report.error.job_id));
  },
});
