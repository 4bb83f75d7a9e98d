import { topLevelStep } from "../../../src/jobs/run/action-keys.ts";
import type { EventView, JobStatus, StepView } from "../../../src/jobs/view.ts";

/** How the steps of a job stood when so many of its events had happened. */

const STATUS: Partial<Record<EventView["type"], StepView["status"]>> = {
  step_started: "running",
  step_retrying: "running",
  step_waiting: "waiting",
  child_started: "waiting",
  input_requested: "waiting",
  step_succeeded: "succeeded",
  step_failed: "failed",
  step_skipped: "skipped",
};
const ENDS: readonly StepView["status"][] = ["succeeded", "failed", "skipped"];

const fresh = (step: StepView): StepView => {
  const { items: _, ...rest } = step;
  return { ...rest, status: "pending", tries: 0, started_at: null, completed_at: null, error: null };
};

function after(step: StepView, { type, at, step: path, message }: EventView): StepView {
  const begun = { ...step, started_at: step.started_at ?? at };
  const status = STATUS[type];
  if (status === undefined) return step;
  // What happens inside of a step only says that it goes on.
  if (path !== step.id) return { ...begun, status: step.status === "pending" ? "running" : step.status };
  const tries = type === "step_started" || type === "step_retrying" ? step.tries + 1 : step.tries;
  const failure = type === "step_failed" || type === "step_retrying" ? message : null;
  return { ...begun, status, tries, error: failure, completed_at: ENDS.includes(status) ? at : null };
}

export function stepsAt({ steps = [], events = [] }: JobStatus, count: number): StepView[] {
  const states = new Map(steps.map((step) => [step.id, fresh(step)]));
  for (const event of events.slice(0, count)) {
    const id = event.step === null ? undefined : topLevelStep(event.step);
    const state = id === undefined ? undefined : states.get(id);
    if (state !== undefined) states.set(state.id, after(state, event));
  }
  return [...states.values()];
}
