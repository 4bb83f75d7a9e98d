import { FUNCTION_NAMES } from "../../expression/functions/functions.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Problem } from "../faults/problem.ts";

/** What can be wrong with a request although each of its fields is right. */

const BODYLESS: readonly Json[] = ["GET", "HEAD"];

function bodyFaults({ method = "GET", body, form }: JsonObject, at: string): Fault[] {
  const [sent] = Object.entries({ body, form }).filter(([, value]) => value !== undefined);
  if (sent === undefined) return [];
  if (body !== undefined && form !== undefined) {
    return [{ path: jsonPath(at, ["form"]), message: "stands beside body", fix: "Send one of them." }];
  }
  if (!BODYLESS.includes(method)) return [];
  const fix = 'Add "method": "POST" (or PUT, PATCH, DELETE), or send it as query.';
  return [{ path: jsonPath(at, [sent[0]]), message: `is never sent with ${method}`, fix }];
}

/** Names of headers mean the same in any case. */
function headerFaults({ headers = null }: JsonObject, at: string): Fault[] {
  const names = Object.keys(isJsonObject(headers) ? headers : {});
  return names.flatMap((name, i) => {
    const first = names.findIndex((other) => other.toLowerCase() === name.toLowerCase());
    if (first === i) return [];
    const message = `is the same header as ${names[first]}`;
    return [{ path: jsonPath(at, ["headers", name]), message, fix: "Keep one of them, with all that it says." }];
  });
}

/** Names of the headers that `auth` sends, in lower case. */
function headersOfAuth(auth: Json | undefined): string[] {
  if (!isJsonObject(auth)) return [];
  const { hmac, standard_webhook } = auth;
  if (standard_webhook !== undefined) return ["webhook-id", "webhook-timestamp", "webhook-signature"];
  if (hmac === undefined) return ["authorization"];
  return isJsonObject(hmac) && typeof hmac.header === "string" ? [hmac.header.toLowerCase()] : [];
}

function authFaults({ auth, headers = null }: JsonObject, at: string): Fault[] {
  const sent = headersOfAuth(auth);
  const names = Object.keys(isJsonObject(headers) ? headers : {});
  const own = names.filter((name) => sent.includes(name.toLowerCase()));
  const [message, fix] = ["stands beside auth, which sends this header", "Keep one of them."];
  return own.map((name) => ({ path: jsonPath(at, ["headers", name]), message, fix }));
}

/** A whole expression that ends what looks like a whole authority: `http://host:80{% ... %}`. */
const BEHIND_AUTHORITY = /^(https?:\/\/[^/?#{]*[\w\]])\{%([\s\S]*?)%\}(?=$|[/?#])/;

/** What is wrong with an expression that could change the host, and what to do. */
export function behindAuthority(url: string): Problem | undefined {
  const [, base, expression = ""] = BEHIND_AUTHORITY.exec(url) ?? [];
  if (base === undefined) return undefined;
  const message = "has an expression right behind the host, which could change the host";
  const slash = `Put a slash before the expression: ${base}/{% ... %}`;
  const resolved = `{% $url('${base}', ${expression.trim()}) %}`;
  const fix = FUNCTION_NAMES.has("url")
    ? `${slash}, or write ${resolved}, which resolves a path or a URL of that host.`
    : `${slash}.`;
  return { message, fix };
}

export const httpFaults = (step: JsonObject, at: string): Fault[] => [
  ...headerFaults(step, at),
  ...authFaults(step, at),
  ...bodyFaults(step, at),
];
