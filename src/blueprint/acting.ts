import { hasExpression } from "../expression/text-template.ts";
import type { Blueprint } from "./blueprint.ts";
import { durationMs } from "./duration.ts";

type Step = Blueprint["steps"][number];
type Acting = Extract<Step, { type: "http" | "handler" | "store" | "emit" | "ai" }>;

const ACTING: readonly Step["type"][] = ["http", "handler", "store", "emit", "ai"];

/** Whether the step's run consists of actions that begin and end, each in a time of its own. */
export const isActing = (step: Step): step is Acting => ACTING.includes(step.type);

/** The action that a run of the plan begins with, where nothing has to be evaluated to know so. */
export function firstAction({
  steps: [first],
}: Pick<Blueprint, "steps">): { path: string; withinMs: number } | undefined {
  if (first === undefined || !isActing(first) || first.when !== undefined) return undefined;
  // Each page is an action of its own; one with a rate waits for its turn.
  if (first.type === "http" && (first.pages !== undefined || first.rate !== undefined)) return undefined;
  return hasExpression(first.timeout) ? undefined : { path: first.id, withinMs: durationMs(first.timeout) };
}
