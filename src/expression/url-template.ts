import type { Json } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** URLs of text and expressions: the document decides the URL's shape, and a value stays one component of it. */

/** `{% ... %}`, as text templates have it. */
const EXPRESSION = /(\{%[\s\S]*?%\})/;

/** Texts and expressions in turn: `["https://a.example/", "{% $input.id %}", "/x"]`. The first text may be empty. */
export const urlParts = (template: string): string[] => template.split(EXPRESSION);

/** Where a request goes, as far as the document alone says so; undefined when an expression can change the host. */
export function literalTarget(template: string): URL | undefined {
  const [head = "", expression] = urlParts(template);
  const isWhole = expression === undefined || /^https?:\/\/[^/?#\\]+[/?#\\]/i.test(head);
  return isWhole ? (URL.parse(head) ?? undefined) : undefined;
}

const AUTHORITY = /^https?:\/\/[^/?#\\]*$/i;
const HOST_PART = /^[\p{L}\p{N}._-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$|^\d{1,5}$/iu;
const DOTS = /^(\.|%2e){1,2}$/i;

const asText = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

const quoted = (text: string): string => JSON.stringify(text.slice(0, 120));

function absolute(text: string): Result<string, string> {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return ok(text.trim());
  return err(
    `url begins with the value ${quoted(text)}, which is no absolute http or https URL; write the host, or resolve it with $url(base, reference)`,
  );
}

function inAuthority(before: string, text: string): Result<string, string> {
  if (HOST_PART.test(text)) return ok(text);
  return err(
    `url has the value ${quoted(text)} behind ${before}, where only a host can stand; write a slash before it, or {% $url('${before}', ...) %} to resolve a path`,
  );
}

/** One component of a path or query. */
function component(text: string): Result<string, string> {
  // Half of a surrogate pair has no encoding.
  return text.isWellFormed() ? ok(encodeURIComponent(text)) : err("url has a value that is no Unicode text");
}

/** Whether a value makes a segment of the path that a URL would resolve away. @param places where values begin */
function hasDotSegment(path: string, places: readonly number[]): boolean {
  let from = 0;
  return path.split("/").some((segment) => {
    const until = from + segment.length;
    const isOfValue = places.some((place) => place >= from && place <= until);
    from = until + 1;
    return isOfValue && DOTS.test(segment);
  });
}

/** The value as it stands behind the text before it. */
function placed(before: string, text: string): Result<string, string> {
  if (before === "") return absolute(text);
  return AUTHORITY.test(before) ? inAuthority(before, text) : component(text);
}

export interface BuiltUrl {
  url: string;
  /** Values with a slash, which were sent as one component of the path. */
  slashes: readonly string[];
}

/**
 * The URL that the parts make, each value encoded as one component.
 * @param parts of {@link urlParts}
 * @param values of the parts in their order; those of texts are the texts
 * @returns what is wrong, as one sentence
 */
export function joinUrl(parts: readonly string[], values: readonly Json[]): Result<BuiltUrl, string> {
  let url = "";
  /** Values in the path, with where they begin. */
  const inPath: { text: string; at: number }[] = [];
  for (const [i, part] of parts.entries()) {
    // Split by a group: every second part is an expression.
    const value = i % 2 === 0 ? part : (values[i] ?? null);
    if (value === null) return err(`url has an expression that gives nothing: ${part.slice(0, 120)}`);
    const text = asText(value);
    const encoded = i % 2 === 0 ? ok(text) : placed(url, text);
    if (!encoded.ok) return encoded;
    if (i % 2 === 1 && url !== "" && !/[?#]/.test(url)) inPath.push({ text, at: url.length });
    url += encoded.value;
  }
  const [path = ""] = url.split(/[?#]/, 1);
  const places = inPath.map(({ at }) => at);
  if (!hasDotSegment(path, places)) {
    return ok({ url, slashes: inPath.map(({ text }) => text).filter((text) => text.includes("/")) });
  }
  return err("url has a value that makes a segment `.` or `..`, which would change the path");
}
