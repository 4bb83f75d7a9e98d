import { isJsonObject, type Json } from "./json.ts";
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

/** A text, which is passed over, or a number that may be lossy. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[\d.]{16,}(?:[eE][+-]?\d+)?|-?[\d.]+[eE][+-]?\d+/g;
/** Around the place of a number among those that were found. Who writes this into texts deceives nobody but himself. */
const MARK = "\ue000\ue001";

/** The text with a marked text in the place of each number that would become another one. */
function withMarks(text: string): { text: string; numbers: string[] } {
  const numbers: string[] = [];
  const marked = text.replace(TEXT_OR_NUMBER, (found) =>
    found.startsWith('"') || !isLossy(found, Number(found)) ? found : `"${MARK}${numbers.push(found) - 1}${MARK}"`,
  );
  return { text: marked, numbers };
}

/** The number that the value stands for. */
function markedNumber(value: unknown, numbers: readonly string[]): string | undefined {
  if (typeof value !== "string" || !value.startsWith(MARK)) return undefined;
  return numbers[Number(value.slice(MARK.length, -MARK.length))];
}

/** The value with `replace` of each number in the place of its mark. Iterative: the depth is untrusted. */
function replaced(value: Json, numbers: readonly string[], replace: (text: string) => Json): Json {
  const whole = [value];
  const open: Json[] = [whole];
  const put = (places: Record<string | number, Json>, key: string | number): void => {
    const place = places[key] ?? null;
    const number = markedNumber(place, numbers);
    // Every key is the value's own by now, `__proto__` too.
    if (number !== undefined) places[key] = replace(number);
    else if (typeof place === "object" && place !== null) open.push(place);
  };
  for (let inner = open.pop(); inner !== undefined; inner = open.pop()) {
    if (Array.isArray(inner)) for (let i = 0; i < inner.length; i++) put(inner as unknown as Record<number, Json>, i);
    else if (isJsonObject(inner)) for (const key of Object.keys(inner)) put(inner, key);
  }
  return whole[0] ?? null;
}

/**
 * Parses the text. Without a reviver, which would be called for each value of a text that has one number with an exponent.
 * @throws SyntaxError for text that is not JSON
 */
function read(text: string, replace: (text: string) => Json): Json {
  const value: Json = JSON.parse(text);
  if (!MAY_BE_LOSSY.test(text)) return value;
  const marked = withMarks(text);
  return marked.numbers.length === 0 ? value : replaced(JSON.parse(marked.text), marked.numbers, replace);
}

/**
 * The value of a JSON text, with a {@link LossyNumber} for each number that would become another one.
 * @returns undefined for text that is not JSON, which no value is
 */
export function parseJson(text: string): Json | undefined {
  try {
    return read(text, (number) => new LossyNumber(number) as unknown as Json);
  } catch {
    return undefined;
  }
}

class OutOfRange extends Error {}

function withDigits(text: string): string {
  const value = Number(text);
  if (Number.isFinite(value) && value !== 0) return text;
  throw new OutOfRange(`the number ${oneLine(text, 40)} is beyond what a number can hold`);
}

/**
 * The value of a JSON text that others wrote: a whole number beyond 2^53 keeps its digits, as text.
 * @returns an error, in one line without its end, for text that is not JSON or has a number that no double is close to
 */
export function parseJsonExactly(text: string): Result<Json, string> {
  try {
    return ok(read(text, withDigits));
  } catch (error) {
    return err(error instanceof OutOfRange ? error.message : "the text is not JSON");
  }
}
