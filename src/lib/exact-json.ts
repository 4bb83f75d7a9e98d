import type { Json } from "./json.ts";
import { err, ok, type Result } from "./result.ts";
import { oneLine } from "./safe-text.ts";

/** JSON text to values, without a number that silently becomes another one. */

/** Stands in a parsed value where its text has a number that a double does not hold as it is written. Never JSON. */
export class LossyNumber {
  /** As it was written. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Digits enough to be lost, or an exponent. Also inside of strings, which costs a closer look only. */
const MAY_BE_LOSSY = /\d{16}|\d[eE][+-]?\d/;

/** The digits that count: `0.0120e5` and `1200` have the same. */
const significant = (text: string): string =>
  text
    .replace(/[eE].*$/, "")
    .replace(/[-.]/g, "")
    .replace(/^0+|0+$/g, "");

function isLossy(text: string, value: number): boolean {
  if (!Number.isFinite(value)) return true;
  if (/^-?\d+$/.test(text)) return !Number.isSafeInteger(value);
  if (value === 0) return significant(text) !== "";
  return Number.isInteger(value) && !Number.isSafeInteger(value) && significant(text) !== significant(String(value));
}

const keepLossy = (_key: string, value: unknown, { source }: { source?: string }): unknown =>
  typeof value === "number" && source !== undefined && isLossy(source, value) ? new LossyNumber(source) : value;

const read = (text: string): Json =>
  MAY_BE_LOSSY.test(text) ? JSON.parse(text, keepLossy as (key: string, value: unknown) => unknown) : JSON.parse(text);

/**
 * The value of a JSON text, with a {@link LossyNumber} for each number that would become another one.
 * @returns undefined for text that is not JSON, which no value is
 */
export function parseJson(text: string): Json | undefined {
  try {
    return read(text);
  } catch (error) {
    // The second pass over a value recurses: of one that is too deep for that, only the depth matters.
    return error instanceof RangeError ? JSON.parse(text) : undefined;
  }
}

class OutOfRange extends Error {}

const keepDigits = (_key: string, value: unknown, { source }: { source?: string }): unknown => {
  if (typeof value !== "number" || source === undefined || !isLossy(source, value)) return value;
  if (Number.isFinite(value) && value !== 0) return source;
  throw new OutOfRange(`the number ${oneLine(source, 40)} is beyond what a number can hold`);
};

/**
 * The value of a JSON text that others wrote: a whole number beyond 2^53 keeps its digits, as text.
 * @returns an error, in one line without its end, for text that is not JSON or has a number that no double is close to
 */
export function parseJsonExactly(text: string): Result<Json, string> {
  try {
    if (!MAY_BE_LOSSY.test(text)) return ok(JSON.parse(text));
    return ok(JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown));
  } catch (error) {
    if (error instanceof OutOfRange) return err(error.message);
    return err(error instanceof RangeError ? "the JSON is nested too deeply" : "the text is not JSON");
  }
}
