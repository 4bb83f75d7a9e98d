import * as z from "zod";
import { Secrets } from "../../egress/secrets.ts";
import type { AiSettings } from "../../env.ts";
import { retryAfterMs } from "../../lib/http/retry-after.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_HTTP_BYTES, MIN_BLUEPRINT_SECRET_CHARS } from "../../limits.ts";
import type { ActionError } from "../act.ts";
import type { ModelPort } from "../ports.ts";
import { readBody } from "./http-body.ts";
import { isRetryable, transportError } from "./http-failures.ts";

/** One question to a language model: by the Worker's binding, or by an OpenAI-compatible endpoint. */

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface Question {
  model: string;
  messages: readonly Message[];
  max_tokens: number;
}

/** For whom, and until when. */
interface Asked {
  tenant: string;
  signal: AbortSignal;
  /** Epoch ms. */
  now: number;
}

export interface ModelAnswer {
  text: string;
  model: string;
  /** Undefined: the model does not say. */
  tokens: { prompt: number; completion: number; total: number } | undefined;
  isCut: boolean;
}

const count = z.number().int().min(0);
const Usage = z.looseObject({ prompt_tokens: count, completion_tokens: count, total_tokens: count });
const Completion = z.looseObject({
  model: z.string().optional(),
  choices: z
    .tuple([z.looseObject({ message: z.looseObject({ content: z.string() }), finish_reason: z.string().nullish() })])
    .rest(z.unknown()),
  usage: Usage.optional().catch(undefined),
});
/** Of Workers AI's own models. */
const Response_ = z.looseObject({
  response: z.union([z.string(), z.looseObject({})]),
  usage: Usage.optional().catch(undefined),
});

function read(answer: unknown, asked: string): Result<ModelAnswer, ActionError> {
  const tokensOf = (usage: z.output<typeof Usage> | undefined) =>
    usage && { prompt: usage.prompt_tokens, completion: usage.completion_tokens, total: usage.total_tokens };
  const completion = Completion.safeParse(answer);
  if (completion.success) {
    const { model = asked, choices, usage } = completion.data;
    const [{ message, finish_reason }] = choices;
    return ok({ text: message.content, model, tokens: tokensOf(usage), isCut: finish_reason === "length" });
  }
  const own = Response_.safeParse(answer);
  if (own.success) {
    const { response, usage } = own.data;
    const text = typeof response === "string" ? response : JSON.stringify(response);
    return ok({ text, model: asked, tokens: tokensOf(usage), isCut: false });
  }
  return err({ code: "ai_invalid", message: "The model's answer has no text.", retryable: false });
}

/** A service may repeat the key that it was sent. */
const secretsOf = ({ key }: AiSettings): Secrets =>
  new Secrets(
    key !== undefined && key.length >= MIN_BLUEPRINT_SECRET_CHARS ? [{ name: "AI_KEY", value: key, hosts: [] }] : [],
  );

async function askEndpoint(
  { settings, fetch }: ModelPort,
  question: Question,
  { signal, now, tenant }: Asked,
): Promise<Result<unknown, ActionError>> {
  const { baseUrl, key } = settings;
  const headers = { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const init = { method: "POST", headers, body: JSON.stringify(question), signal, redirect: "manual" as const };
  const response = await fetch(`${baseUrl}/chat/completions`, init);
  const secrets = secretsOf(settings);
  const as = { method: "POST", as: "text", max_bytes: MAX_HTTP_BYTES } as const;
  const body = await readBody(response, as, { tenant, secrets });
  if (!body.ok) return body;
  const { status } = response;
  const text = secrets.redactText(String(body.value.body));
  if (status < 200 || status > 299) {
    const after = isRetryable(status) ? retryAfterMs(response.headers.get("retry-after"), now) : undefined;
    const message = `The model's endpoint answered HTTP ${status}: ${text.slice(0, 200) || "no body"}`;
    const error = { code: "http_status", message, status, retryable: isRetryable(status) };
    return err({ ...error, ...(after !== undefined && { retryAfterMs: after }) });
  }
  try {
    return ok(JSON.parse(text));
  } catch {
    return err({ code: "http_json", message: "The model's endpoint did not answer with JSON.", retryable: true });
  }
}

export async function askModel(
  port: ModelPort,
  question: Question,
  asked: Asked,
): Promise<Result<ModelAnswer, ActionError>> {
  try {
    if (port.run === undefined) {
      const answer = await askEndpoint(port, question, asked);
      return answer.ok ? read(answer.value, question.model) : answer;
    }
    const { model, ...input } = question;
    return read(await port.run(model, { ...input, messages: input.messages.map((each) => ({ ...each })) }), model);
  } catch (error) {
    return err(transportError(error, asked.signal));
  }
}
