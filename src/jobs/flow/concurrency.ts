import { isCounted, needsSlot } from "../dispatch.ts";
import { INLINE, type Job, type ListedJob, type RunState } from "../job.ts";
import type { Concurrency, JobConcurrency, Slot } from "./slot.ts";

export const concurrencyOf = (
  { blueprint, plan }: { blueprint: string; plan: { name: string } },
  given: Concurrency,
): JobConcurrency => ({
  ...given,
  of: blueprint === INLINE ? `${INLINE} ${plan.name}` : (blueprint.split("@")[0] ?? blueprint),
});

/** PERSISTED: names a limit among those of its tenant. */
export const slotKey = ({ of }: Pick<JobConcurrency, "of">, { key }: Pick<Slot, "key">): string =>
  JSON.stringify([of, key]);

/** The blueprint and the key that a slot's key was made of. */
export function readSlotKey(text: string): { of: string; key: string | null } {
  const [of, key]: [string, string | null] = JSON.parse(text);
  return { of, key };
}

/** The job has a limit, and may not be handed to the engine before it holds a slot of it. */
export const lacksSlot = (job: ListedJob): boolean =>
  job.run.concurrency !== undefined && job.run.slot?.held === undefined && isCounted(job) && needsSlot(job);

export const withSlot = (job: Job, slot: Slot): Job => ({ ...job, run: { ...job.run, slot } });

export const priorityOf = ({ priority = 0 }: Pick<RunState, "priority">): number => priority;

/** Among whom places at the engine go round: the jobs of one limit. Null: the job has none. */
export const groupOf = ({ concurrency, slot }: RunState): string | null =>
  concurrency === undefined ? null : `${concurrency.of} ${slot?.key ?? ""}`;
