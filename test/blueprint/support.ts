import type { Blueprint } from "../../src/blueprint/blueprint.ts";
import { readInput } from "../../src/blueprint/checks/check.ts";
import { EvaluationBudget } from "../../src/expression/evaluation-budget.ts";
import { compileTemplate, type Scope } from "../../src/expression/template.ts";
import type { Fault } from "../../src/lib/fault.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";

export const NOW = Date.UTC(2026, 10, 20, 12);

export const aBudget = (pause = async () => {}): EvaluationBudget => new EvaluationBudget(pause);

export const aScope = (over: Partial<Scope> = {}): Scope => ({
  input: {},
  steps: {},
  job: { id: "job_x", attempt: 1, submitted_at: "2026-11-20T12:00:00.000Z" },
  now: NOW,
  ...over,
});

/** The value of a template, null for nothing, or its error's message behind `error: `. */
export async function evaluated(template: Json, over: Partial<Scope> = {}): Promise<Json> {
  const compiled = compileTemplate(template);
  if (!compiled.ok) return `error: ${compiled.error.message}`;
  const result = await compiled.value.evaluate(aScope(over), aBudget());
  return result.ok ? (result.value ?? null) : `error: ${result.error.message}`;
}

export const aBlueprint = (steps: Json[], more: JsonObject = {}): JsonObject => ({ name: "plan", steps, ...more });
export const aTransform = (id: string, value: Json = null): JsonObject => ({ id, type: "transform", value });

/** What is wrong with an input. */
export function checkInput(plan: Pick<Blueprint, "input">, input: Json): Fault[] {
  const read = readInput(plan, input);
  return read.ok ? [] : read.error;
}
