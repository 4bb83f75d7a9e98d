import type { Job } from "../../jobs/job.ts";
import { type ActionRecord, inherited } from "../../jobs/run/action-keys.ts";
import type { Result } from "../../lib/result.ts";
import type { QuotaError, SpawnRequest } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import type { EarlierChild } from "../storage/actions.ts";
import { type GoneChild, inputDigest } from "../storage/gone-children.ts";
import { createJob, type JobRequest } from "./create-job.ts";
import { continueJob, type Family, groundFor, isSame } from "./create-retry.ts";

/** A `job` step runs again: its earlier child is retried, so that what is unknown of it stays under its keys. */

/** Reuses what its earlier child finished, unless that child succeeded and the step is to run once more. */
export function retryChild(
  context: RegistryContext,
  earlier: Job,
  { isUnknown }: EarlierChild,
  family: Family,
  request: SpawnRequest & { plan_hash: string },
  now: number,
): Result<Job, QuotaError> {
  const { plan, plan_hash, blueprint: label, input } = request;
  const runsOnceMore = earlier.status === "succeeded" && !isUnknown;
  const ground = groundFor(context, earlier, {
    steps: plan.steps,
    isNewInput: !isSame(input, context.tables.values.input(earlier)),
    from: runsOnceMore ? (plan.steps[0]?.id ?? null) : null,
  });
  // Only a step that is asked for can be none.
  if (!ground.ok) throw new Error(`no ground for a retry of ${earlier.job_id}`);
  return continueJob(context, earlier, { plan, plan_hash, label, input, ground: ground.value }, family, now);
}

/** The child may have succeeded, but its result cannot be reused: its actions run again under their earlier keys. */
const unsure = (record: ActionRecord): ActionRecord =>
  record.child_id === null ? record : { ...record, outcome: record.outcome ?? "unknown" };

/**
 * The same of one that was deleted. Nothing of it can be reused, but its keys are known: a target that knows them does
 * nothing twice.
 */
export function retryGoneChild(
  context: RegistryContext,
  earlier: GoneChild,
  { child_id, isUnknown }: EarlierChild,
  request: JobRequest,
  now: number,
): Result<Job, QuotaError> {
  const { actions } = context;
  const { root, succeeded, input_digest } = earlier;
  const number = actions.retriesOf(root) + 1;
  const isDiscarding = (succeeded && !isUnknown) || input_digest !== inputDigest(request.input);
  const given = isDiscarding ? request.plan.steps.map(({ id }) => [id, number]) : [];
  const fresh = { ...earlier.fresh, ...Object.fromEntries(given) };
  const again = createJob(context, { ...request, retried_from: child_id }, now, (child) => {
    return { ...child, run: { ...child.run, chain: { root, number, fresh } } };
  });
  if (!again.ok) return again;
  actions.join(root);
  for (const record of actions.all(child_id)) {
    const carried = isDiscarding ? inherited(record, "input", number) : inherited(unsure(record), "retry", number);
    actions.keep(again.value.job_id, carried);
  }
  return again;
}
