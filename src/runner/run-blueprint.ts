import type { Blueprint } from "../blueprint/blueprint.ts";
import { longestActionMs } from "../blueprint/planned-wait.ts";
import type { Scope } from "../expression/template.ts";
import { WAKE_EVENT } from "../jobs/job.ts";
import { resultTooLarge } from "../jobs/settle.ts";
import { asResult } from "../jobs/view.ts";
import { type Json, jsonBytes } from "../lib/json.ts";
import { iso } from "../lib/time.ts";
import { MAX_ENGINE_WAIT_MS, SEGMENT_GRACE_MS, SEGMENT_MS } from "../limits.ts";
import type { RunOutcome, RunPlan, RunRef, Watched } from "../registry/api/caller.ts";
import { runCleanup } from "./cleanup/run-cleanup.ts";
import { RunContext } from "./context.ts";
import { type SequenceEnding, unkept } from "./ending.ts";
import type { RunnerPorts } from "./ports.ts";
import { Reporter } from "./reports/reporter.ts";
import { type Conclude, runSteps } from "./run-steps.ts";
import type { Wait } from "./segments.ts";
import { STEP_RUNS } from "./step-kinds/index.ts";

function scopeOf(ref: RunRef, run: RunPlan): Scope {
  const job = { id: ref.job_id, attempt: ref.attempt, submitted_at: iso(run.submitted_at) };
  return { input: run.input, steps: {}, job, now: run.started_at };
}

/** One that is too large is not sent: it would be copied first, by every job that has one. */
function succeeded(output: Json, early?: { message: string | null }): RunOutcome {
  const error = resultTooLarge(jsonBytes(output));
  if (error !== undefined) return { name: "failed", error, path: null };
  return { name: "succeeded", output, ...(early && { early }) };
}

async function outcomeOf(
  context: RunContext,
  plan: Blueprint,
  scope: Scope,
  ending: SequenceEnding,
): Promise<RunOutcome | undefined> {
  if (ending.end === "stopped") return undefined;
  if (ending.end === "halted") throw new Error("a row was halted by no failure");
  if (ending.end === "ended") return succeeded(ending.output, { message: ending.message });
  if (ending.end === "failed") return { name: "failed", error: ending.error, path: ending.path };
  if (plan.output === undefined) {
    const { storedAt, output } = ending;
    return storedAt === null ? succeeded(output ?? null) : { name: "succeeded", output_path: storedAt };
  }
  const output = await context.evaluate(plan.output, scope);
  if (output.ok) return succeeded(output.value ?? null);
  return { name: "failed", error: { ...output.error, message: `In output: ${output.error.message}` }, path: null };
}

/** Interprets the blueprint once, from its beginning: what is finished is taken from the registry. */
class Interpreter {
  readonly #reports: Reporter;
  readonly #context: RunContext;
  readonly #plan: Blueprint;
  readonly #scope: Scope;
  readonly #changed: string | undefined;
  readonly #run: RunPlan;
  #end: Promise<null> | undefined;

  constructor(ports: RunnerPorts, reports: Reporter, run: RunPlan) {
    this.#reports = reports;
    this.#context = new RunContext(ports, reports, reports.ref, STEP_RUNS, run);
    this.#plan = run.plan;
    this.#changed = run.changed;
    this.#scope = scopeOf(reports.ref, run);
    this.#run = run;
  }

  get plan(): Blueprint {
    return this.#plan;
  }

  get hasBegun(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Runs one segment: from the beginning, or on from where the last one ended.
   * @param passed epoch ms up to which the engine has waited
   * @returns what the engine must wait for; null: the attempt is over
   */
  async segment(passed: number): Promise<Wait | null> {
    const { segments } = this.#context;
    if (this.#end === undefined) {
      this.#end = this.#toEnd();
    } else {
      const awake = segments.isWakeable ? await this.#reports.awake() : undefined;
      if (awake?.do === "stop") return null;
      segments.open(passed, (path) => awake?.waiting.includes(path) ?? true);
    }
    return Promise.race([this.#end, segments.quiet]);
  }

  async #toEnd(): Promise<null> {
    const { cleanup } = this.#run;
    if (cleanup === undefined) {
      await runSteps(this.#context, this.#plan.steps, this.#scope, "", this.#settle);
      return null;
    }
    const outcome = await runCleanup(this.#context, { ...this.#run, cleanup });
    if (outcome !== undefined) await this.#reports.settle(outcome, this.#context.unreported);
    return null;
  }

  /** What the trigger that started the job compares; undefined: nothing. */
  async #watched(outcome: RunOutcome, ending: SequenceEnding): Promise<Watched | undefined> {
    if (this.#changed === undefined) return undefined;
    const stored = "output" in ending ? (ending.output ?? null) : null;
    const result = asResult("output" in outcome ? outcome.output : stored);
    const value = await this.#context.evaluate(this.#changed, { ...this.#scope, result });
    return value.ok ? { value: value.value } : { error: value.error.message };
  }

  readonly #settle: Conclude = async (context, ending) => {
    const outcome = await outcomeOf(this.#context, this.#plan, this.#scope, ending);
    const watched = outcome?.name === "succeeded" ? await this.#watched(outcome, ending) : undefined;
    const answer = outcome && (await this.#reports.settle(outcome, context.unreported, watched));
    return answer?.do === "unkept" ? unkept(answer) : undefined;
  };
}

/** @returns undefined when the attempt is no longer wanted */
async function interpreterOf(ports: RunnerPorts, ref: RunRef): Promise<Interpreter | undefined> {
  const reports = new Reporter(ports, ref);
  const run = await reports.start();
  if (run.do === "stop") return undefined;
  await ports.knowSecrets(run.secrets);
  return new Interpreter(ports, reports, run);
}

/** Of a segment that could not reach the registry: what it did is not lost, and the next try goes on. */
const SEGMENT_RETRIES = { limit: 10, delay: 1_000, backoff: "constant" as const };

/** A metered engine step that is not needed at a resume, when its time has passed. @returns epoch ms that it waited for */
async function pass({ step, now }: RunnerPorts, name: string, { until, wakeable }: Wait): Promise<number> {
  const ms = Math.min(until - now(), MAX_ENGINE_WAIT_MS);
  if (ms <= 0) return until;
  if (!wakeable) {
    await step.sleep(name, ms);
    return until;
  }
  const event = step.waitForEvent(name, { type: WAKE_EVENT, timeout: ms });
  return event.then(
    () => 0,
    () => until,
  );
}

/**
 * Runs one attempt of a job. Called again from the top at every resume: all that acts is inside the segments, which are
 * engine steps, the rest is deterministic. Returns quietly when the attempt is no longer wanted.
 */
export async function runBlueprint(ports: RunnerPorts, ref: RunRef): Promise<void> {
  let current = await interpreterOf(ports, ref);
  if (current === undefined) return;
  const config = { retries: SEGMENT_RETRIES, timeout: SEGMENT_MS + longestActionMs(current.plan) + SEGMENT_GRACE_MS };
  let ran = 0;
  let passed = 0;
  for (let n = 1; ; n++) {
    const wait = await ports.step.do(`segment-${n}`, config, async () => {
      // The segment before did not run in this process, or this one did: whatever goes on of it is fenced off.
      if (current?.hasBegun && ran !== n - 1) current = await interpreterOf(ports, ref);
      ran = n;
      return current === undefined ? null : current.segment(passed);
    });
    if (wait === null) {
      // The engine holds on to the callback for a while: the outputs go now.
      current = undefined;
      return;
    }
    passed = await pass(ports, `wake-${n}`, wait);
  }
}
