import type * as z from "zod";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { plural } from "../../lib/text/plural.ts";
import { MAX_FAULTS } from "../../limits.ts";

type Issue = z.core.$ZodIssue;

interface Finding {
  keys: readonly PropertyKey[];
  message: string;
  fix: string;
}

/** zod's own messages are left empty by {@link readWith}; any other was written with the schema, for the reader. */
const isOurs = (message: string): boolean => message !== "";

const orList = (names: readonly unknown[]): string => names.map((name) => JSON.stringify(name)).join(", ");
const withArticle = (noun: string): string => (/^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`);

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

const TYPE_WORDS: Readonly<Record<string, string>> = { int: "integer", record: "object" };
const wordOf = (type: string): string => TYPE_WORDS[type] ?? type;

function wrongType(issue: z.core.$ZodIssueInvalidType): Omit<Finding, "keys"> {
  const expected = wordOf(issue.expected);
  const got = typeName(issue.input);
  if (got === "undefined") {
    return {
      message: "is missing",
      fix: issue.message.replace(/^Send /, "Add it: ") || `Add it: ${withArticle(expected)}.`,
    };
  }
  return { message: `expected ${expected}, got ${got}`, fix: issue.message || `Send ${withArticle(expected)}.` };
}

const UNITS: Readonly<Record<string, string>> = { string: "character", array: "item", object: "field" };

function wrongSize(origin: string, limit: number | bigint, side: "least" | "most"): Omit<Finding, "keys"> {
  const unit = UNITS[origin];
  const bound = `at ${side} ${unit === undefined ? limit : plural(limit, unit)}`;
  if (unit === undefined) return { message: `must be ${bound}`, fix: `Send a number of ${bound}.` };
  return { message: `must have ${bound}`, fix: `Send ${bound}.` };
}

/** No branch has the value's discriminator, such as the `type` of a step. */
function unknownKind(issue: z.core.$ZodIssueInvalidUnion & { options?: readonly unknown[] }): Omit<Finding, "keys"> {
  const { discriminator = "kind", options = [], input } = issue;
  const fix = `Use one of ${orList(options)}.`;
  // zod looks into objects alone.
  const isMissing = (input as Record<string, unknown> | undefined)?.[discriminator] === undefined;
  if (isMissing) return { message: "is missing", fix: `Add it: one of ${orList(options)}.` };
  return { message: `is not a known ${discriminator}`, fix: [issue.message, fix].filter(isOurs).join(" ") };
}

/** The branch that the value was meant for is one whose type fits. */
function unionFindings(issue: z.core.$ZodIssueInvalidUnion): Finding[] {
  const keys = issue.path;
  if (issue.errors.length === 0) return [{ keys, ...unknownKind(issue) }];
  const branches = issue.errors.map((branch) => branch.flatMap(findings));
  const isOther = (branch: Issue[]) => branch.some(({ code, path }) => code === "invalid_type" && path.length === 0);
  const meant = issue.errors.findIndex((branch) => !isOther(branch));
  const found = branches[meant];
  if (found !== undefined) return found.map((each) => ({ ...each, keys: [...keys, ...each.keys] }));
  const types = issue.errors.flatMap(([first]) => (first?.code === "invalid_type" ? [wordOf(first.expected)] : []));
  const got = typeName(issue.input);
  const expected = types.join(" or ");
  if (got === "undefined") return [{ keys, message: "is missing", fix: `Add it: ${expected}.` }];
  return [{ keys, message: `expected ${expected}, got ${got}`, fix: issue.message || `Send ${expected}.` }];
}

/** Words of our own say what to do, a line a field. */
function unknownFields(issue: z.core.$ZodIssueUnrecognizedKeys): Finding[] {
  const fixes = issue.message.split("\n");
  const message = "is not a known field";
  return issue.keys.map((key, i) => {
    return { keys: [...issue.path, key], message, fix: fixes[i] || "Remove it, or check its spelling." };
  });
}

function fixOf(issue: Issue): string {
  const fix = issue.code === "custom" ? issue.params?.fix : undefined;
  return typeof fix === "string" ? fix : "Correct it.";
}

function findings(issue: Issue): Finding[] {
  const keys = issue.path;
  // Of a wrong type our own words say what to do, else what is wrong.
  if (issue.code === "unrecognized_keys") return unknownFields(issue);
  if (issue.code === "invalid_type") return [{ keys, ...wrongType(issue) }];
  if (issue.code === "invalid_union") return unionFindings(issue);
  if (isOurs(issue.message)) return [{ keys, message: issue.message, fix: fixOf(issue) }];
  switch (issue.code) {
    case "invalid_value":
      return [{ keys, message: "is not one of the known values", fix: `Use one of ${orList(issue.values)}.` }];
    case "too_small":
      return [{ keys, ...wrongSize(issue.origin, issue.minimum, "least") }];
    case "too_big":
      return [{ keys, ...wrongSize(issue.origin, issue.maximum, "most") }];
    case "invalid_key":
    case "invalid_element":
      return issue.issues.flatMap(findings).map((each) => ({ ...each, keys: [...keys, ...each.keys] }));
    default:
      return [{ keys, message: "is not valid", fix: fixOf(issue) }];
  }
}

function faultsOf(root: string, error: z.ZodError): Fault[] {
  const all = error.issues.flatMap(findings);
  return all.slice(0, MAX_FAULTS).map(({ keys, message, fix }) => ({ path: jsonPath(root, keys), message, fix }));
}

/**
 * The value as the schema gives it, or what the schema found, for a reader without it: at most MAX_FAULTS.
 * @param root name of the value, such as `blueprint`; paths start with it
 */
export function readWith<S extends z.ZodType>(root: string, schema: S, value: unknown): Result<z.output<S>, Fault[]> {
  const parsed = schema.safeParse(value, { reportInput: true, error: () => "" });
  return parsed.success ? ok(parsed.data) : err(faultsOf(root, parsed.error));
}
