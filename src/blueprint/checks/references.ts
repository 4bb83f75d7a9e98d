import { FUNCTION_NAMES } from "../../expression/functions/functions.ts";
import { RegexBudget } from "../../expression/regex.ts";
import type { Scope, Variable } from "../../expression/scope.ts";
import type { Syntax } from "../../expression/syntax.ts";
import { templateTexts } from "../../expression/template.ts";
import { compileText } from "../../expression/text-template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import type { Json } from "../../lib/json.ts";
import { javascriptProblems } from "../faults/javascript.ts";
import { numberProblems } from "../faults/lossy-numbers.ts";
import type { Problem } from "../faults/problem.ts";
import { regexProblems } from "../faults/regex-brackets.ts";
import { fieldProblem, type Shape, shapeOf } from "../faults/shapes.ts";
import { readSource, sourcesIn } from "../faults/source.ts";
import { RESPONSE } from "../kinds/http.ts";

/** What expressions at one place of a blueprint can refer to. */
export interface Names {
  steps: ReadonlySet<string>;
  /** By ids of questions that are answered by link: whether the link is known here. Left out: none is. */
  links?: ReadonlyMap<string, boolean>;
  /** What exists in this field alone, and inside the steps that it stands in. */
  around: readonly Variable[];
  /** There is nothing but these: the expression is of no step. */
  only?: readonly Variable[];
}

/** A step of the document. */
export interface KnownStep {
  /** Path of its id. */
  at: string;
  shape: Shape | undefined;
}

const PLACES: { readonly [Name in Variable]: string } = {
  input: "everywhere",
  steps: "everywhere",
  job: "everywhere",
  item: "inside the steps of a map",
  index: "inside the steps of a map",
  state: "inside repeat, and in its next, while and until",
  round: "inside repeat, and in its next, while and until",
  link: "in steps of a blueprint that has an input step with link: true",
  response: "in expect, until and pages of http steps",
  outcome: "in finally",
  body: "in auth of http steps",
  timestamp: "in auth and headers of http steps",
  trigger: "in expressions of a trigger",
  due_at: "in expressions of a trigger",
  event: "in event of input steps, and in expressions of a trigger that something comes to",
  last: "in input and when of a trigger",
  result: "in changed of a trigger",
};

const EVERYWHERE: readonly Variable[] = ["input", "steps", "job"];

function isThere(variable: Variable, names: Names): boolean {
  if (names.only !== undefined) return names.only.includes(variable);
  if (variable === "link") return names.links !== undefined && names.links.size > 0;
  return EVERYWHERE.includes(variable) || names.around.includes(variable);
}

const variablesIn = (names: Names): string =>
  (Object.keys(PLACES) as Variable[])
    .filter((name) => isThere(name, names))
    .map((name) => `$${name}`)
    .join(", ");

const SECRETS = 'A secret is {"secret": "NAME"}, in place of a whole value of headers, auth, query, form or body.';
/** Where others keep what is kept elsewhere here. */
const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  secrets: SECRETS,
  secret: SECRETS,
  env: SECRETS,
  vars: "What varies goes into $input, what lasts from job to job into a store step.",
};

const missingText = (name: Variable): string =>
  EVERYWHERE.includes(name) ? `$${name} does not exist here` : `$${name} exists only ${PLACES[name]}`;

function variableProblem(name: string, names: Names): Problem | undefined {
  if (FUNCTION_NAMES.has(name)) return undefined;
  const known = Object.hasOwn(PLACES, name) ? (name as Variable) : undefined;
  if (known !== undefined && isThere(known, names)) return undefined;
  const message = known === undefined ? `$${name} is not known` : missingText(known);
  const elsewhere = Object.hasOwn(OTHER_VARIABLES, name) ? `${OTHER_VARIABLES[name]} ` : "";
  return { message, fix: `${elsewhere}Here there are ${variablesIn(names)}, and the functions of JSONata.` };
}

type KnownSteps = ReadonlyMap<string, KnownStep>;

function stepProblem(id: string, names: Names, all: KnownSteps): Problem | undefined {
  if (names.steps.has(id)) return undefined;
  const message = all.has(id)
    ? `$steps.${id} does not come before this, or is inside another step`
    : `no step is called ${id}`;
  const [...known] = names.steps;
  const fix = known.length > 0 ? `Outputs to use here: ${known.join(", ")}.` : "No step comes before this one.";
  return { message, fix };
}

function linkProblem(id: string, { links = new Map() }: Names): Problem | undefined {
  if (id === "" || links.get(id) === true) return undefined;
  const known = [...links].flatMap(([each, isKnown]) => (isKnown ? [each] : []));
  const fix = known.length > 0 ? `Links to use here: ${known.join(", ")}.` : "No link is known here.";
  if (!links.has(id)) return { message: `no input step with link: true is called ${id}`, fix };
  return { message: `$link.${id} is another in each row or round, and known only inside of it`, fix };
}

const JOB_FIELDS = { id: true, attempt: true, submitted_at: true } satisfies { [Field in keyof Scope["job"]]: true };
const JOB = shapeOf(Object.keys(JOB_FIELDS));
const OUTCOME = shapeOf(["status", "error"]);

/** What the field is missing of, where that is known. */
function pathProblem([variable, ...fields]: readonly string[], names: Names, all: KnownSteps): Problem | undefined {
  const [id = "", ...inside] = fields;
  if (variable === "steps")
    return names.steps.has(id) ? fieldProblem(`$steps.${id}`, inside, all.get(id)?.shape) : undefined;
  if (variable === "link" && isThere(variable, names)) return linkProblem(id, names);
  if (variable === "response" && isThere(variable, names)) return fieldProblem("$response", fields, RESPONSE);
  if (variable === "outcome" && isThere(variable, names)) return fieldProblem("$outcome", fields, OUTCOME);
  return variable === "job" ? fieldProblem("$job", fields, JOB) : undefined;
}

/** `$steps.page.headers.content-type`: a name with a hyphen, read as a subtraction. */
const HYPHENED = /(\$\w+(?:\.\w+)*\.)(\w+(?:-\w+)+)/;

function contextProblem(name: string, code: string, names: Names): Problem {
  const [, before = "", hyphened] = HYPHENED.exec(code) ?? [];
  if (hyphened?.split("-").slice(1).includes(name)) {
    const right = before.endsWith(".headers.") ? hyphened.toLowerCase() : hyphened;
    const message = `${hyphened} is read as a subtraction: a name with a hyphen stands in backticks`;
    return { message, fix: `Write ${before}\`${right}\`.` };
  }
  const message = `${name} stands for nothing: variables start with $`;
  if (Object.hasOwn(PLACES, name) && isThere(name as Variable, names)) return { message, fix: `Write $${name}.` };
  const there = `one of ${variablesIn(names)}.`;
  const fix = names.only === undefined ? `Write $input.${name}, or start with ${there}` : `Start with ${there}`;
  return { message, fix };
}

function syntaxProblems(syntax: Syntax, code: string, names: Names, all: KnownSteps): Problem[] {
  const { variables, steps, paths, contextName } = syntax;
  return [
    ...[...variables].map((name) => variableProblem(name, names)),
    ...[...steps].map((id) => stepProblem(id, names, all)),
    ...paths.map((path) => pathProblem(path, names, all)),
    contextName === undefined ? undefined : contextProblem(contextName, code, names),
  ].filter((problem) => problem !== undefined);
}

const UNPARSED = "Correct the JSONata between {% and %}.";

/**
 * What is wrong with the expressions of one string.
 * @param all steps of the blueprint by id
 * @param regexes of the document
 */
export function referenceFaults(
  path: string,
  text: string,
  names: Names,
  all: KnownSteps,
  regexes: RegexBudget,
): Fault[] {
  const sources = sourcesIn(text).map(readSource);
  // What the text alone shows: of an expression that does not parse, or parses as something else than was meant.
  const shown = sources.flatMap(({ code, regexes }) => [
    ...javascriptProblems(code),
    ...numberProblems(code),
    ...regexProblems(regexes),
  ]);
  const compiled = compileText(text, regexes);
  if (!compiled.ok) {
    const unparsed = { message: compiled.error.message, fix: UNPARSED };
    return (shown.length > 0 ? shown : [unparsed]).map((problem) => ({ path, ...problem }));
  }
  const found = compiled.value.expressions.flatMap(({ syntax }, i) => {
    // A bare name of JavaScript says nothing that its own fault does not say better.
    const judged = shown.length > 0 ? { ...syntax, contextName: undefined } : syntax;
    return syntaxProblems(judged, sources[i]?.code ?? "", names, all);
  });
  return [...shown, ...found].map((problem) => ({ path, ...problem }));
}

/** Of a value that belongs to no step, whose expressions see nothing but these. */
export function expressionFaults(path: string, value: Json | undefined, only: readonly Variable[]): Fault[] {
  if (value === undefined) return [];
  const names: Names = { steps: new Set(), around: [], only };
  const regexes = new RegexBudget();
  return [...templateTexts(value)].flatMap(([keys, text]) =>
    referenceFaults(jsonPath(path, keys), text, names, new Map(), regexes),
  );
}
