import { checkInput } from "../../blueprint/check-input.ts";
import { INLINE, type StepError } from "../../jobs/job.ts";
import { isJsonObject } from "../../jobs/json.ts";
import { err, ok, type Result } from "../../jobs/result.ts";
import { awaitOutcome } from "../await-outcome.ts";
import { failed, type RunContext, type StepOf, type StepRun } from "../context.ts";
import type { NamedPlan } from "../ports.ts";

async function planOf(context: RunContext, step: StepOf<"job">): Promise<Result<NamedPlan, StepError>> {
  if (typeof step.blueprint !== "string") return ok({ label: INLINE, plan: step.blueprint });
  const named = await context.ports.blueprint(step.blueprint);
  if (named !== undefined) return ok(named);
  const message = `No blueprint ${step.blueprint}. Look it up with blueprints_list, or save it with blueprints_save.`;
  return err({ code: "unknown_blueprint", message });
}

/** Starts a child job and waits for its end; its result is the output. One metered engine step, the wait. */
export const runJob: StepRun<"job"> = async (context, step, scope, path) => {
  const input = await context.evaluate(step.input, scope);
  if (!input.ok) return failed(input.error, path);
  const named = await planOf(context, step);
  if (!named.ok) return failed(named.error, path);
  const { label, plan } = named.value;
  const [fault] = checkInput(plan, input.value);
  if (fault !== undefined || !isJsonObject(input.value)) {
    const message = fault ? `${fault.path}: ${fault.message}. ${fault.fix}` : "The child's input must be an object.";
    return failed({ code: "child_input", message }, path);
  }
  const request = { name: plan.name, blueprint: label, plan, input: input.value };
  return awaitOutcome(context, path, await context.reports.spawn(path, request));
};
