import { hasExpression } from "../expression/text-template.ts";
import {
  DEFAULT_JOB_TIMEOUT_MS,
  DEFAULT_POLLS,
  EXPRESSION_WAIT_MS,
  MAX_JOB_TIMEOUT_MS,
  MAX_STEP_TIMEOUT_MS,
} from "../limits.ts";
import { isActing } from "./acting.ts";
import type { Blueprint } from "./blueprint.ts";
import { durationMs, parseTime } from "./duration.ts";
import { boundOf } from "./kinds/common.ts";
import type { Step } from "./kinds/index.ts";
import { DEFAULT_INPUT_TIMEOUT } from "./kinds/input.ts";
import { pollingOf } from "./kinds/polling.ts";
import { DEFAULT_WORK_TIMEOUT } from "./kinds/worker.ts";
import { listsIn } from "./nesting.ts";
import { undoSteps } from "./undo.ts";

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

/** Of all rounds. @param innerMs that the steps of one round wait */
function roundsMs({ limit, pause = "0 seconds" }: Extract<Step, { type: "repeat" }>, innerMs: number): number {
  const isOpen = hasExpression(pause);
  const roundMs = innerMs + (isOpen ? 0 : durationMs(pause));
  if (typeof limit === "string") return roundMs > 0 || isOpen ? EXPRESSION_WAIT_MS : 0;
  return roundMs * limit + (isOpen ? EXPRESSION_WAIT_MS : 0);
}

/** Nobody waits for a child that is detached; where an expression chooses, the longest counts. */
function childMs(step: Extract<Step, { type: "job" }>, now: number, planOf: PlanOf): number {
  const { blueprint, one_of, detached } = step;
  if (detached === true) return 0;
  const plans = typeof blueprint === "string" ? (one_of ?? [blueprint]).map(planOf) : [blueprint];
  return Math.max(0, ...plans.map((child) => (child === undefined ? 0 : listMs(child.steps, now, planOf))));
}

/** What bounds all that the step runs, where it is written out. */
function boundMs(step: Step): number {
  if (step.type !== "map" && step.type !== "parallel" && step.type !== "repeat") return Number.POSITIVE_INFINITY;
  const bound = boundOf(step);
  return bound === undefined || hasExpression(bound) ? Number.POSITIVE_INFINITY : durationMs(bound);
}

const stepMs = (step: Step, now: number, planOf: PlanOf): number =>
  Math.min(unboundedMs(step, now, planOf), boundMs(step));

function unboundedMs(step: Step, now: number, planOf: PlanOf): number {
  const innerMs = listsIn(step).reduce((sum, steps) => sum + listMs(steps, now, planOf), 0);
  switch (step.type) {
    case "sleep":
      return sleepMs(step, now);
    case "input":
    case "worker":
      return hasExpression(step.timeout) ? EXPRESSION_WAIT_MS : durationMs(step.timeout);
    case "http":
      return pollsMs(step);
    case "repeat":
      return roundsMs(step, innerMs);
    case "job":
      return childMs(step, now, planOf);
    default:
      return innerMs;
  }
}

const listMs = (steps: readonly Step[], now: number, planOf: PlanOf): number =>
  steps.reduce((sum, step) => sum + stepMs(step, now, planOf), 0);

/**
 * All waits that the plan names, in milliseconds: sleeps, questions, workers, pauses between polls and rounds. Rows of a map count
 * once, rounds each; a wait that an expression gives counts as EXPRESSION_WAIT_MS.
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
  if (!isActing(step)) return 0;
  return hasExpression(step.timeout) ? MAX_STEP_TIMEOUT_MS : durationMs(step.timeout);
};

interface WithFinally {
  steps: readonly Step[];
  finally?: readonly Step[] | undefined;
}

/** The longest that one action of the plan may take, in milliseconds. */
export const longestActionMs = ({ steps, finally: last = [] }: WithFinally): number =>
  Math.max(
    0,
    ...[...steps, ...last].flatMap((step) => {
      const inner = [...listsIn(step), undoSteps(step).map((undo) => undo.step)];
      return [actionMs(step), ...inner.map((each) => longestActionMs({ steps: each }))];
    }),
  );

/**
 * A wait that the plan writes out. A sleep and the pauses of a repeat last as long as it says; a question is open so long,
 * unless it is answered, and so is what waits for a worker; polls go on so long, unless one is answered as it should be.
 */
interface WrittenWait {
  id: string;
  type: "sleep" | "input" | "repeat" | "worker" | "http";
  ms: number;
}

const DEFAULTS = { input: DEFAULT_INPUT_TIMEOUT, worker: DEFAULT_WORK_TIMEOUT };

/** The default is not written out: who gives none means "as long as the job lasts". */
const openWait = ({ id, type, timeout }: Extract<Step, { type: "input" | "worker" }>): WrittenWait[] =>
  timeout === DEFAULTS[type] || hasExpression(timeout) ? [] : [{ id, type, ms: durationMs(timeout) }];

/** Of polls the number must be written out too: who gives none means "as long as the job lasts". */
function pollWait(step: Extract<Step, { type: "http" }>): WrittenWait[] {
  const { id, limit, every = "" } = step;
  if (typeof limit !== "number" || limit === DEFAULT_POLLS || hasExpression(every)) return [];
  return [{ id, type: "http", ms: pollsMs(step) }];
}

const sleepWait = (step: Extract<Step, { type: "sleep" }>, now: number): WrittenWait[] =>
  hasExpression(step.for ?? step.until ?? "") ? [] : [{ id: step.id, type: "sleep", ms: sleepMs(step, now) }];

/** The pauses of a repeat that has nothing but its limit to end it; with a condition the first round may be the last. */
function pausesOf(step: Extract<Step, { type: "repeat" }>): WrittenWait[] {
  const { id, limit, pause = "0 seconds" } = step;
  if (step.while !== undefined || step.until !== undefined || typeof limit === "string" || hasExpression(pause))
    return [];
  return [{ id, type: "repeat", ms: durationMs(pause) * (limit - 1) }];
}

function ownWaits(step: Step, now: number): WrittenWait[] {
  switch (step.type) {
    case "sleep":
      return sleepWait(step, now);
    case "input":
    case "worker":
      return openWait(step);
    case "repeat":
      return pausesOf(step);
    case "http":
      return pollWait(step);
    case "job":
      return typeof step.blueprint === "string" || step.detached ? [] : waitsIn(step.blueprint.steps, now);
    default:
      return [];
  }
}

const waitsOf = (step: Step, now: number): WrittenWait[] =>
  [...ownWaits(step, now), ...listsIn(step).flatMap((steps) => waitsIn(steps, now))].map((wait) => ({
    ...wait,
    ms: Math.min(wait.ms, boundMs(step)),
  }));

const waitsIn = (steps: readonly Step[], now: number): WrittenWait[] =>
  steps.filter(({ when }) => when === undefined).flatMap((step) => waitsOf(step, now));

/** What its own sleeps last at least, up to where an `end` or a step that may be left out makes that uncertain. */
export function sleptMs({ steps }: Pick<Blueprint, "steps">, now: number): number {
  const uncertain = steps.findIndex((step) => [step, ...listsIn(step).flat()].some(({ type }) => type === "end"));
  const certain = (uncertain === -1 ? steps : steps.slice(0, uncertain)).filter(({ when }) => when === undefined);
  // Of those until a time the latest decides, with what is slept after it.
  return certain.reduce((slept, step) => {
    if (step.type !== "sleep") return slept;
    const [wait] = sleepWait(step, now + slept);
    return slept + (wait?.ms ?? 0);
  }, 0);
}

/** The longest such wait, where it is longer than the timeout. A step with `when` may be left out, so it counts not. */
export function waitBeyond(plan: Pick<Blueprint, "steps">, timeoutMs: number, now: number): WrittenWait | undefined {
  const [longest] = waitsIn(plan.steps, now).sort((a, b) => b.ms - a.ms);
  return longest !== undefined && longest.ms > timeoutMs ? longest : undefined;
}
