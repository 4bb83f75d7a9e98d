import type { Json, JsonObject } from "../../src/lib/json.ts";

/** How secrets are spelt, where a blueprint can name one, and what looks like one. */

const bytes = (text: string) => new TextEncoder().encode(text);
export const base64 = (text: string) => btoa(String.fromCharCode(...bytes(text)));
export const hex = (text: string) => [...bytes(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const SPELLINGS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  base64,
  base64url: (text) => base64(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  "base64 of Basic": (text) => base64(`me:${text}`),
  hex,
  HEX: (text) => hex(text).toUpperCase(),
  url: encodeURIComponent,
  form: (text) => new URLSearchParams({ text }).toString(),
  json: (text) => JSON.stringify(text),
};

/** Where the document can put it. */
export const PLACES: Record<string, (value: Json) => JsonObject> = {
  header: (value) => ({ headers: { "x-a": value } }),
  query: (value) => ({ query: { a: value } }),
  "query list": (value) => ({ query: { a: ["b", value] } }),
  form: (value) => ({ method: "POST", form: { a: value } }),
  body: (value) => ({ method: "POST", body: { a: [{ b: value }] } }),
  "whole body": (value) => ({ method: "POST", body: value }),
  bearer: (value) => ({ auth: { bearer: value } }),
  password: (value) => ({ auth: { basic: { user: "me", password: value } } }),
  "signing key": (value) => ({ auth: { hmac: { secret: value, header: "x-signature" } } }),
};

/** Data that looks as if it named the secrets. */
export const looksLike = (name: string, other: string): Json[] => [
  { secret: name },
  { secret: other },
  { secret: name, prefix: "Bearer " },
  [{ secret: name }],
  { a: { secret: name } },
  JSON.stringify({ secret: name }),
];

/** What JSON makes of a needle inside a text that is JSON again. */
const inside = (needle: string): string[] => [
  needle,
  JSON.stringify(needle).slice(1, -1),
  JSON.stringify(JSON.stringify(needle)).slice(3, -3),
];

/** Finds the values, in each spelling, in texts. */
export function finder(values: readonly string[]): (texts: readonly string[]) => string[] {
  const needles = values.flatMap((text) => Object.values(SPELLINGS).map((spell) => spell(text)));
  return (texts) =>
    needles.filter((needle) => inside(needle).some((form) => texts.some((text) => text.includes(form))));
}
