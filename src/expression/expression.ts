import jsonata from "jsonata";
import type { Json } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { oneLine } from "../lib/safe-text.ts";
import { MAX_ERROR_CHARS, MAX_SEQUENCE_ITEMS } from "../limits.ts";
import { BudgetSpent, type EvaluationBudget } from "./evaluation-budget.ts";
import { functionsNamed } from "./functions/functions.ts";
import { toJson } from "./functions/to-json.ts";
import { LimitReached, Meter } from "./meter.ts";
import { RegexBudget } from "./regex.ts";
import { RUN, type Run } from "./run.ts";
import type { Scope } from "./scope.ts";
import { type Node, readSyntax, type Syntax } from "./syntax.ts";
import { watch } from "./watch.ts";

export interface ExpressionError {
  /** `limit_exceeded`: all expressions of the job together cost too much. */
  code: "expression" | "limit_exceeded";
  /** One line, with an excerpt of the expression. */
  message: string;
}

/** A parsed expression. Its evaluations may run at the same time, but not on one budget. */
export interface Expression {
  readonly syntax: Syntax;
  /** Undefined where the expression yields nothing. Never throws, and always ends. */
  evaluate(scope: Scope, budget: EvaluationBudget): Promise<Result<Json | undefined, ExpressionError>>;
}

const EXCERPT_CHARS = 120;
/** Of `$error` and `$assert`: the author's words need no source beside them. */
const OWN_MESSAGES: ReadonlySet<unknown> = new Set(["D3137", "D3141"]);

function failure(text: string, problem: unknown): { ok: false; error: ExpressionError } {
  const { message } = problem as { message?: unknown };
  // A RangeError is the stack's end: a parser, or a function of the library, that calls itself.
  const known = problem instanceof RangeError ? "it is nested too deeply, or too large" : message;
  const reason = typeof known === "string" ? known : String(problem);
  if (OWN_MESSAGES.has((problem as { code?: unknown }).code)) {
    return err({ code: "expression", message: oneLine(reason, MAX_ERROR_CHARS) });
  }
  const excerpt = `{% ${oneLine(text, EXCERPT_CHARS)} %}`;
  const code = problem instanceof BudgetSpent ? "limit_exceeded" : "expression";
  return err({ code, message: `${oneLine(reason, MAX_ERROR_CHARS - EXCERPT_CHARS)}: ${excerpt}` });
}

/**
 * An evaluation waits for nothing but its turns: when it has not ended by the next task, it never will. A value with
 * a function named `then` does that, because JavaScript takes it for a promise.
 */
async function settled<T>(evaluation: Promise<T>, budget: EvaluationBudget): Promise<T> {
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  let timer = setTimeout(look, 0);
  function look(): void {
    if (budget.pausing === undefined) reject(new LimitReached("the evaluation never ends"));
    else timer = setTimeout(look, 0);
  }
  try {
    return await Promise.race([evaluation, stuck]);
  } finally {
    clearTimeout(timer);
  }
}

class ParsedExpression implements Expression {
  readonly syntax: Syntax;
  readonly #text: string;
  readonly #parsed: jsonata.Expression;
  #binding: Promise<void> | undefined;
  /** Whether a value of it can hold a function: only then can it wait for ever. */
  #hasFunctions: boolean;

  constructor(text: string, parsed: jsonata.Expression, syntax: Syntax) {
    this.#text = text;
    this.#parsed = parsed;
    this.syntax = syntax;
    this.#hasFunctions = syntax.makesFunctions;
    watch(parsed, syntax);
  }

  /** The library makes a frame for each evaluation; what is the same in all is assigned once, and only what is named. */
  #bound(): Promise<void> {
    this.#binding ??= functionsNamed(this.syntax.variables).then((functions) => {
      for (const [name, definition] of functions) this.#parsed.assign(name, definition);
      this.#hasFunctions ||= functions.size > 0;
    });
    return this.#binding;
  }

  async evaluate(scope: Scope, budget: EvaluationBudget): Promise<Result<Json | undefined, ExpressionError>> {
    const { now, path = "", place = "", ...variables } = scope;
    const step = `${scope.job.id} ${path}`;
    const run: Run = { meter: new Meter(budget), now, step, place: `${step} ${place} ${this.#text}`, draws: 0 };
    try {
      await this.#bound();
      // Members that the library runs at once draw in the order in which they pause: from here on, that of their work.
      if (this.syntax.variables.has("random")) await budget.newTurn();
      const bindings = { ...variables, [RUN]: run };
      const evaluation = this.#parsed.evaluate(undefined, bindings);
      const result = await (this.#hasFunctions ? settled(evaluation, budget) : evaluation);
      run.meter.size(result);
      return ok(toJson(result));
    } catch (problem) {
      return failure(this.#text, problem);
    } finally {
      run.meter.end();
    }
  }
}

/** Parses the text between `{%` and `%}`, and refuses what would not be safe or the same at every resume. */
export function compileExpression(text: string, regexes = new RegexBudget()): Result<Expression, ExpressionError> {
  try {
    const parsed = jsonata(text, { sequence: MAX_SEQUENCE_ITEMS });
    const syntax = readSyntax(parsed.ast() as Node, regexes);
    return syntax.ok ? ok(new ParsedExpression(text, parsed, syntax.value)) : failure(text, syntax.error);
  } catch (problem) {
    return failure(text, problem);
  }
}
