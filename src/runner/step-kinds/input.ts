import { durationMs } from "../../blueprint/duration.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { visibleLines } from "../../lib/safe-text.ts";
import { MAX_QUESTION_BYTES } from "../../limits.ts";
import { awaitOutcome } from "../await-outcome.ts";
import type { StepRun } from "../context.ts";
import { failed } from "../ending.ts";

/** Asks, and waits for the answer; the registry keeps both. */
export const runInput: StepRun<"input"> = async (context, step, scope, path) => {
  const message = await context.evaluate(step.message, scope);
  if (!message.ok) return failed(message.error, path);
  if (message.value === undefined || message.value === null) {
    return failed({ code: "input_message", message: "message came out as nothing: there is nothing to ask." }, path);
  }
  const text = visibleLines(typeof message.value === "string" ? message.value : JSON.stringify(message.value));
  if (utf8Bytes(text) > MAX_QUESTION_BYTES) {
    const tooLong = `message came out longer than ${MAX_QUESTION_BYTES} bytes. Ask with the gist, and name where the rest is.`;
    return failed({ code: "input_message", message: tooLong }, path);
  }
  const asked = await context.reports.ask(path, {
    // Ids are unique in the document, and no question is asked for each item of a map.
    request_id: step.id,
    message: text,
    schema: step.schema,
    timeout_ms: durationMs(step.timeout),
    fallback: step.default ?? null,
  });
  return awaitOutcome(context, path, asked);
};
