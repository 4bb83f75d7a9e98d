import type { Json } from "./json.ts";

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
