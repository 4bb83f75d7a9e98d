import { isJsonObject, type Json, ownValue } from "./json.ts";

const unescaped = (token: string): string => token.replaceAll("~1", "/").replaceAll("~0", "~");

const ARRAY_INDEX = /^(0|[1-9]\d*)$/;

/**
 * The value that an RFC 6901 JSON pointer points at: `/pages/0/title`, or the empty text for the whole.
 * @returns undefined when it points at nothing, or is no pointer
 */
export function resolvePointer(value: Json, pointer: string): Json | undefined {
  if (pointer === "") return value;
  if (!pointer.startsWith("/")) return undefined;
  let at: Json | undefined = value;
  for (const token of pointer.slice(1).split("/").map(unescaped)) {
    if (Array.isArray(at)) at = ARRAY_INDEX.test(token) ? at[Number(token)] : undefined;
    else if (isJsonObject(at)) at = ownValue(at, token);
    else return undefined;
  }
  return at;
}
