/** Where a value begins in a text of JSON, by the path that a fault names it with: `steps[2].url`. */

type Key = string | number;

const keysOf = (path: string): Key[] =>
  [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(([, index, quoted, name]) =>
    index === undefined ? (quoted ?? name ?? "") : Number(index),
  );

/** Keys of fields, other strings as a whole, and the signs between them. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\],]/g;

/** Keys from the root to what is read; of a list the index, of an object the last key. */
class Walk {
  readonly #keys: readonly Key[];
  readonly #stack: Key[] = [];
  #depth = 0;
  /** Where the deepest part of the path begins that was read. */
  found = 0;

  constructor(keys: readonly Key[]) {
    this.#keys = keys;
  }

  #reach(at: number): void {
    const differs = this.#keys.findIndex((key, i) => this.#stack[i] !== key);
    const depth = differs === -1 ? this.#keys.length : differs;
    if (depth > this.#depth) [this.#depth, this.found] = [depth, at];
  }

  /** @param next where the value begins that follows the sign */
  sign(sign: string, next: number): void {
    const top = this.#stack.at(-1);
    if (sign === "{") this.#stack.push("");
    else if (sign === "[") this.#enter(0, next);
    else if (sign !== ",") this.#stack.pop();
    else if (typeof top === "number") this.#replace(top + 1, next);
  }

  field(key: string, at: number): void {
    this.#replace(key, at);
  }

  #replace(key: Key, at: number): void {
    this.#stack.pop();
    this.#enter(key, at);
  }

  #enter(key: Key, at: number): void {
    this.#stack.push(key);
    this.#reach(at);
  }
}

const skipSpace = (text: string, from: number): number => from + Math.max(text.slice(from).search(/\S/), 0);

/** @returns the line, from 0, of the deepest part of the path that is in the text */
export function lineOfPath(text: string, path: string): number {
  const walk = new Walk(keysOf(path));
  for (const { 0: token, 1: string, 2: colon, index } of text.matchAll(TOKEN)) {
    if (string === undefined) walk.sign(token, skipSpace(text, index + 1));
    else if (colon !== undefined) walk.field(JSON.parse(string) as string, index);
  }
  return text.slice(0, walk.found).split("\n").length - 1;
}
