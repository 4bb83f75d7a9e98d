import { INLINE } from "../jobs/job.ts";
import { isSettled } from "../jobs/status.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import type { Fault } from "../lib/fault.ts";
import { Rate } from "../lib/rate.ts";
import { err, ok } from "../lib/result.ts";
import { MAX_RATED_TENANTS, RATE_WINDOW_MS } from "../limits.ts";
import type { SubmitError, Submitted } from "../registry/api/caller.ts";
import { type InvalidArguments, invalidArguments } from "./arguments.ts";
import type { Answer, ServiceContext } from "./context.ts";
import { askOwner, jobStatus } from "./job-operations.ts";
import { submitToShard } from "./shard-routing.ts";
import { draftOf, type SubmitArgs, submitRequest } from "./submit-draft.ts";
import { untilGone } from "./until-gone.ts";

/** What a submit would be, without one. */
export interface DryRun {
  /** `name@version`, or what was asked for when there is no such blueprint. */
  blueprint: string;
  /** None: the submit would be accepted. */
  faults: Fault[];
}

/** Of the tenants that asked last. A dry run takes time of this isolate, and nothing else: it is counted here. */
const dryRuns = new BoundedMap<string, Rate>(MAX_RATED_TENANTS);

/** ms until the tenant may have another; 0: it was counted. */
function takeDryRun({ tenant, dryRunsPerMinute: limit, now }: ServiceContext): number {
  if (limit === 0) return 0;
  const key = `${limit} ${tenant}`;
  const rate = dryRuns.get(key) ?? new Rate(limit, RATE_WINDOW_MS);
  dryRuns.set(key, rate);
  return rate.take(now());
}

type TooMany = Extract<SubmitError, { code: "too_many_submits" }>;

export async function checkSubmit(context: ServiceContext, args: SubmitArgs): Answer<DryRun, TooMany> {
  const retry_after_ms = takeDryRun(context);
  if (retry_after_ms > 0) return err({ code: "too_many_submits", limit: context.dryRunsPerMinute, retry_after_ms });
  const draft = await draftOf(context, args);
  if (draft.ok) return ok({ blueprint: draft.value.label, faults: [] });
  return ok({ blueprint: typeof args.blueprint === "string" ? args.blueprint : INLINE, faults: draft.error });
}

/**
 * The job's newest status after at most `waitMs`. The job is durable already: whatever happens to the wait, the caller
 * gets its id.
 */
async function afterWait(
  context: ServiceContext,
  job: Submitted,
  waitMs: number,
  signal: AbortSignal,
): Promise<Submitted> {
  if (waitMs === 0 || isSettled(job.status)) return job;
  const of = { job_id: job.id };
  const tries = [
    () =>
      untilGone(signal, (released) =>
        askOwner(context, of, (registry, caller) => registry.wait(caller, job.id, waitMs, released)),
      ),
    () => jobStatus(context, { ...of, include: [] }),
  ];
  for (const newest of tries) {
    try {
      const status = await newest();
      if (status.ok) return { ...job, ...status.value };
    } catch {
      // The object was reset while we waited; the next try has a stub of its own.
    }
  }
  return job;
}

/**
 * A job that is durable when this answers, which may be `wait_seconds` later, with its newest status.
 * @param signal aborts when the caller has gone
 */
export async function submitJob(
  context: ServiceContext,
  args: SubmitArgs,
  signal: AbortSignal,
): Answer<Submitted, InvalidArguments | SubmitError> {
  const draft = await draftOf(context, args);
  if (!draft.ok) return invalidArguments(draft.error);
  const submitted = await submitToShard(context, await submitRequest(context, args, draft.value));
  if (!submitted.ok) return submitted;
  return ok(await afterWait(context, submitted.value, args.wait_seconds * 1_000, signal));
}
