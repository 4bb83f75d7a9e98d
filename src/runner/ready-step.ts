import { readWith } from "../blueprint/faults/zod-faults.ts";
import { KIND_TABLE } from "../blueprint/kinds/index.ts";
import { isTerm, openTerms } from "../blueprint/terms.ts";
import type { Scope } from "../expression/template.ts";
import type { StepError } from "../jobs/job.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { RunContext, Step, StepOf } from "./context.ts";

/** The parts of a field that are terms: those of `retry`, or the field itself. */
const partsOf = (field: string, value: Json | undefined): [string, Json | undefined][] =>
  isJsonObject(value) ? Object.entries(value).map(([key, part]) => [`${field}.${key}`, part]) : [[field, value]];

/** @param asked the field as the plan has it @param value what it came out as; undefined: as nothing */
function problemOf(type: string, field: string, asked: Json, value: Json | undefined): StepError | undefined {
  const given = new Map(partsOf(field, value));
  const [lost] = partsOf(field, asked).find(([path]) => given.get(path) === undefined) ?? [];
  if (lost !== undefined) return { code: "expression", message: `${lost} came out as nothing.` };
  const schema = KIND_TABLE.get(type)?.schema.shape[field];
  const read = schema === undefined ? ok(value) : readWith(field, schema, value);
  if (read.ok) return undefined;
  const [fault] = read.error;
  const came = given.get(fault?.path ?? field);
  const message = `${fault?.path} came out as ${JSON.stringify(came)?.slice(0, 60)}: ${fault?.message}. ${fault?.fix}`;
  return { code: isTerm(came) ? "limit_exceeded" : "expression", message };
}

/** The step with its numbers and durations known: the same bounds hold for what an expression gives as for a literal. */
export async function readyStep(
  context: RunContext,
  step: Step,
  scope: Scope,
): Promise<Result<StepOf<Step["type"]>, StepError>> {
  const open = openTerms(step as unknown as JsonObject);
  const fields = Object.entries(open);
  // Without expressions it has been ready since its submit.
  if (fields.length === 0) return ok(step as StepOf<Step["type"]>);
  const values = await context.evaluate(open, scope);
  if (!values.ok) return values;
  const terms = isJsonObject(values.value) ? values.value : {};
  for (const [field, asked] of fields) {
    const problem = problemOf(step.type, field, asked, terms[field]);
    if (problem !== undefined) return err(problem);
  }
  return ok({ ...step, ...terms } as StepOf<Step["type"]>);
}
