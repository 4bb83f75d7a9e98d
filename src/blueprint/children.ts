import type { Keys } from "../expression/template.ts";
import type { JsonObject } from "../lib/json.ts";
import { isJsonObject } from "../lib/json.ts";
import type { Blueprint } from "./blueprint.ts";
import type { Step } from "./kinds/index.ts";
import { kindOf, stepsIn } from "./nesting.ts";

/** Blueprints that a document runs by name. */

/** Each name with its place, those of inline children too. The document's JSON depth must have been checked. */
export function* namesIn(document: JsonObject, keys: Keys = []): Generator<[Keys, string]> {
  for (const [at, step] of stepsIn(document.steps, [...keys, "steps"])) {
    const field = kindOf(step)?.child;
    const child = field === undefined ? undefined : step[field];
    if (field === undefined || child === undefined) continue;
    if (typeof child === "string") yield [[...at, field], child];
    if (isJsonObject(child)) yield* namesIn(child, [...at, field]);
  }
}

function renamed(step: Step, rename: (name: string) => string): Step {
  const list = (steps: readonly Step[]): Step[] => steps.map((inner) => renamed(inner, rename));
  switch (step.type) {
    case "job":
      return {
        ...step,
        blueprint:
          typeof step.blueprint === "string"
            ? rename(step.blueprint)
            : { ...step.blueprint, steps: list(step.blueprint.steps) },
      };
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
export const withNames = (plan: Blueprint, rename: (name: string) => string): Blueprint => ({
  ...plan,
  steps: plan.steps.map((step) => renamed(step, rename)),
});
