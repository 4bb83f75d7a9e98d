import * as z from "zod";
import { failureMessage } from "../../egress/failure-message.ts";
import { decodeLoosely } from "../../lib/http/charset.ts";
import { err, ok } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { AUDIT_TIMEOUT_MS, MAX_AUDIT_BYTES, MAX_ERROR_CHARS, MAX_REDIRECTS, MAX_URL_CHARS } from "../../limits.ts";
import { defineHandler, type HandlerContext } from "../define-handler.ts";
import { titleOf } from "./html.ts";

const Audit = z.strictObject({
  url: z.string(),
  final_url: z.string().describe("Where the redirects ended"),
  status: z.int().nullable().describe("null: no answer, see error"),
  ok: z.boolean().describe("An answer of 200 to 299, read to its end or to the most that is read"),
  bytes: z.int().describe("Of the body that were read"),
  truncated: z.boolean().describe("The body is longer than what was read"),
  title: z.string().nullable().describe("null: none, or one that is not text, see error"),
  latency_ms: z.int().describe("From the first request to the last byte read"),
  redirects: z.int(),
  error: z.string().nullable(),
});
type Audit = z.infer<typeof Audit>;
type Findings = Omit<Audit, "url" | "latency_ms">;

/** An audit reports what is wrong with a target, so an unreachable or slow one is a result, not a failure. */
export const auditUrl = defineHandler({
  name: "audit-url",
  description: "What a URL answers: status, size, title, latency and redirects. An unreachable target is a result too.",
  input: z.strictObject({ url: z.string().min(1).max(MAX_URL_CHARS).describe("http or https, without a password") }),
  output: Audit,
  async run({ url }, context) {
    const started = context.now();
    const findings = await visit(url, context);
    if (context.signal.aborted) {
      return err({ code: "step_timeout", message: "The step's time ran out.", retryable: true });
    }
    return ok({ url, ...findings, latency_ms: Math.round(context.now() - started) });
  },
});

async function visit(url: string, context: HandlerContext): Promise<Findings> {
  const found: Findings = {
    final_url: url,
    status: null,
    ok: false,
    bytes: 0,
    truncated: false,
    title: null,
    redirects: 0,
    error: null,
  };
  const headers = { accept: "text/html, */*;q=0.8", "user-agent": context.userAgent };
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(AUDIT_TIMEOUT_MS)]);
  try {
    for (;;) {
      const refusal = refusalOf(found.final_url);
      if (refusal !== null) return { ...found, error: refusal };
      const response = await context.fetch(found.final_url, { redirect: "manual", signal, headers });
      found.status = response.status;
      const next = redirectOf(response, found.final_url);
      if (next === null) return { ...found, ...(await readPage(response)), ok: response.ok };
      await response.body?.cancel();
      if (found.redirects === MAX_REDIRECTS) return { ...found, error: `more than ${found.redirects} redirects` };
      found.redirects += 1;
      found.final_url = next;
      found.status = null;
    }
  } catch (error) {
    return { ...found, error: reasonOf(error) };
  }
}

function refusalOf(target: string): string | null {
  const url = URL.parse(target);
  if (url === null) return "not a URL";
  if (!/^https?:$/.test(url.protocol)) return `not http or https, but ${url.protocol.slice(0, -1)}`;
  return url.username || url.password ? "the URL holds a user name or password" : null;
}

const REDIRECTS = [301, 302, 303, 307, 308];

function redirectOf(response: Response, from: string): string | null {
  const location = response.headers.get("location");
  if (location === null || !REDIRECTS.includes(response.status)) return null;
  return URL.parse(location, from)?.href ?? location;
}

async function readPage(response: Response): Promise<Pick<Findings, "bytes" | "truncated" | "title" | "error">> {
  const { body, truncated } = await readStart(response, MAX_AUDIT_BYTES);
  const type = response.headers.get("content-type") ?? "";
  const title = type.includes("html") ? await titleOf(decodeLoosely(body, type)) : ok(null);
  const found = title.ok ? { title: title.value, error: null } : { title: null, error: title.error };
  return { bytes: body.byteLength, truncated, ...found };
}

async function readStart(response: Response, maxBytes: number): Promise<{ body: Uint8Array; truncated: boolean }> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxBytes) break; // ends the transfer
  }
  const body = await new Blob(chunks).slice(0, maxBytes).bytes();
  return { body, truncated: bytes > maxBytes };
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${AUDIT_TIMEOUT_MS / 1_000} s`;
  return oneLine(failureMessage(error), MAX_ERROR_CHARS);
}
