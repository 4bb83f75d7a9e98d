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

/** What is said of a number that would become another one, behind it. */
export const LOSSY = `is beyond the numbers that are kept exactly, whole ones up to ${Number.MAX_SAFE_INTEGER}`;

/** @param text of a number @param value what the text became */
export function isLossy(text: string, value: number): boolean {
  if (!Number.isFinite(value)) return true;
  if (/^-?\d+$/.test(text)) return !Number.isSafeInteger(value);
  if (value === 0) return significant(text) !== "";
  return Number.isInteger(value) && !Number.isSafeInteger(value) && significant(text) !== significant(String(value));
}

/** Puts something in the place of each number that would become another one. */
const replacing =
  (replace: (text: string, value: number) => unknown) =>
  (_key: string, value: unknown, { source }: { source?: string }): unknown =>
    typeof value === "number" && source !== undefined && isLossy(source, value) ? replace(source, value) : value;

type Reviver = ReturnType<typeof replacing>;

/** The second pass, over each value with its text, only where a number may need it. */
const read = (text: string, revive: Reviver): Json =>
  MAY_BE_LOSSY.test(text) ? JSON.parse(text, revive as (key: string, value: unknown) => unknown) : JSON.parse(text);

const MARKED = replacing((text) => new LossyNumber(text));

/**
 * The value of a JSON text, with a {@link LossyNumber} for each number that would become another one.
 * @returns undefined for text that is not JSON, which no value is
 */
export function parseJson(text: string): Json | undefined {
  try {
    return read(text, MARKED);
  } catch (error) {
    // The second pass over a value recurses: of one that is too deep for that, only the depth matters.
    return error instanceof RangeError ? JSON.parse(text) : undefined;
  }
}

class OutOfRange extends Error {}

const WITH_DIGITS = replacing((text, value) => {
  if (Number.isFinite(value) && value !== 0) return text;
  throw new OutOfRange(`the number ${oneLine(text, 40)} is beyond what a number can hold`);
});

/**
 * The value of a JSON text that others wrote: a whole number beyond 2^53 keeps its digits, as text.
 * @returns an error, in one line without its end, for text that is not JSON or has a number that no double is close to
 */
export function parseJsonExactly(text: string): Result<Json, string> {
  try {
    return ok(read(text, WITH_DIGITS));
  } catch (error) {
    if (error instanceof OutOfRange) return err(error.message);
    return err(error instanceof RangeError ? "the JSON is nested too deeply" : "the text is not JSON");
  }
}
