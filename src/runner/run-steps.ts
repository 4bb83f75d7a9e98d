import type { Scope } from "../expression/template.ts";
import { isTrue } from "../expression/truth.ts";
import { jsonBytes } from "../lib/json.ts";
import { tolerated } from "./act.ts";
import {
  type Done,
  done,
  type Ending,
  failed,
  HALTED,
  type RunContext,
  type Step,
  type StepOf,
  type StepRun,
} from "./context.ts";
import { structureBytes } from "./holdings.ts";
import { readyStep } from "./ready-step.ts";

function runKind<Type extends Step["type"]>(
  context: RunContext,
  step: StepOf<Type> & { type: Type },
  scope: Scope,
  path: string,
): Promise<Ending> {
  const { type }: { type: Type } = step;
  const run: StepRun<Type> = context.kinds[type];
  return run(context, step, scope, path);
}

async function runStep(context: RunContext, step: Step, around: Scope, path: string): Promise<Ending> {
  const scope = { ...around, path };
  if (step.when !== undefined) {
    const condition = await context.evaluate(step.when, scope);
    if (!condition.ok) return failed(condition.error, path);
    if (!isTrue(condition.value)) {
      context.reports.add({ path, status: "skipped" });
      return done(undefined);
    }
  }
  const ready = await readyStep(context, step, scope);
  return ready.ok ? runKind(context, ready.value, scope, path) : failed(ready.error, path);
}

/** The ending with its output held, as later steps see it; or why it cannot be. */
async function kept(context: RunContext, ending: Ending, path: string) {
  // Which row failed first is decided; what fails after it is no news.
  if (ending.end === "failed" && context.lane.aborted) return HALTED;
  if (ending.end !== "done") return ending;
  const output = ending.output ?? null;
  const bytes = jsonBytes(output) + structureBytes(output);
  return (await context.hold(bytes, path)) ?? { ...ending, bytes };
}

/**
 * Runs steps one after the other; each sees the outputs of those before it, which are added to the scope.
 * @param prefix path of the enclosing item or branch with its dot, or nothing
 * @returns the output of the last step that yields one, or the first failure that no `on_error: continue` passes over
 */
export async function runSteps(
  context: RunContext,
  steps: readonly Step[],
  scope: Scope,
  prefix: string,
): Promise<Ending> {
  let last: Done = done(undefined);
  let passedOver = 0;
  let held = 0;
  try {
    for (const step of steps) {
      if (context.lane.aborted) return HALTED;
      const path = `${prefix}${step.id}`;
      let ending = await kept(context, await runStep(context, step, scope, path), path);
      if (ending.end === "failed" && step.on_error === "continue" && !ending.fatal) {
        context.reports.add({ path, status: "failed", error: ending.error });
        ending = await kept(context, tolerated(ending.error, ending.done), path);
      }
      if (ending.end !== "done") return ending;
      held += ending.bytes;
      passedOver += ending.tolerated;
      if (ending.output === undefined) continue;
      scope.steps[step.id] = ending.output;
      if (!ending.silent) last = ending;
    }
    return { ...last, tolerated: passedOver };
  } finally {
    context.holdings.drop(held);
  }
}
