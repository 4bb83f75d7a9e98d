import type { Expression as Parsed } from "jsonata";
import type { Meter } from "./meter.ts";
import { regexEngine } from "./regex.ts";
import { RUN, type Run } from "./run.ts";
import type { Node, Syntax } from "./syntax.ts";

/** What the library hands to its hooks, as far as it is used here. */
interface Frame {
  lookup(name: string): unknown;
  base: { timestamp: Date; RegexEngine: unknown };
}

/** Nodes that only point at values that exist already; the values of all others are checked for size. */
const POINTERS: ReadonlySet<unknown> = new Set(["variable", "name", "string", "number", "value", "regex"]);

/** Work that the library does for a node without evaluating others. */
function spendOn(node: Node, input: unknown, meter: Meter): void {
  const walksAll = node.type === "descendant" || node.type === "wildcard";
  if (walksAll || (node.type === "name" && Array.isArray(input))) meter.spend(meter.size(input) / 8);
}

function checkResult(node: Node, result: unknown, { operands }: Syntax, meter: Meter): void {
  if (node.value === ".." && Array.isArray(result)) meter.range(result.length);
  if (node.tuple === true) meter.joinRows(Array.isArray(result) ? result.length : 1);
  // A wildcard copies what it has for each field.
  if (Array.isArray(result)) meter.spend(node.type === "wildcard" ? result.length ** 2 / 16 : result.length);
  if (operands.has(node)) meter.spend(meter.size(result) / 8);
  else if (!POINTERS.has(node.type)) meter.size(result);
}

/**
 * Meters all evaluations of a parsed expression. The hooks live in the expression; whose evaluation it is they learn
 * from the frame, so evaluations may run at the same time.
 */
export function watch(parsed: Parsed, syntax: Syntax): void {
  const prepared = new WeakSet<Run>();

  const entry = (node: Node, input: unknown, frame: Frame): Promise<void> | undefined => {
    const run = frame.lookup(RUN) as Run;
    if (!prepared.has(run)) {
      prepared.add(run);
      frame.base.timestamp = new Date(run.now);
      // The library makes its engine for literals only.
      if (syntax.regexes.size > 0) frame.base.RegexEngine = regexEngine(run.meter, syntax.regexes);
    }
    run.meter.step();
    if (syntax.bodies.has(node)) run.meter.enterCall();
    spendOn(node, input, run.meter);
    return run.meter.budget.turn();
  };

  const exit = (node: Node, _input: unknown, frame: Frame, result: unknown): void => {
    const { meter } = frame.lookup(RUN) as Run;
    checkResult(node, result, syntax, meter);
    if (syntax.bodies.has(node)) meter.leaveCall();
    if (syntax.patterns.has(node)) meter.distrustSizes();
  };

  assignHook(parsed, "jsonata.__evaluate_entry", entry);
  assignHook(parsed, "jsonata.__evaluate_exit", exit);
}

// The library's types know names of variables only; its hooks are symbols.
const assignHook = (parsed: Parsed, name: string, hook: unknown): void =>
  parsed.assign(Symbol.for(name) as unknown as string, hook);
