/** A JSON value, as callers send it and as the registry stores it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the object has under the name itself: `constructor` is no name of `{}`. */
export const ownValue = <T>(object: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;

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

const scalarBytes = (value: Exclude<Json, Json[] | JsonObject>): number =>
  typeof value === "string" ? textBytes(value) : String(value).length;

const isContainer = (value: Json): value is Json[] | JsonObject => typeof value === "object" && value !== null;

/**
 * Length of the value's JSON text in UTF-8 bytes. Makes no such text: values are measured often, and may be large.
 * @param besides what else a list or object of so many places counts as; left out: nothing
 */
export function jsonBytes(value: Json, besides?: (container: Json[] | JsonObject, places: number) => number): number {
  if (!isContainer(value)) return scalarBytes(value);
  let bytes = 0;
  const open: (Json[] | JsonObject)[] = [value];
  const add = (place: Json): void => {
    if (isContainer(place)) open.push(place);
    else bytes += scalarBytes(place);
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    let places = 0;
    if (Array.isArray(next)) {
      places = next.length;
      for (const place of next) add(place);
    } else {
      for (const name of Object.keys(next)) {
        places += 1;
        bytes += textBytes(name) + 1;
        add(next[name] ?? null);
      }
    }
    bytes += 2 + Math.max(places - 1, 0) + (besides?.(next, places) ?? 0);
  }
  return bytes;
}
