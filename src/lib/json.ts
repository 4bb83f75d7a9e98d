/** A JSON value, as callers send it and as the registry stores it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const encoder = new TextEncoder();

/** The text in UTF-8, as WebCrypto takes bytes. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text) as Uint8Array<ArrayBuffer>;

/** Length of the text in UTF-8 bytes. */
export const utf8Bytes = (text: string): number => encoder.encode(text).byteLength;

/** Whether lists and objects lie inside each other more than `levels` deep. Iterative: the depth is untrusted. */
export function isDeeperThan(value: Json, levels: number): boolean {
  let inner = [value];
  for (let depth = 0; ; depth++) {
    const containers = inner.filter((each) => typeof each === "object" && each !== null);
    if (containers.length === 0) return false;
    if (depth === levels) return true;
    inner = containers.flatMap((each): Json[] => Object.values(each));
  }
}

/** What JSON escapes, or UTF-8 writes in more than a byte. */
const NOT_PLAIN = /[^ !#-[\]-~]/;

function textBytes(text: string): number {
  return NOT_PLAIN.test(text) ? utf8Bytes(JSON.stringify(text)) : text.length + 2;
}

/** The value's own bytes, without those of what is in it. */
function ownBytes(value: Json): number {
  if (typeof value === "string") return textBytes(value);
  if (typeof value !== "object" || value === null) return String(value).length;
  const names = Array.isArray(value) ? [] : Object.keys(value);
  const members = Array.isArray(value) ? value.length : names.length;
  return 2 + Math.max(members - 1, 0) + names.reduce((total, name) => total + textBytes(name) + 1, 0);
}

/** Length of the value's JSON text in UTF-8 bytes. Makes no such text: values are measured often, and may be large. */
export function jsonBytes(value: Json): number {
  let bytes = 0;
  const open: Json[] = [value];
  while (open.length > 0) {
    const next = open.pop() ?? null;
    bytes += ownBytes(next);
    if (typeof next === "object" && next !== null) for (const child of Object.values(next)) open.push(child);
  }
  return bytes;
}
