import type { Keys } from "../expression/template.ts";
import { isOneExpression } from "../expression/text-template.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { Blueprint } from "./blueprint.ts";
import type { JobStep, Step } from "./kinds/index.ts";
import { allSteps, kindOf } from "./nesting.ts";

/** Blueprints that a document runs by name. */

/** The name that stands there; where an expression chooses, all that it may choose. */
function* namesOf(name: string, oneOf: Json | undefined, at: Keys, listAt: Keys): Generator<[Keys, string]> {
  if (!isOneExpression(name)) return yield [at, name];
  for (const [i, each] of (Array.isArray(oneOf) ? oneOf : []).entries()) {
    if (typeof each === "string") yield [[...listAt, i], each];
  }
}

/** Each name with its place, those of inline children too. The document's JSON depth must have been checked. */
export function* namesIn(document: JsonObject, keys: Keys = []): Generator<[Keys, string]> {
  for (const [at, step] of allSteps(document, keys)) {
    const field = kindOf(step)?.child;
    const child = field === undefined ? undefined : step[field];
    if (field === undefined || child === undefined) continue;
    if (typeof child === "string") yield* namesOf(child, step.one_of, [...at, field], [...at, "one_of"]);
    if (isJsonObject(child)) yield* namesIn(child, [...at, field]);
  }
}

type Rename = (name: string) => string;

/** What the steps of `undo` run too. */
function renamed(step: Step, rename: Rename): Step {
  const undone = renamedStep(step, rename);
  const { undo } = undone;
  if (undo === undefined) return undone;
  const one = (each: JsonObject) => renamed(each as unknown as Step, rename) as unknown as JsonObject;
  return { ...undone, undo: Array.isArray(undo) ? undo.map(one) : one(undo) };
}

function renamedJob(step: JobStep & Step, rename: Rename): Step {
  const { blueprint, one_of } = step;
  if (typeof blueprint !== "string") return { ...step, blueprint: withNames(blueprint, rename) };
  return one_of === undefined
    ? { ...step, blueprint: rename(blueprint) }
    : { ...step, one_of: one_of.map((name) => rename(name)) };
}

function renamedStep(step: Step, rename: Rename): Step {
  const list = (steps: readonly Step[]): Step[] => steps.map((inner) => renamed(inner, rename));
  switch (step.type) {
    case "job":
      return renamedJob(step, rename);
    case "map":
    case "repeat":
      return { ...step, steps: list(step.steps) };
    case "parallel":
      return {
        ...step,
        branches: Object.fromEntries(Object.entries(step.branches).map(([name, steps]) => [name, list(steps)])),
      };
    default:
      return step;
  }
}

/** The plan with other names of blueprints, such as those of the versions that are the latest now. */
export function withNames<Plan extends Pick<Blueprint, "steps" | "finally">>(plan: Plan, rename: Rename): Plan {
  const [steps, last] = [plan.steps, plan.finally].map((list) => list?.map((step) => renamed(step, rename)));
  return { ...plan, steps, ...(last && { finally: last }) };
}
