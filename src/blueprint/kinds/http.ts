import * as z from "zod";
import type { Keys } from "../../expression/template.ts";
import { DEFAULT_HTTP_BYTES, MAX_EXPECTED_STATUSES, MAX_HTTP_BYTES, MAX_URL_CHARS } from "../../limits.ts";
import type { Problem } from "../faults/problem.ts";
import { shapeOf } from "../faults/shapes.ts";
import { SecretRef } from "../secret-refs.ts";
import { strict } from "../strict.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { expression, jsonValue, text } from "./fields.ts";
import { behindAuthority, httpFaults } from "./http-rules.ts";
import { PAGES_OUTPUT, pagingFaults, pagingFields } from "./pages.ts";
import { pollingFields, refuseWithoutUntil, withDefaults } from "./polling.ts";
import { rate } from "./rate.ts";

/** Stands for an expression while the rest of a URL is looked at. */
const standIn = (_: string, colon: string): string => (colon === "" ? "x" : ":1");

/** What is wrong with the literal part of a URL. Each expression in it may still become anything. */
function literalProblem(template: string): string | undefined {
  if (template.startsWith("{%")) return undefined;
  const url = URL.parse(template.replace(/(:?)\{%.*?%\}/gs, standIn));
  if (url === null) return "is not an absolute URL";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "is neither an http nor an https URL";
  return url.username !== "" || url.password !== "" ? "holds a user name or password" : undefined;
}

function urlProblem(template: string): Problem | undefined {
  const message = literalProblem(template);
  const fix = "Send a URL such as https://api.example.com/items; credentials go into headers as {secret: NAME}.";
  return behindAuthority(template) ?? (message === undefined ? undefined : { message, fix });
}

const url = text.max(MAX_URL_CHARS).superRefine((value, context) => {
  const problem = urlProblem(value);
  if (problem !== undefined)
    context.addIssue({ code: "custom", message: problem.message, params: { fix: problem.fix } });
});

/** The whole URL, as incoming webhooks of chats are. */
const secretUrl = SecretRef.omit({ prefix: true });

const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,64}$/, "is not a valid header name");
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const parameters = z.record(z.string(), z.union([scalar, SecretRef, z.array(z.union([scalar, SecretRef]))]));

const credential = z.union([text, SecretRef]);
const hmac = strict({
  secret: credential.describe("The key."),
  header: headerName.describe("That the signature is sent in."),
  algorithm: z.enum(["SHA-256", "SHA-1", "SHA-512"]).default("SHA-256"),
  encoding: z.enum(["hex", "base64"]).default("hex"),
  prefix: text.optional().describe("Before the signature, such as `sha256=`."),
  over: text.default("{% $body %}").describe("What is signed; sees $body, the text that is sent, and $timestamp."),
});
const ways = {
  bearer: credential.optional().describe("Sent as `Authorization: Bearer ...`."),
  basic: strict({ user: credential, password: credential }).optional().describe("Sent as `Authorization: Basic ...`."),
  hmac: hmac.optional().describe("A signature in a header of your choice."),
  standard_webhook: credential.optional().describe("A key as `whsec_...`; sent as webhook-signature."),
};
const auth = strict(ways, {}, '{"bearer": {"secret": "NAME"}}').superRefine((given, context) => {
  if (Object.values(given).filter((way) => way !== undefined).length === 1) return;
  const params = { fix: 'Write one, such as {"bearer": {"secret": "NAME"}}.' };
  context.addIssue({ code: "custom", message: `must be one of ${Object.keys(ways).join(", ")}`, params });
});

/** Keys from the step to where a secret may stand. */
function sendsSecret([field, ...keys]: Keys): boolean {
  if (field === "url") return keys.length === 0;
  if (field === "query" || field === "form") return keys.length === 1 || keys.length === 2;
  return field === "headers" || field === "auth" || field === "body";
}

/** `$response`, and the output. */
export const RESPONSE = shapeOf(["status", "headers", "body", "bytes", "url"], "body");

export const http = {
  isUndoable: true,
  templates: ["url", "headers", "auth", "query", "form", "body", "expect", "until", "pages"],
  sendsSecret,
  sees: {
    expect: ["response"],
    until: ["response"],
    pages: ["response"],
    auth: ["body", "timestamp"],
    headers: ["timestamp"],
  },
  output: ({ pages }) => (pages === undefined ? RESPONSE : PAGES_OUTPUT),
  check: (step, at) => [...httpFaults(step, at), ...pagingFaults(step, at)],
  schema: stepOf({
    ...common("http", { retries: 3 }),
    url: z.union([url, secretUrl]).describe("Absolute http or https URL; values in it are encoded."),
    method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).default("GET").describe("Request method."),
    headers: z
      .record(headerName, z.union([z.string(), z.null(), SecretRef]))
      .optional()
      .describe("Text, or {secret: NAME}; null is left out."),
    auth: auth
      .optional()
      .describe(
        "{bearer: V}, {basic: {user: V, password: V}}, {standard_webhook: V} or {hmac: {secret: V, header}}; V is text or {secret: NAME}.",
      ),
    query: parameters.optional().describe("Appended to the URL; null is left out, a list is repeated."),
    form: parameters.optional().describe("Sent urlencoded, in place of body."),
    body: jsonValue
      .optional()
      .describe('Sent as JSON; a string is sent as it is, and {"base64": "..."} as the bytes that it stands for.'),
    expect: z
      .union([z.array(z.int().min(100).max(599)).min(1).max(MAX_EXPECTED_STATUSES), expression], {
        error: ({ input }) => (typeof input === "number" ? `Send a list: [${input}].` : undefined),
      })
      .optional()
      .describe("Statuses that are a success, or an expression over $response; 200 to 299 when left out."),
    as: z
      .enum(["auto", "json", "text", "base64"])
      .optional()
      .describe("How the body is read; auto, when left out: JSON when the content type says so, else text."),
    max_bytes: z
      .int()
      .min(1)
      .max(MAX_HTTP_BYTES)
      .default(DEFAULT_HTTP_BYTES)
      .describe("A larger response fails the step."),
    rate,
    ...pollingFields,
    ...pagingFields,
  })
    .superRefine(refuseWithoutUntil)
    .overwrite(withDefaults),
} satisfies Kind;
