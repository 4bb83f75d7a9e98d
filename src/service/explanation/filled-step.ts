import type { Blueprint } from "../../blueprint/blueprint.ts";
import { EvaluationBudget } from "../../expression/evaluation-budget.ts";
import { compileTemplate, type Scope } from "../../expression/template.ts";
import { type Json, type JsonObject, ownValue } from "../../lib/json.ts";
import { MAX_JOB_EVALUATIONS } from "../../limits.ts";
import type { Explanation } from "../../registry/api/caller.ts";

/** A step with its expressions replaced, computed again from what is stored: nothing keeps what a step was given. */

type Step = Blueprint["steps"][number];

/** The step as it was, or would be, done; or why that cannot be said. */
export type FilledStep = { value: Json } | { fault: string };

/** For somebody who looks: a small part of what a job may cost. */
const MOST_EVALUATIONS = MAX_JOB_EVALUATIONS / 10;
/** Their scope is another one. */
const STEPS_INSIDE = ["steps", "branches", "undo"];

const withoutInner = (step: Step): JsonObject =>
  Object.fromEntries(Object.entries(step).filter(([field]) => !STEPS_INSIDE.includes(field))) as JsonObject;

async function filled(value: Json, scope: Scope, budget: EvaluationBudget): Promise<FilledStep> {
  const template = compileTemplate(value);
  if (!template.ok) return { fault: template.error.message };
  const result = await budget.alone(() => template.value.evaluate(scope, budget));
  return result.ok ? { value: result.value ?? null } : { fault: result.error.message };
}

/** What a transform gives is not stored. */
async function outputOf(step: Step, scope: Scope, outputs: Explanation["outputs"], budget: EvaluationBudget) {
  if (step.type !== "transform") return ownValue(outputs, step.id);
  const result = await filled(step.value, scope, budget);
  return "value" in result ? result.value : undefined;
}

function scopeOf({ input, status }: Explanation, id: string): Scope {
  const began = status.steps?.find((step) => step.id === id)?.started_at ?? status.submitted_at;
  const job = { id: status.id, attempt: 1, submitted_at: status.submitted_at };
  return { input, steps: {}, job, now: Date.parse(began), path: id };
}

/** @param id of a step at the top */
export async function filledStep(explanation: Explanation, id: string): Promise<FilledStep> {
  const { steps } = explanation.plan;
  const at = steps.findIndex((step) => step.id === id);
  const step = steps[at];
  if (step === undefined) return { fault: `The plan has no step ${id}.` };
  const scope = scopeOf(explanation, id);
  const budget = new EvaluationBudget(() => Promise.resolve(), MOST_EVALUATIONS);
  const wanted = withoutInner(step);
  const text = JSON.stringify(wanted);
  for (const before of steps.slice(0, at)) {
    const output = await outputOf(before, scope, explanation.outputs, budget);
    if (output !== undefined) scope.steps[before.id] = output;
    else if (text.includes(`$steps.${before.id}`))
      return { fault: `The output of ${before.id} is not there, or too large to be shown.` };
  }
  return filled(wanted, scope, budget);
}
