/** A JSON value, as callers send it and as the registry stores it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const encoder = new TextEncoder();

/** Length of the text in UTF-8 bytes. */
export const utf8Bytes = (text: string): number => encoder.encode(text).byteLength;

/** Whether lists and objects lie inside each other more than `levels` deep. Iterative: the depth is a stranger's. */
export function isDeeperThan(value: Json, levels: number): boolean {
  let inner = [value];
  for (let depth = 0; ; depth++) {
    const containers = inner.filter((each) => typeof each === "object" && each !== null);
    if (containers.length === 0) return false;
    if (depth === levels) return true;
    inner = containers.flatMap((each): Json[] => Object.values(each));
  }
}

/** Length of the value's JSON text in UTF-8 bytes. */
export const jsonBytes = (value: Json): number => utf8Bytes(JSON.stringify(value));
