import { hasExpression } from "../expression/text-template.ts";
import type { Blueprint } from "./blueprint.ts";
import { durationMs } from "./duration.ts";

/** The action that a run of the plan begins with, where nothing has to be evaluated to know so. */
export function firstAction({
  steps: [first],
}: Pick<Blueprint, "steps">): { path: string; withinMs: number } | undefined {
  if (first === undefined || first.when !== undefined) return undefined;
  if (first.type !== "http" && first.type !== "handler") return undefined;
  return hasExpression(first.timeout) ? undefined : { path: first.id, withinMs: durationMs(first.timeout) };
}
