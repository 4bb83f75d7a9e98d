import { durationMs } from "../../blueprint/duration.ts";
import { askedFaults } from "../../blueprint/schemas/check-answer.ts";
import { openChoices, withChoices } from "../../blueprint/schemas/open-choices.ts";
import { QuestionSchema } from "../../blueprint/schemas/question-schema.ts";
import type { Scope } from "../../expression/template.ts";
import type { StepError } from "../../jobs/job.ts";
import { jsonPath } from "../../lib/fault.ts";
import { type Json, type JsonObject, utf8Bytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { visibleLines } from "../../lib/safe-text.ts";
import { MAX_QUESTION_BYTES } from "../../limits.ts";
import type { AskRequest } from "../../registry/api/caller.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { type Ending, failed, HALTED } from "../ending.ts";
import { tellAlong } from "../reports/tell-along.ts";
import { awaitOutcome } from "../waits/await-outcome.ts";
import { runEvent } from "./input-event.ts";

/** Ids are unique in the document; what is asked for each item, in each round, or to undo one, has the path of its step. */
const requestId = (step: StepOf<"input">, path: string): string => (/[[#]|\.undo\b/.test(path) ? path : step.id);

async function messageOf(context: RunContext, step: StepOf<"input">, scope: Scope): Promise<Result<string, StepError>> {
  const message = await context.evaluate(step.message ?? null, scope);
  if (!message.ok) return message;
  if (message.value === undefined || message.value === null) {
    return err({ code: "input_message", message: "message came out as nothing: there is nothing to ask." });
  }
  const text = visibleLines(typeof message.value === "string" ? message.value : JSON.stringify(message.value));
  if (utf8Bytes(text) <= MAX_QUESTION_BYTES) return ok(text);
  const tooLong = `message came out longer than ${MAX_QUESTION_BYTES} bytes. Ask with the gist, and name where the rest is.`;
  return err({ code: "input_message", message: tooLong });
}

const problem = (message: string): { ok: false; error: StepError } => err({ code: "input_schema", message });

/** The choices that an expression gives. */
async function choicesOf(
  context: RunContext,
  { keys, expression }: ReturnType<typeof openChoices>[number],
  scope: Scope,
): Promise<Result<Json[], StepError>> {
  const given = await context.evaluate(expression, scope);
  if (!given.ok) return given;
  const value = given.value ?? [];
  const list = Array.isArray(value) ? value : [value];
  return list.length > 0
    ? ok(list)
    : problem(`${jsonPath("schema", keys)} came out empty: there is nothing to choose.`);
}

/** The schema with its choices known, as whoever answers is asked. */
async function schemaOf(
  context: RunContext,
  step: StepOf<"input">,
  scope: Scope,
): Promise<Result<JsonObject, StepError>> {
  const lists: Json[][] = [];
  const { schema: written = {} } = step;
  for (const open of openChoices(written)) {
    const list = await choicesOf(context, open, scope);
    if (!list.ok) return list;
    lists.push(list.value);
  }
  const schema = withChoices(written, lists);
  const isLinked = step.link === true;
  const faults = lists.length === 0 ? undefined : askedFaults("schema", schema, isLinked, step.default);
  const [fault] = faults === undefined ? [] : [...faults.schema, ...faults.fallback];
  if (fault !== undefined) return problem(`${fault.path} ${fault.message}. ${fault.fix}`);
  const flat = QuestionSchema.safeParse(schema);
  return ok(flat.success ? (flat.data as unknown as JsonObject) : schema);
}

/** Asks when there is a place for the question, and waits for the answer. */
async function ask(context: RunContext, path: string, request: AskRequest): Promise<Ending> {
  for (;;) {
    const { freed } = context.places;
    const keyPath = context.keyPath(path);
    const asked = await tellAlong(context, (unreported) => context.reports.ask(path, request, keyPath, unreported));
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
  if (step.event !== undefined) {
    return runEvent(context, step.event, { request_id: requestId(step, path), step }, scope, path);
  }
  const message = await messageOf(context, step, scope);
  if (!message.ok) return failed(message.error, path);
  const schema = await schemaOf(context, step, scope);
  if (!schema.ok) return failed(schema.error, path);
  return ask(context, path, {
    request_id: requestId(step, path),
    message: message.value,
    schema: schema.value,
    timeout_ms: durationMs(step.timeout),
    fallback: step.default ?? null,
    ...(step.link && { link: step.link }),
  });
};
