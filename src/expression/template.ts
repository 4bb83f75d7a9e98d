import { jsonPath } from "../lib/fault.ts";
import { isJsonObject, type Json, jsonBytes } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_VALUE_BYTES } from "../limits.ts";
import type { EvaluationBudget } from "./evaluation-budget.ts";
import type { ExpressionError } from "./expression.ts";
import { RegexBudget } from "./regex.ts";
import type { Scope, Variable } from "./scope.ts";
import { compileText, hasExpression, type TextTemplate } from "./text-template.ts";

export type { Scope } from "./scope.ts";

/** A JSON value with expressions in its strings, parsed once. */
export interface Template {
  /** Whether an expression names the variable. */
  names(variable: Variable): boolean;
  /** Ids of the steps whose outputs its expressions name; undefined: they may use any. */
  readonly steps: ReadonlySet<string> | undefined;
  /**
   * The value with every expression replaced; undefined where it is an expression that yields nothing. Fields that yield
   * nothing are left out, and elements are null. The message names the path of the string that failed.
   */
  evaluate(scope: Scope, budget: EvaluationBudget): Promise<Result<Json | undefined, ExpressionError>>;
}

/** Keys from the value's root to one of its strings. */
export type Keys = readonly (string | number)[];

function* children(value: Json): Generator<[string | number, Json]> {
  if (Array.isArray(value)) yield* value.entries();
  else if (isJsonObject(value)) yield* Object.entries(value);
}

/** Every string. Keys of objects are plain data. */
export function* textsIn(value: Json, keys: Keys = []): Generator<[Keys, string]> {
  if (typeof value === "string") yield [keys, value];
  for (const [key, child] of children(value)) yield* textsIn(child, [...keys, key]);
}

/** Every string that holds an expression. */
export function* templateTexts(value: Json, keys: Keys = []): Generator<[Keys, string]> {
  for (const found of textsIn(value, keys)) if (hasExpression(found[1])) yield found;
}

/** The error as it is, with the place of the string in front. */
function placed(keys: Keys, error: ExpressionError): { ok: false; error: ExpressionError } {
  const path = jsonPath("", keys).replace(/^\./, "");
  return err(path === "" ? error : { ...error, message: `${path}: ${error.message}` });
}

/** The value with the texts replaced by what `replacements` gives for them, in order. */
function rebuilt(value: Json, replacements: Iterator<Json | undefined>): Json | undefined {
  if (typeof value === "string") return hasExpression(value) ? replacements.next().value : value;
  if (Array.isArray(value)) return value.map((item) => rebuilt(item, replacements) ?? null);
  if (!isJsonObject(value)) return value;
  // Not by assignment: a key may be `__proto__`.
  const fields = Object.entries(value).map(([key, item]) => [key, rebuilt(item, replacements)] as const);
  return Object.fromEntries(fields.filter((field): field is [string, Json] => field[1] !== undefined));
}

class CompiledTemplate implements Template {
  readonly #value: Json;
  readonly #texts: readonly (readonly [Keys, TextTemplate])[];

  constructor(value: Json, texts: readonly (readonly [Keys, TextTemplate])[]) {
    this.#value = value;
    this.#texts = texts;
  }

  names(variable: Variable): boolean {
    return this.#texts.some(([, { expressions }]) => expressions.some(({ syntax }) => syntax.variables.has(variable)));
  }

  get steps(): ReadonlySet<string> | undefined {
    const all = this.#texts.flatMap(([, { expressions }]) => expressions.map(({ syntax }) => syntax));
    if (all.some(({ namesAllSteps }) => namesAllSteps)) return undefined;
    return new Set(all.flatMap(({ steps }) => [...steps]));
  }

  async evaluate(scope: Scope, budget: EvaluationBudget): Promise<Result<Json | undefined, ExpressionError>> {
    if (this.#texts.length === 0) return ok(this.#value);
    const replacements: (Json | undefined)[] = [];
    let bytes = 0;
    for (const [keys, text] of this.#texts) {
      const result = await text.evaluate({ ...scope, place: keys.join(".") }, budget);
      if (!result.ok) return placed(keys, result.error);
      bytes += jsonBytes(result.value ?? null);
      if (bytes > MAX_VALUE_BYTES) {
        const message = `the value is larger than ${MAX_VALUE_BYTES} bytes; take less of it`;
        return placed(keys, { code: "expression", message });
      }
      replacements.push(result.value);
    }
    return ok(rebuilt(this.#value, replacements.values()));
  }
}

export function compileTemplate(value: Json): Result<Template, ExpressionError> {
  const texts: [Keys, TextTemplate][] = [];
  const regexes = new RegexBudget();
  for (const [keys, text] of templateTexts(value)) {
    const compiled = compileText(text, regexes);
    if (!compiled.ok) return placed(keys, compiled.error);
    texts.push([keys, compiled.value]);
  }
  return ok(new CompiledTemplate(value, texts));
}
