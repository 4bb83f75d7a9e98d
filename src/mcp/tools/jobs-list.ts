import * as z from "zod";
import { isSettled } from "../../jobs/status.ts";
import type { JobRow } from "../../jobs/view.ts";
import { type JsonObject, utf8Bytes } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { MAX_REPLY_BYTES, MAX_WAIT_JOBS } from "../../limits.ts";
import type { ListPage } from "../../registry/api/caller.ts";
import { CURSOR_FAULT } from "../../service/answers/refusal-faults.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { type ListArgs, ListInput, listJobs } from "../../service/job-listing.ts";
import { bytesOf, firstThatFit } from "../replies/budget.ts";
import { listText, moreCall } from "../replies/list-text.ts";
import { rowText } from "../replies/row-text.ts";
import { isAllVisible, visible, withoutEmpty } from "../replies/structure.ts";
import { call, faultText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

const errorText = (error: InvalidArguments | { code: "invalid_cursor" }): string =>
  error.code === "invalid_cursor"
    ? faultText("The cursor is not valid.", [CURSOR_FAULT])
    : faultText("The filters are not valid.", error.faults);

/** Room that the cursor, twice, and the sentences around the rows take. */
const AROUND_BYTES = 3_000;

/** A row as both halves of the reply have it. */
interface Shown {
  row: JobRow;
  text: string;
}

/** A page that is too long for a reply ends earlier. */
function fittingPage({ jobs: all, next_after }: ListPage): { shown: Shown[]; next_after: string | null } {
  const rows = all.map((row): Shown => ({ row, text: rowText(row) }));
  const whole = JSON.stringify(rows);
  // Most pages fit, which one look at the whole tells.
  if (isAllVisible(whole) && utf8Bytes(whole) <= MAX_REPLY_BYTES - AROUND_BYTES) return { shown: rows, next_after };
  const cost = ({ row, text }: Shown) => bytesOf(visible(row)) + bytesOf(text);
  const shown = firstThatFit(rows, MAX_REPLY_BYTES - AROUND_BYTES, cost);
  return { shown, next_after: shown.length === all.length ? next_after : (shown.at(-1)?.row.id ?? null) };
}

/** What the caller asked for, as it would ask for it again. */
const filtersGiven = ({ cursor: _cursor, ...given }: ListArgs): JsonObject =>
  Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

function nextCall(jobs: readonly JobRow[], more: string | null, args: ListArgs): string {
  const [newest] = jobs;
  if (newest === undefined) {
    if (more !== null) return `${more} goes on; this page has looked at many jobs and found none.`;
    const isFiltered = Object.keys(filtersGiven(args)).some((name) => name !== "limit");
    if (isFiltered) return `${call("jobs_list", {})} shows the jobs that no filter leaves out.`;
    return `${call("blueprints_list", {})} shows what can be submitted.`;
  }
  const open = jobs.filter(({ status }) => !isSettled(status)).map(({ id }) => id);
  if (open.length > 0)
    return `${call("jobs_wait", { job_ids: open.slice(0, MAX_WAIT_JOBS) })} waits for those that run.`;
  return `${call("jobs_get_status", { job_id: newest.id })} has the newest in full.`;
}

export const jobsList = defineTool({
  name: "jobs_list",
  title: "List jobs",
  description:
    "Your jobs, newest first, filtered and in pages. A page may be short and still have next_cursor. Next: jobs_get_status or jobs_wait.",
  input: ListInput,
  output: z.looseObject({ jobs: z.array(z.unknown()) }),
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const listed = await listJobs(deps, args);
    if (!listed.ok) return err(errorText(listed.error));
    const { shown, next_after } = fittingPage(listed.value);
    const jobs = shown.map(({ row }) => row);
    const next_cursor = next_after === null ? null : await listed.value.cursorAfter(next_after);
    const more = moreCall("jobs_list", filtersGiven(args), next_cursor);
    return ok({
      next: nextCall(jobs, more, args),
      structured: withoutEmpty({ jobs: jobs.map((row) => withoutEmpty({ ...row })), next_cursor }, ["jobs"]),
      text: listText(
        "job",
        shown.map(({ text }) => text),
        more,
      ),
    });
  },
});
