import type { Keys } from "../expression/template.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { orShape, type Shape } from "./faults/shapes.ts";
import type { Inner, Kind } from "./kinds/common.ts";
import { KIND_TABLE, type Step } from "./kinds/index.ts";

/** Steps inside steps of a document as it was sent, whatever their kinds. Its JSON depth must have been checked. */

export const kindOf = (step: JsonObject): Kind | undefined => KIND_TABLE.get(String(step.type));

function undoOf({ undo }: JsonObject): Inner[] {
  if (undo === undefined) return [];
  const isSingle = !Array.isArray(undo);
  const segment = isSingle ? "" : ".undo";
  return [{ keys: ["undo"], steps: isSingle ? [undo] : undo, segment, sees: [], isUndo: true, isSingle }];
}

/** Those that take its effect back come last. */
export const innerOf = (step: JsonObject): readonly Inner[] => [
  ...(kindOf(step)?.inner?.(step) ?? []),
  ...undoOf(step),
];

/** From the step to the place of one of its inner steps. */
export const keysIn = ({ keys, isSingle }: Pick<Inner, "keys" | "isSingle">, i: number): Keys =>
  isSingle ? keys : [...keys, i];

/** The lists of steps inside a step of a plan. */
export function listsIn(step: Step): readonly (readonly Step[])[] {
  switch (step.type) {
    case "map":
    case "repeat":
      return [step.steps];
    case "parallel":
      return Object.values(step.branches);
    default:
      return [];
  }
}

/** The inline blueprint that a step runs as a job of its own. */
export function childOf(step: JsonObject): JsonObject | undefined {
  const field = kindOf(step)?.child;
  const child = field === undefined ? undefined : step[field];
  return isJsonObject(child) ? child : undefined;
}

/** Every step of a list, and those inside them, in document order; not those of children. */
export function* stepsIn(steps: Json | undefined, keys: Keys, isSingle = false): Generator<[Keys, JsonObject]> {
  if (!Array.isArray(steps)) return;
  for (const [i, step] of steps.entries()) {
    if (!isJsonObject(step)) continue;
    const at = keysIn({ keys, isSingle }, i);
    yield [at, step];
    for (const inner of innerOf(step)) yield* stepsIn(inner.steps, [...at, ...inner.keys], inner.isSingle);
  }
}

/** Every step of a document, those of its `finally` too. */
export function* allSteps(document: JsonObject, keys: Keys = []): Generator<[Keys, JsonObject]> {
  yield* stepsIn(document.steps, [...keys, "steps"]);
  yield* stepsIn(document.finally, [...keys, "finally"]);
}

/** How many steps there are, those of children counted. */
export function countSteps(document: JsonObject): number {
  let count = 0;
  for (const [, step] of allSteps(document)) {
    const child = childOf(step);
    count += 1 + (child === undefined ? 0 : countSteps(child));
  }
  return count;
}

/** The output of a list is that of its last step, if that one surely has one. */
function lastShape(steps: Json | undefined): Shape | undefined {
  const last = Array.isArray(steps) ? steps.at(-1) : undefined;
  if (!isJsonObject(last) || last.when !== undefined || kindOf(last)?.isSilent?.(last)) return undefined;
  return outputShape(last);
}

/** What is known of a step's output before it runs. */
export function outputShape(step: JsonObject): Shape | undefined {
  const kind = kindOf(step);
  const shape = kind?.output?.(step, lastShape);
  if (step.on_error !== "continue") return shape;
  return orShape(shape, kind?.inner === undefined ? ["error"] : ["error", "done"]);
}
