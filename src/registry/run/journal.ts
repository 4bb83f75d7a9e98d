import type { Blueprint } from "../../blueprint/blueprint.ts";
import { parseJobId } from "../../jobs/id.ts";
import { type Job, openWork } from "../../jobs/job.ts";
import { finish } from "../../jobs/run/reports.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { MAX_CHILD_WAIT_MS, MAX_JOURNAL_BYTES } from "../../limits.ts";
import type { Awaited, JournalPage, Recorded, RunPlan } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { cleanupPlan } from "../dispatch/cleanup.ts";
import type { Stored, Values } from "../storage/values.ts";

/**
 * A page of what is finished, so that a run that goes on asks of none of these steps how it ended.
 * @param from the step that the page begins with; null: the first
 */
export function journalPage(values: Values, job: Job, from: string | null): JournalPage {
  const ended = Object.entries(job.run.steps).flatMap(([id, state]) => (state.completed_at === null ? [] : [id]));
  const outputs: JournalPage["outputs"] = [];
  let bytes = 0;
  for (const path of ended.slice(from === null ? 0 : ended.indexOf(from))) {
    const found = values.found(job, path);
    if (found === undefined) continue;
    bytes += utf8Bytes(found.json);
    if (bytes > MAX_JOURNAL_BYTES) return { outputs, next: path };
    const { output, at } = recorded(found);
    outputs.push(at === undefined ? [path, output] : [path, output, at]);
  }
  return { outputs, next: null };
}

/** Whether the step at the path waits already, or has waited. */
export const isKnown = ({ tables }: RegistryContext, job: Job, path: string, keyPath: string): boolean =>
  openWork(job.run, path) !== undefined || tables.values.stored(job, path, keyPath) !== undefined;

export const recorded = ({ json, at }: Stored): Recorded => ({ output: JSON.parse(json), at });

/** Where what the step at the path waits for stands, and the job after that was told. */
export function outcomeAt(
  { tables }: RegistryContext,
  job: Job,
  path: string,
  now: number,
  keyPath = path,
): { next: Job; reply: Awaited } {
  const stored = tables.values.stored(job, path, keyPath);
  if (stored !== undefined) {
    return { next: finish(job, path, undefined, now), reply: { do: "done", ...recorded(stored) } };
  }
  const work = openWork(job.run, path);
  if (typeof work?.ready === "object") return { next: job, reply: { do: "fail", error: work.ready } };
  const until = (work?.question ?? work?.event ?? work?.offer)?.expires_at ?? now + MAX_CHILD_WAIT_MS;
  return { next: job, reply: { do: "wait", timeout_ms: Math.max(until - now, 0) } };
}

/** All that a run of the job must know when it starts, without the action that may begin with it. @param job it has started */
export function runPlan(context: RegistryContext, job: Job, plan: Blueprint, now: number): RunPlan {
  const { tables, tenantSecrets } = context;
  const started_at = job.started_at ?? now;
  const { trace, rows_by_item, runner, ai_tokens, trigger, origin } = job.run;
  const changed = trigger && tables.triggers.find(trigger.name)?.document.changed;
  const cleanup = job.run.cleanup && cleanupPlan(context, job);
  // The first run of a job has nothing behind it.
  const failed = (runner?.run ?? 1) > 1 ? tables.values.failures(job) : undefined;
  return {
    ...{ do: "run", run: runner?.run, plan, input: tables.values.input(job) },
    ...{ submitted_at: job.submitted_at, started_at, ends_at: started_at + job.timeout_ms },
    ...{ rows_by_item, ai_tokens, trace, journal: journalPage(tables.values, job, null) },
    ...(failed !== undefined && { failed }),
    ...(origin && { origin }),
    ...(changed !== undefined && { changed }),
    ...(cleanup && { cleanup }),
    // The object of shard 0 keeps them: of jobs elsewhere the runner asks it.
    ...(parseJobId(job.job_id)?.shard === 0 && { secrets: tenantSecrets.all() }),
  };
}
