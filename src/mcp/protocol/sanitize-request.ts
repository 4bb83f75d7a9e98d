import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { escapeInvisible } from "../../lib/safe-text.ts";
import { MAX_REPEATED_CHARS } from "../../limits.ts";

const legibleText = (text: string): string => escapeInvisible(text.slice(0, MAX_REPEATED_CHARS));

const legibleFields = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? legibleText(value) : value]),
  );

const legibleParams = (params: JsonObject): JsonObject => ({
  ...legibleFields(params),
  ...(isJsonObject(params.ref) && { ref: legibleFields(params.ref) }),
});

function legibleMessage(message: Json): Json {
  if (!isJsonObject(message)) return message;
  const { method, params } = message;
  return {
    ...message,
    ...(typeof method === "string" && { method: legibleText(method) }),
    ...(isJsonObject(params) && { params: legibleParams(params) }),
  };
}

/**
 * One message, or a batch, whose method, names and URIs a person can read: the protocol's own errors repeat them. What is
 * hidden in one is escaped and what is too long is cut, so that it names nothing. Arguments stay: they are checked later.
 */
export const legible = (body: Json): Json => (Array.isArray(body) ? body.map(legibleMessage) : legibleMessage(body));
