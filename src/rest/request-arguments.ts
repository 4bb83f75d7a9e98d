import { LossyNumber, parseJson } from "../lib/exact-json.ts";
import type { Fault } from "../lib/fault.ts";
import { bodyText } from "../lib/http/body-text.ts";
import { wholeBody } from "../lib/http/whole-body.ts";
import { ownValue, utf8Bytes } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_BATCH_BODY_BYTES, MAX_BODY_BYTES } from "../limits.ts";
import { areOfMany, BODY_BOUNDS } from "../service/arguments.ts";
import type { InputSchema } from "../service/lenient-arguments.ts";
import type { Problem } from "./problem-details.ts";
import { hasBody, pathArguments, type Route } from "./route.ts";

/** The arguments of an operation, from the path, the query or the body, and headers. */

type Fields = Record<string, unknown>;

type FieldSchema = NonNullable<InputSchema["properties"]>[string];

const typesOf = ({ type, anyOf = [] }: FieldSchema): (string | undefined)[] => [type, ...anyOf.flatMap(typesOf)];

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A text of the query as the field wants it. What it cannot be stays text, which the schema then refuses. */
function readScalar(text: string, types: readonly (string | undefined)[]): unknown {
  if ((types.includes("integer") || types.includes("number")) && NUMBER.test(text)) return parseJson(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** Lists are given by the name several times, or in one text with commas. */
function fieldOf(texts: readonly string[], schema: FieldSchema | undefined): unknown {
  const types = schema === undefined ? [] : typesOf(schema);
  const [first = "", ...more] = texts;
  if (types.includes("array") && !first.trimStart().startsWith("[")) {
    const all = texts.flatMap((text) => text.split(","));
    return all.length === 1 && types.includes("string") ? first : all;
  }
  return more.length > 0 ? texts : readScalar(first, types);
}

function queryFields({ searchParams }: URL, { properties = {} }: InputSchema): Fields {
  const names = [...new Set(searchParams.keys())];
  return Object.fromEntries(
    names.map((name) => [name, fieldOf(searchParams.getAll(name), ownValue(properties, name))]),
  );
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof LossyNumber);

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

const TOO_LARGE: Problem = {
  status: 413,
  code: "too_large",
  detail: `The body is larger than ${MAX_BODY_BYTES} bytes, or, with inputs, than ${MAX_BATCH_BODY_BYTES}.`,
};

/** No body is one without fields. A page of another site cannot send JSON without asking first. */
async function bodyFields(request: Request): Promise<Result<Fields, Problem>> {
  const text = await wholeBody(bodyText(request, BODY_BOUNDS));
  if (text === undefined) return err(TOO_LARGE);
  if (text === "") return ok({});
  if (!JSON_TYPE.test(request.headers.get("content-type") ?? "")) {
    const detail = "The body must be JSON: send Content-Type: application/json.";
    return err({ status: 415, code: "unsupported_media_type", detail });
  }
  const value = parseJson(text);
  if (utf8Bytes(text) > MAX_BODY_BYTES && !areOfMany(value)) return err(TOO_LARGE);
  if (value === undefined)
    return err({ status: 400, code: "invalid_json", detail: "The body does not parse as JSON." });
  return isFields(value)
    ? ok(value)
    : err(invalid([{ path: "arguments", message: "must be an object", fix: "Send a JSON object." }]));
}

const invalid = (faults: Fault[]): Problem => ({
  status: 422,
  code: "invalid_arguments",
  detail: "The arguments are not valid.",
  faults,
});

/** Fields that the same argument is also given elsewhere, and otherwise. */
const twice = (fields: Fields, elsewhere: Fields, where: string): Fault[] =>
  Object.entries(elsewhere).flatMap(([path, value]) =>
    Object.hasOwn(fields, path) && fields[path] !== value
      ? [{ path, message: `differs from ${where}`, fix: "Send it once." }]
      : [],
  );

const headerFields = ({ headers = {} }: Route, sent: Headers): Fields =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([header, name]) => {
      const value = sent.get(header);
      return value === null ? [] : [[name, value]];
    }),
  );

/**
 * Everything that the operation is asked with, unchecked.
 * @param param of the path, by its name
 */
export async function argumentsOf(
  route: Route,
  request: Request,
  url: URL,
  param: (name: string) => string,
): Promise<Result<Fields, Problem>> {
  const inPath = Object.fromEntries(pathArguments(route).map((name) => [name, param(name)]));
  const query = queryFields(url, route.inputJson());
  if (!hasBody(route)) {
    const faults = twice(query, inPath, "the path");
    return faults.length > 0 ? err(invalid(faults)) : ok({ ...query, ...inPath });
  }
  const unread = Object.keys(query).map((path) => {
    return { path, message: "stands in the query, where nothing is read", fix: "Send it in the body." };
  });
  if (unread.length > 0) return err(invalid(unread));
  const body = await bodyFields(request);
  if (!body.ok) return body;
  const inHeaders = headerFields(route, request.headers);
  const faults = [...twice(body.value, inPath, "the path"), ...twice(body.value, inHeaders, "its header")];
  return faults.length > 0 ? err(invalid(faults)) : ok({ ...body.value, ...inHeaders, ...inPath });
}
