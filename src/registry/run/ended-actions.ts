import { isCounted } from "../../jobs/dispatch.ts";
import { type Job, openWork, type StepError } from "../../jobs/job.ts";
import { finish, type Mark } from "../../jobs/run/reports.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Finished, RunRef, Stop, Unkept } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { notKept } from "../dispatch/admission.ts";
import { noteLate } from "./cleanup-reports.ts";
import { applyReport, withMarks } from "./fenced-reports.ts";

/** How actions ended, told by a report of its own or with the next one. */

/** What rides along with a report. */
interface Along {
  finished: Finished | undefined;
  marks: readonly Mark[];
}

/** Why there is no room for the output. One that was stored has its room, unless only an undo needed to know of it. */
function refusal(
  { tables, admission }: RegistryContext,
  job: Job,
  { path }: Finished,
  json: string,
): StepError | undefined {
  const stored = tables.values.json(job, path);
  const wasRefused = stored === "null" && json !== "null";
  if (!isCounted(job) || (stored !== undefined && !wasRefused)) return undefined;
  const bytes = utf8Bytes(json);
  const full = admission.storageRefusal(wasRefused ? Number.POSITIVE_INFINITY : bytes);
  return full && notKept(full, bytes);
}

/** What comes when the job has settled. */
export function noteLateEnd(context: RegistryContext, ref: RunRef, finished: Finished | undefined): void {
  if (finished === undefined) return;
  const { path, output, error } = finished;
  noteLate(context, ref, path, error === null ? { output } : { error });
}

/** The job with that action at its end, its output stored; or why that is not kept. */
export function withFinished(
  context: RegistryContext,
  job: Job,
  finished: Finished | undefined,
  now: number,
): Result<Job, Unkept> {
  if (finished === undefined) return ok(job);
  const { path, output, error, at } = finished;
  const { tables, store, actions, undoables } = context;
  // Large ones take a while: once.
  const json = JSON.stringify(output);
  const full = refusal(context, job, finished, json);
  const { job: numbered, undo_number } = error === null ? undoables.numbered(job, path) : { job };
  if (full !== undefined) {
    // The effect is there all the same: its undo sees nothing of it.
    if (undo_number !== undefined && tables.values.json(job, path) === undefined) {
      tables.values.insert(job.job_id, path, null, { ...openWork(job.run, path), undo_number });
      store.save(job, numbered);
    }
    return err({ do: "unkept", path, error: full });
  }
  const kept = tables.values.keepJson(numbered, path, json, { ...openWork(job.run, path), undo_number, at });
  actions.noteOver(job, path, error);
  return ok(finish(kept.isNew ? kept.job : job, path, error ?? undefined, now));
}

/** A report with which others came, as one transaction. What cannot be kept leaves the rest undone. */
export function applyJoined<Reply>(
  context: RegistryContext,
  ref: RunRef,
  { finished, marks }: Along,
  report: (job: Job, now: number) => { next: Job; reply: Reply },
): Reply | Unkept | Stop {
  noteLateEnd(context, ref, finished);
  return applyReport<Reply | Unkept>(context, ref, (job, now) => {
    const ended = withFinished(context, job, finished, now);
    return ended.ok ? report(withMarks(context, ended.value, marks, now), now) : { next: job, reply: ended.error };
  });
}
