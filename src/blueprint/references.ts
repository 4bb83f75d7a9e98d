import type { Fault } from "../jobs/fault.ts";
import { FUNCTION_NAMES } from "./functions.ts";
import type { Variable } from "./scope.ts";
import type { Syntax } from "./syntax.ts";
import { compileText } from "./text-template.ts";

/** What expressions at one place of a blueprint can refer to. */
export interface Names {
  steps: ReadonlySet<string>;
  /** Whether `$item` and `$index` exist here. */
  item: boolean;
  /** Whether `$response` exists here. */
  response: boolean;
}

type Problem = Omit<Fault, "path">;

const PLACES: { readonly [Name in Variable]: string } = {
  input: "everywhere",
  steps: "everywhere",
  job: "everywhere",
  item: "inside the steps of a map",
  index: "inside the steps of a map",
  response: "in expect and until of http steps",
};

function isThere(variable: Variable, names: Names): boolean {
  if (variable === "item" || variable === "index") return names.item;
  return variable === "response" ? names.response : true;
}

const variablesIn = (names: Names): string =>
  (Object.keys(PLACES) as Variable[])
    .filter((name) => isThere(name, names))
    .map((name) => `$${name}`)
    .join(", ");

function variableProblem(name: string, names: Names): Problem | undefined {
  if (FUNCTION_NAMES.has(name)) return undefined;
  const known = Object.hasOwn(PLACES, name) ? (name as Variable) : undefined;
  if (known !== undefined && isThere(known, names)) return undefined;
  const message = known === undefined ? `$${name} is not known` : `$${name} exists only ${PLACES[known]}`;
  return { message, fix: `Here there are ${variablesIn(names)}, and the functions of JSONata.` };
}

function stepProblem(id: string, names: Names, ids: ReadonlyMap<string, string>): Problem | undefined {
  if (names.steps.has(id)) return undefined;
  const message = ids.has(id)
    ? `$steps.${id} does not come before this, or is inside another step`
    : `no step is called ${id}`;
  const [...known] = names.steps;
  const fix = known.length > 0 ? `Outputs to use here: ${known.join(", ")}.` : "No step comes before this one.";
  return { message, fix };
}

function syntaxProblems(syntax: Syntax, names: Names, ids: ReadonlyMap<string, string>): Problem[] {
  const { variables, steps, contextName } = syntax;
  const problems = [
    ...[...variables].map((name) => variableProblem(name, names)),
    ...[...steps].map((id) => stepProblem(id, names, ids)),
  ].filter((problem) => problem !== undefined);
  if (contextName === undefined) return problems;
  const message = `${contextName} stands for nothing: variables start with $`;
  return [...problems, { message, fix: `Write $input.${contextName}, or start with one of ${variablesIn(names)}.` }];
}

/**
 * What is wrong with the expressions of one string.
 * @param ids all steps of the blueprint
 */
export function referenceFaults(path: string, text: string, names: Names, ids: ReadonlyMap<string, string>): Fault[] {
  const compiled = compileText(text);
  if (!compiled.ok) {
    return [{ path, message: compiled.error.message, fix: "Correct the JSONata between {% and %}." }];
  }
  const problems = compiled.value.expressions.flatMap(({ syntax }) => syntaxProblems(syntax, names, ids));
  return problems.map((problem) => ({ path, ...problem }));
}
