import { parseDuration, parseTime } from "../../blueprint/duration.ts";
import type { Scope } from "../../expression/template.ts";
import type { StepError } from "../../jobs/job.ts";
import type { Json } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { iso } from "../../lib/time.ts";
import { MAX_SLEEP_MS } from "../../limits.ts";
import { done, failed, HALTED, type RunContext, STOPPED, type StepOf, type StepRun } from "../context.ts";

function readWake(step: StepOf<"sleep">, value: Json, now: number): Result<number, StepError> {
  const field = step.for === undefined ? "until" : "for";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const read = field === "for" ? parseDuration(text) : parseTime(text);
  if (!read.ok) return err({ code: "sleep_time", message: `${field}: ${read.error.message}` });
  const wakeAt = field === "for" ? now + read.value : read.value;
  if (wakeAt - now <= MAX_SLEEP_MS) return ok(wakeAt);
  return err({
    code: "sleep_time",
    message: `${field}: a sleep is at most 365 days; ${JSON.stringify(value)} is longer.`,
  });
}

/** A sleep that the job's end would cut off does not begin: what comes after it would never run. */
function beyondJob(wakeAt: number, endsAt: number): StepError | undefined {
  if (wakeAt <= endsAt) return undefined;
  const message = `The sleep would last until ${iso(wakeAt)}, and the job ends at ${iso(endsAt)}. Submit with a longer timeout_seconds, or sleep less.`;
  return { code: "limit_exceeded", message };
}

/** The registry keeps when it ends, so that neither a resume nor a new attempt sleeps again. */
export const runSleep: StepRun<"sleep"> = async (context: RunContext, step, scope: Scope, path) => {
  const value = await context.evaluate(step.for ?? step.until ?? null, scope);
  if (!value.ok) return failed(value.error, path);
  const wake = readWake(step, value.value ?? null, context.ports.now());
  if (!wake.ok) return failed(wake.error, path);
  // A sleep needs no registry: when the report does not arrive, the reconciler wonders and the sleep goes on.
  const unheard = { do: "rest" as const, wake_at: wake.value };
  const resting = await context.reports.rest(path, wake.value, context.keyPath(path)).catch(() => unheard);
  if (resting.do === "stop") return STOPPED;
  if (resting.do === "halted") return HALTED;
  // Not before the registry has said when: at a resume, part of the sleep is over.
  const beyond = beyondJob(resting.wake_at, context.endsAt);
  if (beyond !== undefined) return failed(beyond, path);
  if ((await context.wait(path, resting.wake_at - context.ports.now())) === HALTED) return HALTED;
  context.reports.add({ path, status: "succeeded" });
  return done({}, { silent: true });
};
