import { durationMs } from "../../blueprint/duration.ts";
import { jsonBytes } from "../../lib/json.ts";
import { MAX_WORK_INPUT_BYTES } from "../../limits.ts";
import { rateTerms, type StepRun } from "../context.ts";
import { failed, HALTED } from "../ending.ts";
import { tellAlong } from "../reports/tell-along.ts";
import { awaitOutcome } from "../waits/await-outcome.ts";

/** Offers its input to workers, and waits until one has completed it; the registry keeps who has it. */
export const runWorker: StepRun<"worker"> = async (context, step, scope, path) => {
  const input = await context.evaluate(step.input, scope);
  if (!input.ok) return failed(input.error, path);
  const value = input.value ?? null;
  const bytes = jsonBytes(value);
  if (bytes > MAX_WORK_INPUT_BYTES) {
    const message = `input came out as ${bytes} bytes of JSON, the most that a worker is given is ${MAX_WORK_INPUT_BYTES}. Give it a reference that it can fetch.`;
    return failed({ code: "limit_exceeded", message }, path);
  }
  const { limit, delay, backoff } = step.retry;
  const request = {
    queue: step.queue,
    input: value,
    timeout_ms: durationMs(step.timeout),
    terms: { lease_ms: durationMs(step.lease), retries: limit, delay_ms: durationMs(delay), backoff },
  };
  for (;;) {
    const keyPath = context.keyPath(path);
    const offered = await tellAlong(context, (unreported) =>
      context.reports.offer(path, request, keyPath, unreported, rateTerms(step.rate)),
    );
    if (offered.do !== "later") return awaitOutcome(context, path, offered);
    if ((await context.wait(path, offered.after_ms)) === HALTED) return HALTED;
  }
};
