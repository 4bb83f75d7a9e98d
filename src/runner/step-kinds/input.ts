import { durationMs } from "../../blueprint/duration.ts";
import type { Scope } from "../../expression/template.ts";
import type { StepError } from "../../jobs/job.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { visibleLines } from "../../lib/safe-text.ts";
import { MAX_QUESTION_BYTES } from "../../limits.ts";
import type { AskRequest } from "../../registry/api/caller.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { type Ending, failed, HALTED } from "../ending.ts";
import { awaitOutcome } from "../waits/await-outcome.ts";

/** Ids are unique in the document; what is asked for each item, in each round, or to undo one, has the path of its step. */
const requestId = (step: StepOf<"input">, path: string): string => (/[[#]|\.undo\b/.test(path) ? path : step.id);

async function messageOf(context: RunContext, step: StepOf<"input">, scope: Scope): Promise<Result<string, StepError>> {
  const message = await context.evaluate(step.message, scope);
  if (!message.ok) return message;
  if (message.value === undefined || message.value === null) {
    return err({ code: "input_message", message: "message came out as nothing: there is nothing to ask." });
  }
  const text = visibleLines(typeof message.value === "string" ? message.value : JSON.stringify(message.value));
  if (utf8Bytes(text) <= MAX_QUESTION_BYTES) return ok(text);
  const tooLong = `message came out longer than ${MAX_QUESTION_BYTES} bytes. Ask with the gist, and name where the rest is.`;
  return err({ code: "input_message", message: tooLong });
}

/** Asks when there is a place for the question, and waits for the answer. */
async function ask(context: RunContext, path: string, request: AskRequest): Promise<Ending> {
  for (;;) {
    const { freed } = context.places;
    const asked = await context.reports.ask(path, request, context.keyPath(path));
    if (asked.do !== "no_place") {
      const ending = await awaitOutcome(context, path, asked);
      if (asked.do === "wait") context.places.free();
      return ending;
    }
    if ((await context.waitForPlace(path, freed)) === HALTED) return HALTED;
  }
}

/** Asks, and waits for the answer; the registry keeps both. */
export const runInput: StepRun<"input"> = async (context, step, scope, path) => {
  const message = await messageOf(context, step, scope);
  if (!message.ok) return failed(message.error, path);
  return ask(context, path, {
    request_id: requestId(step, path),
    message: message.value,
    schema: step.schema,
    timeout_ms: durationMs(step.timeout),
    fallback: step.default ?? null,
  });
};
