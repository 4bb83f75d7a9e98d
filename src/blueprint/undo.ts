import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import type { Blueprint } from "./blueprint.ts";
import type { Step } from "./kinds/index.ts";
import { stepsIn } from "./nesting.ts";

/** What takes effects back: `undo` of steps, and `finally` of the blueprint. */

/** The steps that take the step's effect back, in their order, each with what comes behind the step's path in its own. */
export function undoSteps({ undo }: Pick<Step, "undo">): { step: Step; suffix: string }[] {
  if (undo === undefined) return [];
  // They were read with the schemas of steps, which gave them ids.
  const steps = (Array.isArray(undo) ? undo : [undo]) as unknown as Step[];
  return steps.map((step) => ({ step, suffix: Array.isArray(undo) ? `.undo.${step.id}` : ".undo" }));
}

const inList = (plan: Blueprint): JsonObject[] =>
  [...stepsIn(plan.steps as unknown as Json, [])].map(([, step]) => step).filter(({ undo }) => undo !== undefined);

const saysUnknown = ({ undo = null }: JsonObject): boolean =>
  [undo].flat().some((each) => isJsonObject(each) && each.unknown === true);

interface Undoable {
  /** Ids of the steps with `undo`. */
  known: Set<string>;
  /** Of those that are undone although their outcome is unknown. */
  unknown: Set<string>;
  /** Of those around them. */
  around: Set<string>;
  /** Of those around them of which one branch is enough, with the names of the branches. */
  races: Map<string, string[]>;
}

export function undoableSteps(plan: Blueprint): Undoable {
  const steps = inList(plan);
  const all = [...stepsIn(plan.steps as unknown as Json, [])].map(([, step]) => step);
  const hasUndo = (lists: (Json | undefined)[]) =>
    lists.some((list) => [...stepsIn(list, [])].some(([, { undo }]) => undo !== undefined));
  const around = all.filter((step) => hasUndo([step.steps]));
  const races = all.flatMap(({ id, first, branches }): [string, string[]][] =>
    first !== undefined && isJsonObject(branches) && hasUndo(Object.values(branches))
      ? [[String(id), Object.keys(branches)]]
      : [],
  );
  const idsOf = (some: JsonObject[]) => new Set(some.map(({ id }) => String(id)));
  return {
    known: idsOf(steps),
    unknown: idsOf(steps.filter(saysUnknown)),
    around: idsOf(around),
    races: new Map(races),
  };
}

/** Whether something may have to run after the job has settled. */
export const cleansUp = (plan: Blueprint): boolean => plan.finally !== undefined || inList(plan).length > 0;
