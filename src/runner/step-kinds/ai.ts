import { readInput } from "../../blueprint/schemas/check-input.ts";
import type { Scope } from "../../expression/template.ts";
import type { StepError } from "../../jobs/job.ts";
import { isDeeperThan, isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { CHARS_PER_TOKEN, MAX_ERROR_CHARS, MAX_EVALUATION_DEPTH } from "../../limits.ts";
import { type ActionError, act, refusing } from "../act.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { failed } from "../ending.ts";
import type { ModelPort } from "../ports.ts";
import { countTokens } from "./ai-day.ts";
import { askModel, type Message, type ModelAnswer, type Question } from "./ai-model.ts";

const asText = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

const withSchema = (system: string | undefined, schema: JsonObject | undefined): string | undefined => {
  if (schema === undefined) return system;
  const rule = `Answer with one JSON object and nothing else. It must fit this JSON Schema:\n${JSON.stringify(schema)}`;
  return system === undefined ? rule : `${system}\n\n${rule}`;
};

async function questionOf(
  context: RunContext,
  step: StepOf<"ai">,
  scope: Scope,
  defaultModel: string | undefined,
): Promise<Result<Question, StepError>> {
  const asked: { [field: string]: Json } = { prompt: step.prompt };
  if (step.system !== undefined) asked.system = step.system;
  if (step.model !== undefined) asked.model = step.model;
  const values = await context.evaluate(asked, scope);
  if (!values.ok) return values;
  const { prompt = null, system, model = defaultModel } = isJsonObject(values.value) ? values.value : {};
  if (prompt === null)
    return err({ code: "expression", message: "prompt came out as nothing: there is nothing to ask." });
  if (typeof model !== "string") return err({ code: "expression", message: "model came out as no text." });
  const rules = withSchema(system === undefined || system === null ? undefined : asText(system), step.schema);
  const messages: Message[] = [
    ...(rules === undefined ? [] : [{ role: "system" as const, content: rules }]),
    { role: "user", content: asText(prompt) },
  ];
  return ok({ model, messages, max_tokens: step.max_tokens });
}

const promptTokens = ({ messages }: Question): number =>
  Math.ceil(messages.reduce((sum, { content }) => sum + content.length, 0) / CHARS_PER_TOKEN);

/** What the object that a model wrote is, or what is wrong with it. Models put JSON into fences. */
function readAnswer(text: string, schema: JsonObject): Result<JsonObject, string> {
  const bare = text.trim().replace(/^```(?:json)?\s*|\s*```$/g, "");
  let value: Json;
  try {
    value = JSON.parse(bare);
  } catch {
    return err("it is not JSON");
  }
  if (isDeeperThan(value, MAX_EVALUATION_DEPTH)) return err("it nests too deep");
  const read = readInput({ input: schema }, value);
  if (read.ok) return read;
  return err(read.error.map(({ path, message }) => `${path.replace(/^input/, "answer")} ${message}`).join("; "));
}

const invalid = (message: string): { ok: false; error: ActionError } =>
  err({ code: "ai_invalid", message: oneLine(message, MAX_ERROR_CHARS), retryable: false });

/** Whether the model may have worked on the request, although there is no answer. */
const mayHaveCost = ({ code, status }: StepError): boolean => status === undefined && code !== "refused_address";

/** Asks a model, within what job and tenant may use. */
class Asking {
  readonly #context: RunContext;
  readonly #port: ModelPort;
  readonly #key: string;
  readonly #signal: AbortSignal;
  readonly usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

  constructor(context: RunContext, port: ModelPort, key: string, signal: AbortSignal) {
    this.#context = context;
    this.#port = port;
    this.#key = key;
    this.#signal = signal;
  }

  async ask(question: Question): Promise<Result<ModelAnswer, ActionError>> {
    const { tokens, ports, reports, ref } = this.#context;
    const reserved = promptTokens(question) + question.max_tokens;
    const { tokensPerDay } = this.#port.settings;
    const refusal = tokens.reserve(reserved);
    if (refusal !== undefined) return err({ ...refusal, retryable: false });
    const counted = await countTokens(this.#context, reserved, tokensPerDay, this.#key).catch((error) => {
      tokens.settle(reserved, 0);
      throw error;
    });
    if (!counted.ok) {
      tokens.settle(reserved, 0);
      return err({ ...counted.error, retryable: false });
    }
    const answer = await askModel(this.#port, question, {
      tenant: ref.tenant,
      signal: this.#signal,
      now: ports.now(),
    });
    const used = answer.ok ? this.#add(question, answer.value) : mayHaveCost(answer.error) ? reserved : 0;
    const exceeded = tokens.settle(reserved, used);
    // A day that is not quite counted is better than an answer that is paid for, and asked for again.
    await countTokens(this.#context, used - reserved, tokensPerDay, this.#key).catch(() => undefined);
    reports.add({ path: "", status: "spent", ai_tokens: tokens.used });
    await reports.flush();
    return exceeded === undefined ? answer : err({ ...exceeded, retryable: false });
  }

  /** A model that does not say what it used is believed to have used what its texts make. */
  #add(question: Question, { text, tokens }: ModelAnswer): number {
    const prompt = tokens?.prompt ?? promptTokens(question);
    const completion = tokens?.completion ?? Math.ceil(text.length / CHARS_PER_TOKEN);
    const total = Math.max(tokens?.total ?? 0, prompt + completion);
    this.usage.prompt_tokens += prompt;
    this.usage.completion_tokens += completion;
    this.usage.total_tokens += total;
    return total;
  }
}

interface Reply {
  answer: ModelAnswer;
  value?: JsonObject;
}

/** The answer, checked. A wrong one is sent back once, with what is wrong. */
async function answered(
  asking: Asking,
  question: Question,
  schema: JsonObject | undefined,
  isRepair = false,
): Promise<Result<Reply, ActionError>> {
  const asked = await asking.ask(question);
  if (!asked.ok) return asked;
  const { value: answer } = asked;
  if (answer.isCut) {
    return invalid(`The answer was cut at ${question.max_tokens} tokens. Raise max_tokens, or ask for less.`);
  }
  if (schema === undefined) return ok({ answer });
  const value = readAnswer(answer.text, schema);
  if (value.ok) return ok({ answer, value: value.value });
  if (isRepair) return invalid(`The model's answer does not fit schema, twice: ${value.error}.`);
  const repair = `That is wrong: ${value.error}. Answer again with the corrected JSON object and nothing else.`;
  const messages: Message[] = [
    ...question.messages,
    { role: "assistant", content: answer.text },
    { role: "user", content: repair },
  ];
  return answered(asking, { ...question, messages }, schema, true);
}

/** Asks a language model. What was fetched cannot make it act: it has no tools, and its answer is data. */
export const runAi: StepRun<"ai"> = async (context, step, scope, path) => {
  const port = context.ports.model;
  if (port === undefined) {
    const message = "This server has no language model any more. It had one when the job was accepted.";
    return act(context, path, step, refusing({ code: "ai_invalid", message }));
  }
  const question = await questionOf(context, step, scope, port.settings.model);
  if (!question.ok) return failed(question.error, path);
  return act(context, path, step, async (signal, key) => {
    const asking = new Asking(context, port, key, signal);
    const reply = await answered(asking, question.value, step.schema);
    if (!reply.ok) return reply;
    const { answer, value } = reply.value;
    const { text, model } = answer;
    return ok({ text, ...(value !== undefined && { value }), model, usage: { ...asking.usage } });
  });
};
