import { type Matcher, RE2JS } from "re2js";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_REGEX_INSTRUCTIONS, MAX_REGEX_LETTERS } from "../limits.ts";
import type { Meter } from "./meter.ts";

/** Regular expressions without backtracking, each step of them counted. */

/** A repeat with its numbers, or what is one letter of a program: an escape, a class, a sign. */
const PART =
  /\{(?<least>\d+)(?:,(?<most>\d*))?\}|\\(?:[pPux]\{[^}]*\}|[\s\S]|$)|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]?|[\s\S]/g;

/** Letters of a regular expression, each as often as its repeats may have it: about as long as its program. */
function lettersOf(source: string): number {
  const groups: number[] = [];
  let sum = 0;
  let last = 0;
  for (const [part, least, most = ""] of source.matchAll(PART)) {
    if (part === "(") {
      groups.push(sum);
      sum = 0;
      continue;
    }
    const times = least === undefined ? 1 : Math.max(Number(least), Number(most), 1);
    const before = part === ")" ? (groups.pop() ?? 0) : sum;
    const added = least === undefined ? (part === ")" ? sum + 1 : 1) : last * (times - 1);
    last = least === undefined ? added : last * times;
    sum = before + added;
  }
  return groups.reduce((total, each) => total + each, sum);
}

/** What the regular expressions of one document may be together: to compile a large one takes a second, and 200 MB. */
export class RegexBudget {
  #left = MAX_REGEX_LETTERS;

  /** @returns whether it may be compiled */
  take({ source }: RegExp): boolean {
    this.#left -= lettersOf(source);
    return this.#left >= 0;
  }
}

export function compileRegex({ source, flags }: RegExp): Result<RE2JS, string> {
  try {
    const caseless = flags.includes("i") ? RE2JS.CASE_INSENSITIVE : 0;
    const multiline = flags.includes("m") ? RE2JS.MULTILINE : 0;
    const compiled = RE2JS.compile(RE2JS.translateRegExp(source), caseless | multiline);
    if (compiled.programSize() <= MAX_REGEX_INSTRUCTIONS) return ok(compiled);
    return err("the regular expression is too large");
  } catch (error) {
    return err(error instanceof Error ? error.message : "the regular expression does not parse");
  }
}

/** A text that charges for each character that is looked at: also linear matching is slow on large inputs. */
class MeteredText extends String {
  readonly #meter: Meter;
  readonly #unitsPerChar: number;

  constructor(text: string, meter: Meter, unitsPerChar: number) {
    super(text);
    this.#meter = meter;
    this.#unitsPerChar = unitsPerChar;
  }

  override charCodeAt(index: number): number {
    this.#meter.spend(this.#unitsPerChar);
    return super.charCodeAt(index);
  }

  override indexOf(text: string, position?: number): number {
    const found = super.indexOf(text, position);
    this.#meter.spend(1 + ((found < 0 ? this.length : found) - (position ?? 0)) / 64);
    return found;
  }
}

/** What JSONata uses of a RegExp: `new`, `lastIndex` and `exec`, for the literals of one expression. */
export function regexEngine(meter: Meter, literals: ReadonlyMap<RegExp, RE2JS>) {
  return class {
    lastIndex = 0;
    readonly #compiled: RE2JS;
    #text: string | undefined;
    #matcher: Matcher | undefined;

    constructor(literal: RegExp) {
      const compiled = literals.get(literal);
      if (compiled === undefined) throw new Error("a regular expression that was not compiled with its expression");
      this.#compiled = compiled;
    }

    exec(text: string): (RegExpExecArray & { index: number }) | null {
      const matcher = this.#matcherOf(text);
      meter.step();
      if (!matcher.find(this.lastIndex)) return null;
      this.lastIndex = matcher.end();
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined);
      return Object.assign(groups, { index: matcher.start() }) as RegExpExecArray;
    }

    #matcherOf(text: string): Matcher {
      if (this.#matcher !== undefined && this.#text === text) return this.#matcher;
      if (typeof text !== "string") throw new Error("a regular expression matches text only");
      const metered = new MeteredText(text, meter, 1 + this.#compiled.programSize() / 4);
      this.#text = text;
      this.#matcher = this.#compiled.matcher(metered as unknown as string);
      return this.#matcher;
    }
  };
}
