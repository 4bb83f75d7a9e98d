import { hasExpression } from "../expression/text-template.ts";
import { DEFAULT_JOB_TIMEOUT_MS, EXPRESSION_WAIT_MS, MAX_JOB_TIMEOUT_MS, MAX_STEP_TIMEOUT_MS } from "../limits.ts";
import { isActing } from "./acting.ts";
import type { Blueprint } from "./blueprint.ts";
import { durationMs, parseTime } from "./duration.ts";
import type { Step } from "./kinds/index.ts";
import { DEFAULT_INPUT_TIMEOUT } from "./kinds/input.ts";
import { pollingOf } from "./kinds/polling.ts";

/** How long a plan means to wait, so that no job ends before its plan does. */

/** The plan of a blueprint that a `job` step names, where it is known. */
export type PlanOf = (reference: string) => Blueprint | undefined;

function untilMs(text: string, now: number): number {
  const time = parseTime(text);
  return time.ok ? Math.max(0, time.value - now) : 0;
}

function sleepMs(step: Extract<Step, { type: "sleep" }>, now: number): number {
  const text = step.for ?? step.until ?? "";
  if (hasExpression(text)) return EXPRESSION_WAIT_MS;
  return step.for === undefined ? untilMs(text, now) : durationMs(text);
}

function pollsMs(step: Extract<Step, { type: "http" }>): number {
  const { limit, every = "" } = step;
  if (typeof limit === "string" || hasExpression(every)) return EXPRESSION_WAIT_MS;
  const polling = pollingOf({ ...step, limit });
  return polling === undefined ? 0 : polling.everyMs * polling.limit;
}

function stepMs(step: Step, now: number, planOf: PlanOf): number {
  switch (step.type) {
    case "sleep":
      return sleepMs(step, now);
    case "input":
      return hasExpression(step.timeout) ? EXPRESSION_WAIT_MS : durationMs(step.timeout);
    case "http":
      return pollsMs(step);
    case "map":
      return listMs(step.steps, now, planOf);
    case "parallel":
      return Object.values(step.branches).reduce((sum, branch) => sum + listMs(branch, now, planOf), 0);
    case "job": {
      const child = typeof step.blueprint === "string" ? planOf(step.blueprint) : step.blueprint;
      return child === undefined ? 0 : listMs(child.steps, now, planOf);
    }
    default:
      return 0;
  }
}

const listMs = (steps: readonly Step[], now: number, planOf: PlanOf): number =>
  steps.reduce((sum, step) => sum + stepMs(step, now, planOf), 0);

/**
 * All waits that the plan names, in milliseconds: sleeps, questions, pauses between polls. Rows of a map count once; a wait
 * that an expression gives counts as EXPRESSION_WAIT_MS.
 * @param now epoch ms at which the job starts
 */
export const plannedWaitMs = (plan: Pick<Blueprint, "steps">, now: number, planOf: PlanOf = () => undefined): number =>
  listMs(plan.steps, now, planOf);

/** The job's timeout when its submit gives none: the plan's own, else a day more than it waits. */
export function defaultTimeoutMs(plan: Blueprint, now: number, planOf?: PlanOf): number {
  if (plan.timeout !== undefined) return durationMs(plan.timeout);
  return Math.min(MAX_JOB_TIMEOUT_MS, DEFAULT_JOB_TIMEOUT_MS + plannedWaitMs(plan, now, planOf));
}

const actionMs = (step: Step): number => {
  if (step.type === "map") return longestActionMs(step);
  if (step.type === "parallel") {
    return Math.max(0, ...Object.values(step.branches).map((steps) => longestActionMs({ steps })));
  }
  if (!isActing(step)) return 0;
  return hasExpression(step.timeout) ? MAX_STEP_TIMEOUT_MS : durationMs(step.timeout);
};

/** The longest that one action of the plan may take, in milliseconds. */
export const longestActionMs = ({ steps }: Pick<Blueprint, "steps">): number => Math.max(0, ...steps.map(actionMs));

/** A wait that the plan writes out. A sleep lasts as long as it says; a question is open so long, unless it is answered. */
interface WrittenWait {
  id: string;
  type: "sleep" | "input";
  ms: number;
}

/** The default is not written out: who gives none means "as long as the job lasts". */
const inputWait = ({ id, timeout }: Extract<Step, { type: "input" }>): WrittenWait[] =>
  timeout === DEFAULT_INPUT_TIMEOUT || hasExpression(timeout) ? [] : [{ id, type: "input", ms: durationMs(timeout) }];

const sleepWait = (step: Extract<Step, { type: "sleep" }>, now: number): WrittenWait[] =>
  hasExpression(step.for ?? step.until ?? "") ? [] : [{ id: step.id, type: "sleep", ms: sleepMs(step, now) }];

function waitsOf(step: Step, now: number): WrittenWait[] {
  switch (step.type) {
    case "sleep":
      return sleepWait(step, now);
    case "input":
      return inputWait(step);
    case "map":
      return waitsIn(step.steps, now);
    case "parallel":
      return Object.values(step.branches).flatMap((branch) => waitsIn(branch, now));
    case "job":
      return typeof step.blueprint === "string" ? [] : waitsIn(step.blueprint.steps, now);
    default:
      return [];
  }
}

const waitsIn = (steps: readonly Step[], now: number): WrittenWait[] =>
  steps.filter(({ when }) => when === undefined).flatMap((step) => waitsOf(step, now));

/** The longest such wait, where it is longer than the timeout. A step with `when` may be left out, so it counts not. */
export function waitBeyond(plan: Pick<Blueprint, "steps">, timeoutMs: number, now: number): WrittenWait | undefined {
  const [longest] = waitsIn(plan.steps, now).sort((a, b) => b.ms - a.ms);
  return longest !== undefined && longest.ms > timeoutMs ? longest : undefined;
}
