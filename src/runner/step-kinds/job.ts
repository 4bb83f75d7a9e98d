import { readInput } from "../../blueprint/schemas/check-input.ts";
import { labelOf } from "../../catalog/find.ts";
import { INLINE, type StepError } from "../../jobs/job.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { MAX_ERROR_CHARS } from "../../limits.ts";
import type { SpawnRequest } from "../../registry/api/caller.ts";
import { awaitOutcome } from "../await-outcome.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { type Ending, failed, HALTED } from "../ending.ts";

type Plan = Pick<SpawnRequest, "plan"> & { label: string };

async function planOf(context: RunContext, step: StepOf<"job">): Promise<Result<Plan, StepError>> {
  if (typeof step.blueprint !== "string") return ok({ label: INLINE, plan: step.blueprint });
  const named = await context.ports.blueprint(step.blueprint);
  if (named !== undefined) return ok({ label: labelOf(named), plan: named.plan });
  const message = `No blueprint ${step.blueprint}. Look it up with blueprints_list, or save it with blueprints_save.`;
  return err({ code: "unknown_blueprint", message });
}

/** Starts a child job and waits for its end; its result is the output. */
export const runJob: StepRun<"job"> = async (context, step, scope, path) => {
  const input = await context.evaluate(step.input, scope);
  if (!input.ok) return failed(input.error, path);
  const named = await planOf(context, step);
  if (!named.ok) return failed(named.error, path);
  const { label, plan } = named.value;
  const checked = readInput(plan, input.value ?? null);
  if (!checked.ok) {
    const message = checked.error.map((fault) => `${fault.path}: ${fault.message}. ${fault.fix}`).join(" ");
    return failed({ code: "child_input", message: oneLine(message, MAX_ERROR_CHARS) }, path);
  }
  return start(context, path, { name: plan.name, blueprint: label, plan, input: checked.value });
};

/** The tenant's rate of submits holds for children too: then it is asked again later. */
async function start(context: RunContext, path: string, request: SpawnRequest): Promise<Ending> {
  for (;;) {
    const started = await context.reports.spawn(path, request, context.keyPath(path));
    if (started.do !== "later") return awaitOutcome(context, path, started);
    if ((await context.wait(path, started.after_ms)) === HALTED) return HALTED;
  }
}
