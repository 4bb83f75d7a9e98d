import { readInput } from "../../blueprint/schemas/check-input.ts";
import { labelOf } from "../../catalog/find.ts";
import type { Scope } from "../../expression/template.ts";
import { INLINE, type StepError } from "../../jobs/job.ts";
import type { Json } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { MAX_ECHO_CHARS, MAX_ERROR_CHARS, MAX_INLINE_WAIT_MS } from "../../limits.ts";
import type { Awaited, SpawnRequest, Stop } from "../../registry/api/caller.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { type Failed, failed, HALTED } from "../ending.ts";
import { tellAlong } from "../reports/tell-along.ts";
import { awaitOutcome } from "../waits/await-outcome.ts";

type Plan = Pick<SpawnRequest, "plan"> & { label: string };

/** Which of the names the value is, as the author wrote them: since then each has got its version. */
function nameIn(oneOf: readonly string[], value: Json | undefined): string | undefined {
  return oneOf.find((name) => name === value) ?? oneOf.find((name) => name.split("@", 1)[0] === value);
}

async function chosen(context: RunContext, step: StepOf<"job">, scope: Scope): Promise<Result<string, StepError>> {
  const { blueprint, one_of: oneOf = [] } = step;
  const value = await context.evaluate(typeof blueprint === "string" ? blueprint : "", scope);
  if (!value.ok) return value;
  const name = nameIn(oneOf, value.value);
  if (name !== undefined) return ok(name);
  const came = oneLine(JSON.stringify(value.value) ?? "nothing", MAX_ECHO_CHARS);
  const message = `blueprint came out as ${came}, which is none of ${oneOf.join(", ")}. Add it to one_of, or mend the expression.`;
  return err({ code: "unknown_blueprint", message });
}

async function planOf(context: RunContext, step: StepOf<"job">, scope: Scope): Promise<Result<Plan, StepError>> {
  if (typeof step.blueprint !== "string") return ok({ label: INLINE, plan: step.blueprint });
  const name = step.one_of === undefined ? ok(step.blueprint) : await chosen(context, step, scope);
  if (!name.ok) return name;
  const named = await context.ports.blueprint(name.value);
  if (named !== undefined) return ok({ label: labelOf(named), plan: named.plan });
  const message = `No blueprint ${name.value}. Look it up with blueprints_list, or save it with blueprints_save.`;
  return err({ code: "unknown_blueprint", message });
}

/** What the registry is asked for, or how the step ends without a child. */
async function requestOf(
  context: RunContext,
  step: StepOf<"job">,
  scope: Scope,
  path: string,
): Promise<Result<SpawnRequest, Failed>> {
  const input = await context.evaluate(step.input, scope);
  if (!input.ok) return err(failed(input.error, path));
  const named = await planOf(context, step, scope);
  if (!named.ok) return err(failed(named.error, path));
  const { label, plan } = named.value;
  const checked = readInput(plan, input.value ?? null);
  if (!checked.ok) {
    const message = checked.error.map((fault) => `${fault.path}: ${fault.message}. ${fault.fix}`).join(" ");
    return err(failed({ code: "child_input", message: oneLine(message, MAX_ERROR_CHARS) }, path));
  }
  const request = { name: plan.name, blueprint: label, plan, input: checked.value };
  return ok(step.detached === true ? { ...request, detached: true } : request);
}

/** How the child stands that an earlier run started; undefined: there is none. */
async function startedBefore(context: RunContext, path: string): Promise<Awaited | Stop | undefined> {
  const awake = await context.reports.awake();
  if (awake.do === "stop") return awake;
  const outcome = await context.reports.collect(path);
  return outcome.do === "wait" && !awake.waiting.includes(path) ? undefined : outcome;
}

/**
 * Starts a child job and waits for its end; its result is the output. One that is detached is only started. Its input is
 * made in its turn: those that wait for theirs, and those whose child runs, hold none.
 */
export const runJob: StepRun<"job"> = async (context, step, scope, path) => {
  for (;;) {
    if ((await context.turn(path)) === HALTED) return HALTED;
    const started = await context.holdings.spawnInTurn(async () => {
      const request = await requestOf(context, step, scope, path);
      if (request.ok) return ask(context, path, request.value);
      // Its blueprint may have been deleted since.
      return (await startedBefore(context, path)) ?? request.error;
    });
    if ("end" in started) return started;
    if (started.do !== "later") return awaitOutcome(context, path, started);
    if ((await context.wait(path, started.after_ms)) === HALTED) return HALTED;
  }
};

/**
 * The tenant's rate of submits holds for children too: then it is asked again later. Whoever is told so waits in its turn,
 * so that those behind it do not ask in vain, each with its input; but not beyond the segment, which ends by all of them.
 */
async function ask(context: RunContext, path: string, request: SpawnRequest) {
  const keyPath = context.keyPath(path);
  for (;;) {
    // The runtime looks for calls of others only when nothing else goes on, and a child takes milliseconds to store.
    await context.ports.pause(0);
    if (context.lane.aborted) return { do: "halted" } as const;
    if (context.segments.isOver) return { do: "later", after_ms: 0 } as const;
    const started = await tellAlong(context, (unreported) => context.reports.spawn(path, request, keyPath, unreported));
    if (started.do !== "later" || started.after_ms > MAX_INLINE_WAIT_MS) return started;
    await context.wait(path, started.after_ms);
  }
}
