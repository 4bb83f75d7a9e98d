import type { RE2JS } from "re2js";
import { err, ok, type Result } from "../lib/result.ts";
import { deepenIn } from "./functions/deep-in.ts";
import { compileRegex, type RegexBudget } from "./regex.ts";
import { CALLED } from "./run.ts";

/** A node of a parsed expression. Its fields depend on its type. */
export interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** What can be known of an expression before it runs. */
export interface Syntax {
  /** Names of variables and functions that the expression uses and does not itself define, without `$`. */
  readonly variables: ReadonlySet<string>;
  /** A bare name such as `repo`, which stands for nothing: `$input.repo` is meant. */
  readonly contextName: string | undefined;
  /** `<id>` of each `$steps.<id>`. */
  readonly steps: ReadonlySet<string>;
  /** Whether it uses `$steps` in another way too. */
  readonly namesAllSteps: boolean;
  /** Each path from a variable that the expression does not define: its name, then those of the fields. */
  readonly paths: readonly (readonly string[])[];
  /** Whether a node's value is a function; those of the language's own are among the variables. */
  readonly makesFunctions: boolean;
  readonly regexes: ReadonlyMap<RegExp, RE2JS>;
  /** Bodies of lambdas. */
  readonly bodies: ReadonlySet<Node>;
  /** Operands of operators that walk whole values. */
  readonly operands: ReadonlySet<Node>;
  /** Patterns of the `| |` operator, evaluated just before it changes what they match. */
  readonly patterns: ReadonlySet<Node>;
}

const REFUSED = new Map([
  ["eval", "write the expression itself"],
  ["shuffle", "a job must give the same values when it is resumed"],
]);

const MAKES_FUNCTIONS: ReadonlySet<unknown> = new Set(["lambda", "partial", "regex", "transform"]);

const TOO_LARGE_REGEXES =
  "the regular expressions of the document are too large together: letters count as often as {n,m} repeats them";

class Reader {
  readonly used = new Set<string>();
  readonly bound = new Set<string>();
  readonly steps = new Set<string>();
  readonly paths: string[][] = [];
  readonly regexes = new Map<RegExp, RE2JS>();
  readonly bodies = new Set<Node>();
  readonly operands = new Set<Node>();
  readonly patterns = new Set<Node>();
  readonly #calls: Node[] = [];
  /** Uses of `$steps` that are not `$steps.<id>`. */
  wholeSteps = 0;
  makesFunctions = false;
  problem: string | undefined;
  readonly #budget: RegexBudget;

  constructor(budget: RegexBudget) {
    this.#budget = budget;
  }

  /** Iterative: the nesting is a stranger's. */
  read(root: Node): void {
    const seen = new Set<Node>([root]);
    for (const node of seen) {
      this.#readNode(node);
      for (const child of Object.values(node)) {
        if (isNode(child) && !(child instanceof RegExp)) seen.add(child);
      }
    }
  }

  #readNode(node: Node): void {
    deepenIn(node);
    this.#bindLabels(node);
    this.makesFunctions ||= MAKES_FUNCTIONS.has(node.type);
    if (node.type === "variable") this.#use(String(node.value));
    if (node.type === "function" || node.type === "partial") this.#readCall(node.procedure);
    if (node.type === "apply") this.#readCall(node.rhs);
    if (node.type === "path") this.#readPath(node.steps);
    if (node.type === "bind") this.#bind(node.lhs);
    if (node.type === "lambda") this.#readLambda(node);
    if (node.type === "regex") this.#readRegex(node.value);
    if (node.type === "binary") this.#mark(this.operands, node.lhs, node.rhs);
    if (node.type === "transform") this.#mark(this.patterns, node.pattern);
  }

  /** `path@$item` and `path#$index` define variables. */
  #bindLabels({ focus, index }: Node): void {
    if (typeof focus === "string") this.bound.add(focus);
    if (typeof index === "string") this.bound.add(index);
  }

  #use(name: string): void {
    const instead = REFUSED.get(name);
    if (instead !== undefined) this.problem ??= `$${name} is not available: ${instead}`;
    // `$` and `$$`, the context, are nothing to define.
    if (name !== "" && name !== "$") this.used.add(name);
    if (name === "steps") this.wholeSteps += 1;
  }

  #readPath(steps: unknown): void {
    if (!Array.isArray(steps)) return;
    const [head, ...rest] = steps as Node[];
    if (head?.type !== "variable") return;
    const end = rest.findIndex(({ type }) => type !== "name");
    const fields = rest.slice(0, end < 0 ? rest.length : end).map(({ value }) => String(value));
    this.paths.push([String(head.value), ...fields]);
    const [id] = fields;
    if (head.value !== "steps" || id === undefined) return;
    this.steps.add(id);
    if (head.predicate === undefined) this.wholeSteps -= 1;
  }

  #readCall(called: unknown): void {
    if (isNode(called) && called.type === "variable" && CALLED.has(String(called.value))) this.#calls.push(called);
  }

  /** `$round(1.5)` calls the function also where `$round` is a number, unless the expression defines another. In place. */
  nameCalls(): void {
    for (const node of this.#calls) {
      const called = CALLED.get(String(node.value));
      if (called === undefined || this.bound.has(String(node.value))) continue;
      Object.assign(node, { value: called });
      this.used.add(called);
    }
  }

  #bind(target: unknown): void {
    if (isNode(target)) this.bound.add(String(target.value));
  }

  #readLambda(node: Node): void {
    for (const argument of Array.isArray(node.arguments) && node.thunk !== true ? node.arguments : []) {
      this.#bind(argument);
    }
    this.#mark(this.bodies, node.body);
    // The library turns signatures into backtracking regular expressions.
    if (node.signature !== undefined) this.problem ??= "a function signature (<...>) is not available: leave it out";
  }

  #readRegex(literal: unknown): void {
    if (!(literal instanceof RegExp) || this.problem !== undefined) return;
    const compiled = this.#budget.take(literal) ? compileRegex(literal) : err(TOO_LARGE_REGEXES);
    if (compiled.ok) this.regexes.set(literal, compiled.value);
    else this.problem ??= compiled.error;
  }

  #mark(set: Set<Node>, ...nodes: unknown[]): void {
    for (const node of nodes) if (isNode(node)) set.add(node);
  }
}

/** Fields whose nodes are evaluated with the context of the node that holds them, by its type. */
const SAME_CONTEXT: Readonly<Record<string, readonly string[]>> = {
  binary: ["lhs", "rhs"],
  bind: ["rhs"],
  apply: ["lhs", "rhs"],
  block: ["expressions"],
  condition: ["condition", "then", "else"],
  function: ["procedure", "arguments"],
  lambda: ["body"],
  partial: ["arguments"],
  unary: ["lhs", "expressions", "expression"],
};

const nodesIn = (value: unknown): Node[] =>
  Array.isArray(value) ? value.flatMap(nodesIn) : isNode(value) ? [value] : [];

/**
 * A field name that is looked up in the expression's own context, which is nothing: `repo` where `$input.repo` is
 * meant. Undefined when there is none.
 */
function contextName(root: Node): string | undefined {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === "name") return String(node.value);
    // Later parts of a path have the values of its first part as their context.
    if (node.type === "path") open.push(...nodesIn(node.steps).slice(0, 1));
    else open.push(...(SAME_CONTEXT[String(node.type)] ?? []).flatMap((field) => nodesIn(node[field])));
  }
  return undefined;
}

/** The error is one line: a refused function, or a regular expression that the linear-time engine does not take. */
export function readSyntax(root: Node, budget: RegexBudget): Result<Syntax, string> {
  const reader = new Reader(budget);
  reader.read(root);
  reader.nameCalls();
  if (reader.problem !== undefined) return err(reader.problem);
  const { used, bound, steps, wholeSteps, paths, makesFunctions, regexes, bodies, operands, patterns } = reader;
  return ok({
    variables: used.difference(bound),
    contextName: contextName(root),
    steps,
    namesAllSteps: wholeSteps > 0,
    paths: paths.filter(([name = ""]) => !bound.has(name)),
    makesFunctions,
    regexes,
    bodies,
    operands,
    patterns,
  });
}
