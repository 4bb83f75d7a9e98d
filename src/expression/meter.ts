/** Counts what one evaluation costs, and stops it. One meter an evaluation: concurrent evaluations share nothing. */

import {
  MAX_CALLS_IN_FLIGHT,
  MAX_EVALUATION_DEPTH,
  MAX_EVALUATION_WORK,
  MAX_EVALUATIONS,
  MAX_JOINED_ROWS,
  MAX_RANGE_ITEMS,
  MAX_VALUE_BYTES,
} from "../limits.ts";

import type { EvaluationBudget } from "./evaluation-budget.ts";

/** Thrown inside an evaluation to end it; never leaves this folder. */
export class LimitReached extends Error {}

export class Meter {
  readonly budget: EvaluationBudget;
  #evaluations = 0;
  #work = 0;
  #calls = 0;
  #rows = 0;
  #ended = false;
  #sizes: WeakMap<object, Size> | undefined = new WeakMap();

  /** @param budget of all evaluations that this one is part of */
  constructor(budget: EvaluationBudget) {
    this.budget = budget;
  }

  /** One node of the expression, or one call of a built-in function. */
  step(): void {
    // The library runs the members of an object or array at once: when one fails, this stops the others.
    if (this.#ended) throw new LimitReached("the evaluation has ended");
    this.budget.step();
    if (++this.#evaluations > MAX_EVALUATIONS) throw new LimitReached(`more than ${MAX_EVALUATIONS} evaluations`);
  }

  /** Work that one step does without further steps: about one unit for each list item, or for 8 bytes of text. */
  spend(units: number): void {
    this.#work += units;
    if (this.#work > MAX_EVALUATION_WORK)
      throw new LimitReached("too much work on large values or regular expressions");
    this.budget.spend(units);
  }

  range(items: number): void {
    if (items > MAX_RANGE_ITEMS) {
      throw new LimitReached(`a range of ${items} items; the most is ${MAX_RANGE_ITEMS}`);
    }
  }

  joinRows(rows: number): void {
    this.#rows += rows;
    if (this.#rows > MAX_JOINED_ROWS) throw new LimitReached(`more than ${MAX_JOINED_ROWS} rows of joins`);
  }

  enterCall(): void {
    if (++this.#calls > MAX_CALLS_IN_FLIGHT) {
      throw new LimitReached(`more than ${MAX_CALLS_IN_FLIGHT} function calls inside each other`);
    }
  }

  leaveCall(): void {
    this.#calls--;
  }

  end(): void {
    this.#ended = true;
  }

  /** The `| |` operator changes objects in place: from here on no remembered size can be trusted. */
  distrustSizes(): void {
    this.#sizes = undefined;
  }

  /** About the bytes of the value's JSON text; throws when it is larger or deeper than a value may be. */
  size(value: unknown): number {
    const bytes = bytesOf(this.#measure(value, 0));
    if (this.#sizes === undefined) this.spend(bytes / 8);
    return bytes;
  }

  #measure(value: unknown, depth: number): Size {
    if (typeof value === "string") return sized(value.length + 2, 0);
    if (typeof value === "number" && value >= 0 && value < 1_000 && Number.isInteger(value)) {
      return sized(value < 10 ? 1 : value < 100 ? 2 : 3, 0);
    }
    if (typeof value !== "object" || value === null || isFunction(value)) return SCALAR;
    const known = this.#sizes?.get(value);
    if (known !== undefined) return known;
    if (depth > MAX_EVALUATION_DEPTH) throw new LimitReached(TOO_DEEP);
    const size = Array.isArray(value) ? this.#measureList(value, depth) : this.#measureObject(value, depth);
    if (bytesOf(size) >= REMEMBERED_BYTES) this.#sizes?.set(value, size);
    return size;
  }

  #measureList(list: readonly unknown[], depth: number): Size {
    let size = sized(2, 1);
    for (const item of list) size = joined(size, this.#measure(item, depth + 1), 1);
    return size;
  }

  #measureObject(value: object, depth: number): Size {
    let size = sized(2, 1);
    for (const key of Object.keys(value)) {
      size = joined(size, this.#measure((value as Record<string, unknown>)[key], depth + 1), key.length + 4);
    }
    return size;
  }
}

/** A function of the language: a lambda, a built-in, or a regular expression. */
export const isFunction = (value: unknown): boolean =>
  typeof value === "function" ||
  (typeof value === "object" && value !== null && ("_jsonata_lambda" in value || "_jsonata_function" in value));

/** Bytes and depth in one number: an object for each value that is measured would be most of what an evaluation makes. */
type Size = number;

const DEPTHS = 256;
const bytesOf = (size: Size): number => Math.floor(size / DEPTHS);
const depthOf = (size: Size): number => size % DEPTHS;

/** What is smaller is measured again sooner than it is found: thousands of matches or rows would each take a place. */
const REMEMBERED_BYTES = 64;
const TOO_DEEP = `a value nested deeper than ${MAX_EVALUATION_DEPTH} levels`;

function sized(bytes: number, depth: number): Size {
  if (bytes > MAX_VALUE_BYTES) throw new LimitReached(`a value larger than ${MAX_VALUE_BYTES} bytes`);
  if (depth > MAX_EVALUATION_DEPTH) throw new LimitReached(TOO_DEEP);
  return bytes * DEPTHS + depth;
}

const SCALAR = sized(8, 0);

const joined = (whole: Size, part: Size, extra: number): Size =>
  sized(bytesOf(whole) + bytesOf(part) + extra, Math.max(depthOf(whole), depthOf(part) + 1));
