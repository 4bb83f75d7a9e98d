import { parseDuration, parseTime } from "../../blueprint/duration.ts";
import type { Scope } from "../../expression/template.ts";
import type { StepError } from "../../jobs/job.ts";
import type { Json } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_SLEEP_MS } from "../../limits.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { failed } from "../ending.ts";
import { restUntil } from "../waits/rest-until.ts";

function readWake(step: StepOf<"sleep">, value: Json, now: number): Result<number, StepError> {
  const field = step.for === undefined ? "until" : "for";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const read = field === "for" ? parseDuration(text) : parseTime(text);
  if (!read.ok) return err({ code: "sleep_time", message: `${field}: ${read.error.message}` });
  const wakeAt = field === "for" ? now + read.value : read.value;
  if (wakeAt - now <= MAX_SLEEP_MS) return ok(wakeAt);
  return err({
    code: "limit_exceeded",
    message: `${field}: a sleep is at most 365 days; ${JSON.stringify(value)} is longer.`,
  });
}

export const runSleep: StepRun<"sleep"> = async (context: RunContext, step, scope: Scope, path) => {
  const value = await context.evaluate(step.for ?? step.until ?? null, scope);
  if (!value.ok) return failed(value.error, path);
  const wake = readWake(step, value.value ?? null, context.ports.now());
  if (!wake.ok) return failed(wake.error, path);
  return restUntil(context, path, wake.value);
};
