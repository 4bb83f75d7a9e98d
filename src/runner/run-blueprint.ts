import type { Blueprint } from "../blueprint/blueprint.ts";
import type { Scope } from "../expression/template.ts";
import { resultTooLarge } from "../jobs/settle.ts";
import { type Json, jsonBytes } from "../lib/json.ts";
import { iso } from "../lib/time.ts";
import type { RunOutcome, RunPlan, RunRef } from "../registry/api/caller.ts";
import { type Ending, RunContext } from "./context.ts";
import type { RunnerPorts } from "./ports.ts";
import { Reporter } from "./reporter.ts";
import { runSteps } from "./run-steps.ts";
import { STEP_RUNS } from "./step-kinds/index.ts";

/** Step name of the last report; no step id can be spelt so. */
const SETTLE = "$settle";
const SETTLE_POLICY = { retries: { limit: 10, delay: () => 1_000, backoff: "constant" as const }, timeout: 60_000 };

function scopeOf(ref: RunRef, run: RunPlan): Scope {
  const job = { id: ref.job_id, attempt: ref.attempt, submitted_at: iso(run.submitted_at) };
  return { input: run.input, steps: {}, job, now: run.started_at };
}

/** One that is too large is not sent: it would be copied first, by every job that has one. */
function succeeded(output: Json): RunOutcome {
  const error = resultTooLarge(jsonBytes(output));
  return error === undefined ? { name: "succeeded", output } : { name: "failed", error, path: null };
}

async function outcomeOf(
  context: RunContext,
  plan: Blueprint,
  scope: Scope,
  ending: Ending,
): Promise<RunOutcome | undefined> {
  if (ending.end === "stopped") return undefined;
  if (ending.end === "halted") throw new Error("a row was halted by no failure");
  if (ending.end === "failed") return { name: "failed", error: ending.error, path: ending.path };
  if (plan.output === undefined) {
    const { storedAt, output } = ending;
    return storedAt === null ? succeeded(output ?? null) : { name: "succeeded", output_path: storedAt };
  }
  const output = await context.evaluate(plan.output, scope);
  if (output.ok) return succeeded(output.value ?? null);
  return { name: "failed", error: { ...output.error, message: `In output: ${output.error.message}` }, path: null };
}

/**
 * Runs one attempt of a job. Called again from the top at every resume: all that acts is inside engine steps, the rest
 * is deterministic. Returns quietly when the attempt is no longer wanted.
 */
export async function runBlueprint(ports: RunnerPorts, ref: RunRef): Promise<void> {
  const reports = new Reporter(ports, ref);
  const run = await reports.start();
  if (run.do === "stop") return;
  const context = new RunContext(ports, reports, ref, STEP_RUNS, run);
  const scope = scopeOf(ref, run);
  const ending = await runSteps(context, run.plan.steps, scope, "");
  const outcome = await outcomeOf(context, run.plan, scope, ending);
  if (outcome === undefined) return;
  await ports.step.do(SETTLE, SETTLE_POLICY, async () => {
    await reports.settle(outcome);
    return null;
  });
}
