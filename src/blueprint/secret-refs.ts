import * as z from "zod";
import type { Keys } from "../expression/template.ts";
import { hasExpression } from "../expression/text-template.ts";
import { isJsonObject, type Json, ownValue } from "../lib/json.ts";
import { SECRET_NAME } from "../lib/secret-name.ts";
import { MAX_NAME_CHARS } from "../limits.ts";
import { strict } from "./strict.ts";

/** The name of a secret, and what stands in front of its value: only as the document writes it, never from a value. */
export const SecretRef = strict({
  secret: z
    .string()
    .regex(SECRET_NAME, "must be the name of a secret: A-Z, 0-9 and _, starting with a letter")
    .describe("Name of a secret, set with PUT /api/v1/secrets/{name} or listed in BLUEPRINT_SECRETS."),
  prefix: z
    .string()
    .max(MAX_NAME_CHARS)
    .refine((text) => !hasExpression(text), "cannot hold an expression")
    .optional()
    .describe("Put before it, such as `Bearer `."),
});
export type SecretRef = z.output<typeof SecretRef>;

function readRef(value: Json | undefined): SecretRef | undefined {
  if (!isJsonObject(value) || typeof value.secret !== "string") return undefined;
  const parsed = SecretRef.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Every literal reference in a part of a document, with its place. */
export function* secretRefs(value: Json | undefined, keys: Keys = []): Generator<[Keys, SecretRef]> {
  const ref = readRef(value);
  if (ref !== undefined) yield [keys, ref];
  else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* secretRefs(item, [...keys, i]);
  else if (isJsonObject(value)) for (const [k, item] of Object.entries(value)) yield* secretRefs(item, [...keys, k]);
}

/**
 * The evaluated value with `read` applied where the document has a reference. An expression that yields an object of
 * that shape yields data.
 * @param document what `value` was evaluated from: objects and lists of it keep their keys and places
 */
export function withSecrets(
  document: Json | undefined,
  value: Json,
  read: (ref: SecretRef, keys: Keys) => Json,
  keys: Keys = [],
): Json {
  const ref = readRef(document);
  if (ref !== undefined) return read(ref, keys);
  if (Array.isArray(document) && Array.isArray(value)) {
    return value.map((item, i) => withSecrets(document[i], item, read, [...keys, i]));
  }
  if (!isJsonObject(document) || !isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    const inner = ownValue(document, key);
    return [key, withSecrets(inner, item, read, [...keys, key])];
  });
  return Object.fromEntries(entries);
}
