import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { escapeInvisible } from "../../lib/safe-text.ts";
import { MAX_REPEATED_CHARS } from "../../limits.ts";

const sanitizeText = (text: string): string => escapeInvisible(text.slice(0, MAX_REPEATED_CHARS));

const sanitizeFields = (fields: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? sanitizeText(value) : value]),
  );

const sanitizeParams = (params: JsonObject): JsonObject => ({
  ...sanitizeFields(params),
  ...(isJsonObject(params.ref) && { ref: sanitizeFields(params.ref) }),
});

function sanitizeMessage(message: Json): Json {
  if (!isJsonObject(message)) return message;
  const { method, params } = message;
  return {
    ...message,
    ...(typeof method === "string" && { method: sanitizeText(method) }),
    ...(isJsonObject(params) && { params: sanitizeParams(params) }),
  };
}

/**
 * One message, or a batch, with a method, names and URIs that are safe to repeat, as the protocol's own errors do:
 * invisible characters are escaped and long texts are cut. Arguments stay as they are: the tool checks them.
 */
export const sanitizeRequest = (body: Json): Json =>
  Array.isArray(body) ? body.map(sanitizeMessage) : sanitizeMessage(body);
