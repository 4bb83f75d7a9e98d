import { retryAfterMs } from "../lib/http/retry-after.ts";
import { CALLBACK_TIMEOUT_MS, MAX_CALLBACK_ANSWER_BYTES, MAX_CALLBACK_URL_CHARS } from "../limits.ts";
import { egress, RefusedAddress, refusal } from "./egress.ts";
import type { Home } from "./self-call.ts";

/** Requests to where subscribers want their events. */

/** What a request to a callback came to; nothing of its answer is shown to anybody. */
export type Posted =
  | { status: number; retry_after_ms: number | null; body: string }
  | { error: "connection_refused" | "timeout" | "tls_error" };

export type Post = (url: string, headers: Record<string, string>, body: string) => Promise<Posted>;

const hostPort = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;

/**
 * Why the URL is no callback; undefined when it is one. It is never normalised: the text is part of what it is known by.
 * @param allow origins that may be private, and plain http
 */
export function callbackFault(text: string, allow: readonly string[]): string | undefined {
  if (text.length > MAX_CALLBACK_URL_CHARS) return `is longer than ${MAX_CALLBACK_URL_CHARS} characters`;
  const url = URL.parse(text);
  if (url === null || /[^\x21-\x7e]/.test(text)) return "is no URL";
  if (text.includes("#")) return "must not have a fragment";
  const isAllowed = allow.includes(url.origin);
  if (url.protocol !== "https:" && !isAllowed) return "must be https";
  return refusal(url, isAllowed ? [hostPort(url)] : []);
}

/** As much of the answer as a challenge needs. */
async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; reader !== undefined && bytes <= MAX_CALLBACK_ANSWER_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return text;
    bytes += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  return text.slice(0, MAX_CALLBACK_ANSWER_BYTES);
}

function errorOf(error: unknown): Extract<Posted, { error: unknown }> {
  if (error instanceof RefusedAddress) return { error: "connection_refused" };
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === "TimeoutError" || name === "AbortError") return { error: "timeout" };
  return { error: /tls|ssl|certificate/i.test(message) ? "tls_error" : "connection_refused" };
}

/** Looks at the address again on each try, and follows no redirect. */
export function callbackPost(allow: readonly string[], home: Home, now: () => number): Post {
  return async (target, headers, body) => {
    try {
      const url = new URL(target);
      // What was allowed when it was stored may not be any more.
      if (callbackFault(target, allow) !== undefined) return { error: "connection_refused" };
      const fetch = egress({ allow: allow.includes(url.origin) ? [hostPort(url)] : [], home });
      const signal = AbortSignal.timeout(CALLBACK_TIMEOUT_MS);
      const response = await fetch(target, { method: "POST", headers, body, redirect: "manual", signal });
      const after = retryAfterMs(response.headers.get("retry-after"), now());
      return { status: response.status, retry_after_ms: after ?? null, body: await beginningOf(response) };
    } catch (error) {
      return errorOf(error);
    }
  };
}
