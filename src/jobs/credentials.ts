import { isJsonObject, type Json } from "../lib/json.ts";
import { SECRET_NAME } from "../lib/secret-name.ts";

/**
 * What looks like a credential, taken out of what a model or a person is shown to explain a job. It errs on the side of
 * taking out: a hash that is lost costs a look at the job itself.
 */

const GONE = "[redacted]";

const WORDS = `authorization|password|passwd|passphrase|secret|token|credentials?|cookie|signature|jwt|otp|api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|session[_-]?id`;

const NAME = new RegExp(`(?:${WORDS})$`, "i");

/** A literal; an expression says only where a value comes from. */
const VALUE = String.raw`(?!\{%)[^\s"'\\&,;{}<>]+`;

const SHAPES: readonly [shape: RegExp, shown: string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\w+/=\s\\]*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g, GONE],
  [/\b(Bearer|Token|ApiKey)(\s+)(?=\S{0,200}\d|\S{20})(?!\{%)[\w+/.~=-]{6,}/gi, `$1$2${GONE}`],
  [/\b([Bb]asic)(\s+)(?=\S{0,200}[\dA-Z=])[\w+/]{6,}={0,2}/g, `$1$2${GONE}`],
  // A JWT; keys of services that say what they are.
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*/g, GONE],
  [/\b(?:gh[opsur]|github_pat|glpat|npm|hf|sk|pk|rk|whsec|xox[abeprs]|shpat|dop_v1|ej1)[_-][\w-]{10,}/g, GONE],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bAIza[\w-]{20,}|\bya29\.[\w-]+|\bSG\.[\w-]{10,}(?:\.[\w-]+)?/g, GONE],
  // user:password@host
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@"'{}:]{1,200}:[^\s/?#@"'{}]{1,200}@/gi, `$1${GONE}@`],
  // Whoever has the link of a question can answer it, and whoever has the URL of a hook can call it.
  [/(\/(?:a|hooks)\/)(?=[\w.~%-]*\d)[\w.~%-]{16,}/g, `$1${GONE}`],
  // ?token=…, and the like in a form or a log line.
  [new RegExp(String.raw`((?:${WORDS}|\bkey|\bsig|\bcode)=)${VALUE}`, "gi"), `$1${GONE}`],
  // "token": "…" in JSON that is a text itself; `password: …` with a digit in it, or long.
  [new RegExp(String.raw`((?:${WORDS})\\*"\s*:\s*\\*")${VALUE}`, "gi"), `$1${GONE}`],
  [new RegExp(String.raw`(\b(?:${WORDS})\s*[:=]\s*)(?=\S{0,200}\d|\S{16})${VALUE}`, "gi"), `$1${GONE}`],
  // Long, and of all sorts of characters: chance made it.
  [/(?<![\w/+.])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+-][\w+/-]{31,}={0,2}/g, GONE],
];

/** The text without what looks like a credential. */
export const withoutCredentials = (text: string): string =>
  SHAPES.reduce((left, [shape, shown]) => left.replace(shape, shown), text);

const FIELDS_OF_REFERENCE = ["secret", "prefix"];

/** `{"secret": "NAME", "prefix": "Bearer "}` names a secret, and is none. */
const isReference = (value: Json): boolean =>
  isJsonObject(value) &&
  typeof value.secret === "string" &&
  SECRET_NAME.test(value.secret) &&
  Object.keys(value).every((field) => FIELDS_OF_REFERENCE.includes(field));

/** Whether the text is made of expressions, but for a word such as `Bearer`. */
const isComputed = (text: string): boolean =>
  /\{%/.test(text) && !/[\w-]{8,}/.test(text.replace(/\{%[\s\S]*?%\}/g, ""));

/** The value without what looks like a credential, by the names of its fields too. */
export function redacted(value: Json, isNamed = false): Json {
  if (typeof value === "string") {
    return isNamed && value !== "" && !isComputed(value) ? GONE : withoutCredentials(value);
  }
  if (Array.isArray(value)) return value.map((item) => redacted(item, isNamed));
  if (!isJsonObject(value) || isReference(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [
      withoutCredentials(name),
      redacted(child, isNamed || NAME.test(name)),
    ]),
  );
}
