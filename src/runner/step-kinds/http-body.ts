import { isDeeperThan, type Json } from "../../jobs/json.ts";
import { err, ok, type Result } from "../../jobs/result.ts";
import { MAX_EVALUATION_DEPTH } from "../../limits.ts";
import type { ActionError } from "../act.ts";

function tooLarge(maxBytes: number): ActionError {
  const message = `The body is larger than ${maxBytes} bytes. Raise max_bytes, or ask the service for less.`;
  return { code: "http_too_large", message, retryable: false };
}

async function readUpTo(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

const TOO_DEEP: ActionError = {
  code: "http_too_deep",
  message: `The body nests more than ${MAX_EVALUATION_DEPTH} levels deep. Ask the service for a flatter answer.`,
  retryable: false,
};

/** JSON when the content type says so and the text is; else the text. */
function parse(text: string, contentType: string): Json {
  if (!/[/+]json\b/i.test(contentType)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The body, never cut: one that is larger than `maxBytes` is an error. Throws when the connection breaks. */
export async function readBody(
  response: Response,
  maxBytes: number,
): Promise<Result<{ body: Json; bytes: number }, ActionError>> {
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) {
    await response.body?.cancel();
    return err(tooLarge(maxBytes));
  }
  const bytes = response.body === null ? new Uint8Array() : await readUpTo(response.body, maxBytes);
  if (bytes === undefined) return err(tooLarge(maxBytes));
  const text = new TextDecoder().decode(bytes);
  const body = parse(text, response.headers.get("content-type") ?? "");
  return isDeeperThan(body, MAX_EVALUATION_DEPTH) ? err(TOO_DEEP) : ok({ body, bytes: bytes.byteLength });
}
