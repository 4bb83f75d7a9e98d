import type { Blueprint } from "../../blueprint/blueprint.ts";
import { parseJobId } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import type { RunPlan } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { cleanupPlan } from "../dispatch/cleanup.ts";
import { journalPage } from "./journal.ts";

/** All that a run of the job must know when it starts, without the action that may begin with it. @param job it has started */
export function runPlan(context: RegistryContext, job: Job, plan: Blueprint, now: number): RunPlan {
  const { tables, tenantSecrets } = context;
  const started_at = job.started_at ?? now;
  const { trace, rows_by_item, runner, ai_tokens, trigger, origin } = job.run;
  const changed = trigger && tables.triggers.find(trigger.name)?.document.changed;
  const cleanup = job.run.cleanup && cleanupPlan(context, job);
  return {
    ...{ do: "run", run: runner?.run, plan, input: tables.values.input(job) },
    ...{ submitted_at: job.submitted_at, started_at, ends_at: started_at + job.timeout_ms },
    ...{ rows_by_item, ai_tokens, trace, journal: journalPage(tables.values, job, null) },
    ...(origin && { origin }),
    ...(changed !== undefined && { changed }),
    ...(cleanup && { cleanup }),
    // The object of shard 0 keeps them: of jobs elsewhere the runner asks it.
    ...(parseJobId(job.job_id)?.shard === 0 && { secrets: tenantSecrets.all() }),
  };
}
