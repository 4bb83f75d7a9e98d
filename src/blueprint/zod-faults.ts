import type { z } from "zod";
import { type Fault, jsonPath } from "../jobs/fault.ts";
import { MAX_FAULTS } from "../limits.ts";

type Issue = z.core.$ZodIssue;

interface Finding {
  keys: readonly PropertyKey[];
  message: string;
  fix: string;
}

/** zod's own messages start like this; any other was written with the schema, for the reader. */
const isOurs = (message: string): boolean => !/^(Invalid|Unrecognized|Too (big|small))/.test(message);

const orList = (names: readonly unknown[]): string => names.map((name) => JSON.stringify(name)).join(", ");
const withArticle = (noun: string): string => (/^[aeio]/.test(noun) ? `an ${noun}` : `a ${noun}`);

/** zod puts what it got into the message only. */
const received = (message: string): string => /received (.+)$/.exec(message)?.[1] ?? "something else";

function wrongType(issue: z.core.$ZodIssueInvalidType): Omit<Finding, "keys"> {
  const expected = issue.expected === "int" ? "integer" : issue.expected === "record" ? "object" : issue.expected;
  const got = received(issue.message);
  if (got === "undefined") return { message: "is missing", fix: `Add it: ${withArticle(expected)}.` };
  return { message: `expected ${expected}, got ${got}`, fix: `Send ${withArticle(expected)}.` };
}

const UNITS: Readonly<Record<string, string>> = { string: " characters", array: " items", object: " fields" };

function wrongSize(origin: string, limit: number | bigint, side: "least" | "most"): Omit<Finding, "keys"> {
  const bound = `at ${side} ${limit}${UNITS[origin] ?? ""}`;
  if (UNITS[origin] === undefined) return { message: `must be ${bound}`, fix: `Send a number of ${bound}.` };
  return { message: `must have ${bound}`, fix: `Send ${bound}.` };
}

/** No branch has the value's discriminator, such as the `type` of a step. */
function unknownKind(issue: z.core.$ZodIssueInvalidUnion & { options?: readonly unknown[] }): Omit<Finding, "keys"> {
  const { discriminator, options = [] } = issue;
  return { message: `is not a known ${discriminator ?? "kind"}`, fix: `Use one of ${orList(options)}.` };
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
  const types = issue.errors.flatMap(([first]) => (first?.code === "invalid_type" ? [first.expected] : []));
  const got = received(issue.errors[0]?.[0]?.message ?? "");
  const expected = types.join(" or ");
  if (got === "undefined") return [{ keys, message: "is missing", fix: `Add it: ${expected}.` }];
  return [{ keys, message: `expected ${expected}, got ${got}`, fix: `Send ${expected}.` }];
}

function unknownFields(issue: z.core.$ZodIssueUnrecognizedKeys): Finding[] {
  const fix = isOurs(issue.message) ? issue.message : "Remove it, or check its spelling.";
  return issue.keys.map((key) => ({ keys: [...issue.path, key], message: "is not a known field", fix }));
}

function fixOf(issue: Issue): string {
  const fix = issue.code === "custom" ? issue.params?.fix : undefined;
  return typeof fix === "string" ? fix : "Correct it.";
}

function findings(issue: Issue): Finding[] {
  const keys = issue.path;
  if (issue.code === "unrecognized_keys") return unknownFields(issue);
  if (isOurs(issue.message)) return [{ keys, message: issue.message, fix: fixOf(issue) }];
  switch (issue.code) {
    case "invalid_type":
      return [{ keys, ...wrongType(issue) }];
    case "invalid_union":
      return unionFindings(issue);
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
      return [{ keys, message: issue.message, fix: fixOf(issue) }];
  }
}

/**
 * What a schema found, for a reader without it.
 * @param root name of the parsed value, such as `blueprint`; paths start with it
 * @returns at most MAX_FAULTS
 */
export function zodFaults(root: string, error: z.ZodError): Fault[] {
  const all = error.issues.flatMap(findings);
  return all.slice(0, MAX_FAULTS).map(({ keys, message, fix }) => ({ path: jsonPath(root, keys), message, fix }));
}
