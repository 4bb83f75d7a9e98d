import type { Json } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { oneLine } from "../lib/safe-text.ts";
import { MAX_VALUE_BYTES } from "../limits.ts";
import type { EvaluationBudget } from "./evaluation-budget.ts";
import { compileExpression, type Expression, type ExpressionError } from "./expression.ts";
import { RegexBudget } from "./regex.ts";
import type { Scope } from "./scope.ts";

const OPEN = "{%";
const CLOSE = "%}";

/** A string with expressions in it. */
export interface TextTemplate {
  readonly expressions: readonly Expression[];
  /** Undefined where it is one whole expression that yields nothing. */
  evaluate(scope: Scope, budget: EvaluationBudget): Promise<Result<Json | undefined, ExpressionError>>;
}

export const hasExpression = (text: string): boolean => text.includes(OPEN);

/** Whether the text is one expression and nothing else; its value then keeps its type. */
export const isOneExpression = (text: string): boolean =>
  text.startsWith(OPEN) && text.indexOf(CLOSE) === text.length - CLOSE.length;

const problem = (message: string): { ok: false; error: ExpressionError } => err({ code: "expression", message });

class WholeExpression implements TextTemplate {
  readonly expressions: readonly [Expression];

  constructor(expression: Expression) {
    this.expressions = [expression];
  }

  evaluate(scope: Scope, budget: EvaluationBudget): Promise<Result<Json | undefined, ExpressionError>> {
    return this.expressions[0].evaluate(scope, budget);
  }
}

class Interpolation implements TextTemplate {
  readonly #text: string;
  readonly #parts: readonly (string | Expression)[];

  constructor(text: string, parts: readonly (string | Expression)[]) {
    this.#text = text;
    this.#parts = parts;
  }

  get expressions(): Expression[] {
    return this.#parts.filter((part) => typeof part !== "string");
  }

  async evaluate(scope: Scope, budget: EvaluationBudget): Promise<Result<Json, ExpressionError>> {
    let whole = "";
    for (const [i, part] of this.#parts.entries()) {
      const place = `${scope.place ?? ""}#${i}`;
      const result = typeof part === "string" ? ok(part) : await part.evaluate({ ...scope, place }, budget);
      if (!result.ok) return result;
      const { value } = result;
      if (value === undefined || value === null) {
        return problem(`an expression gives nothing, and has text around it: ${oneLine(this.#text, 120)}`);
      }
      whole += typeof value === "string" ? value : JSON.stringify(value);
      // Each part may be large, and there may be hundreds.
      if (whole.length > MAX_VALUE_BYTES)
        return problem(`the text is larger than ${MAX_VALUE_BYTES} bytes; take less of it`);
    }
    return ok(whole);
  }
}

function parts(text: string, regexes: RegexBudget): Result<(string | Expression)[], ExpressionError> {
  const found: (string | Expression)[] = [];
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf(OPEN, at);
    if (open < 0) {
      found.push(text.slice(at));
      break;
    }
    const close = text.indexOf(CLOSE, open);
    if (close < 0) return problem(`{% without %}: ${oneLine(text.slice(open), 120)}`);
    if (open > at) found.push(text.slice(at, open));
    const compiled = compileExpression(text.slice(open + OPEN.length, close).trim(), regexes);
    if (!compiled.ok) return compiled;
    found.push(compiled.value);
    at = close + CLOSE.length;
  }
  return ok(found);
}

/** @param regexes of the document that the text stands in; left out: it stands alone */
export function compileText(text: string, regexes?: RegexBudget): Result<TextTemplate, ExpressionError> {
  const read = parts(text, regexes ?? new RegexBudget());
  if (!read.ok) return read;
  const [only] = read.value;
  const isWhole = isOneExpression(text) && only !== undefined && typeof only !== "string";
  return ok(isWhole ? new WholeExpression(only) : new Interpolation(text, read.value));
}
