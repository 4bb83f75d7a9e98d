import type { Job } from "../../jobs/job.ts";
import type { QuotaError } from "../api/caller.ts";
import type { Trigger } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import { dueOf } from "./firing.ts";
import { quotaReason, Turn, timesOf } from "./turn.ts";
import { type Occasion, type Verdict, verdictOn } from "./verdict.ts";

/** What became of something that did not come from the clock. */
export type Occurred =
  | { outcome: "ran"; job_id: string; deduplicated: boolean }
  | { outcome: "filtered" }
  /** `error`: no room for a job; else a fault of the trigger. */
  | { outcome: "refused"; reason: string; error?: QuotaError }
  /** Nothing is written. */
  | { outcome: "over_rate"; retry_after_ms: number }
  /** It is gone, or another one than was meant. Nothing is written. */
  | { outcome: "changed" };

/** Thrown to undo what was written of an occasion that cannot be taken now. */
class Undone extends Error {
  readonly occurred: Occurred;

  constructor(occurred: Occurred) {
    super(occurred.outcome);
    this.occurred = occurred;
  }
}

function begin(turn: Turn, occasion: Occasion, verdict: Verdict): { occurred: Occurred; job?: Job } {
  const { occurrence } = occasion;
  const known = turn.jobOf(occurrence);
  if (known !== undefined) {
    throw new Undone({ outcome: "ran", job_id: known.job_id, deduplicated: true });
  }
  if (verdict.do === "filtered") {
    turn.note({ outcome: "filtered", occurrence });
    return { occurred: { outcome: "filtered" } };
  }
  if (verdict.do === "refused") {
    turn.note({ outcome: "refused", occurrence, reason: verdict.reason }, occasion.depth);
    return { occurred: { outcome: "refused", reason: verdict.reason } };
  }
  const begun = turn.start(occasion, verdict);
  if (!begun.ok) {
    const { error } = begun;
    if (error.code === "too_many_submits") {
      throw new Undone({ outcome: "over_rate", retry_after_ms: error.retry_after_ms });
    }
    turn.note({ outcome: "refused", occurrence, reason: quotaReason(error) }, occasion.depth);
    return { occurred: { outcome: "refused", reason: quotaReason(error), error } };
  }
  const { job } = begun.value;
  turn.note({ outcome: "ran", occurrence, job_id: job.job_id });
  return { occurred: { outcome: "ran", job_id: job.job_id, deduplicated: false }, job };
}

/**
 * Starts a job for the occasion, once: what has one already gets that. It runs beside other jobs of the trigger.
 * @param trigger as it was when the occasion was accepted: when it has been changed since, nothing happens
 * @param also is written with whatever comes of it
 */
export async function occur(
  context: RegistryContext,
  trigger: Trigger,
  occasion: Occasion,
  also: () => void = () => {},
): Promise<Occurred> {
  const { store, tables, background, dispatcher, now } = context;
  const state = tables.triggers.state(trigger.name);
  if (state === undefined) return { outcome: "changed" };
  const verdict = await verdictOn(context, trigger, state, occasion);
  try {
    const { occurred, job } = store.transact(() => {
      const [fresh, current] = [tables.triggers.find(trigger.name), tables.triggers.state(trigger.name)];
      if (fresh?.version !== trigger.version || current === undefined) throw new Undone({ outcome: "changed" });
      const turn = new Turn(context, fresh, current, now());
      const begun = begin(turn, occasion, verdict);
      const times = timesOf(fresh);
      if (begun.job !== undefined && times !== undefined && times.overlap !== "allow") turn.watch(begun.job);
      turn.state = { ...turn.state, next: turn.left(turn.state.next) };
      turn.save(dueOf(fresh, turn.state, times));
      also();
      return begun;
    });
    if (job !== undefined) background(dispatcher.dispatch([job]));
    return occurred;
  } catch (error) {
    if (error instanceof Undone) return error.occurred;
    throw error;
  }
}
