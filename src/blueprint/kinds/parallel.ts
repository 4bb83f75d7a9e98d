import * as z from "zod";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { MAX_BRANCHES } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { around, type Inner, type Kind, stepOf, withoutRetry } from "./common.ts";
import { stepName } from "./fields.ts";

const fields = {
  ...around("parallel"),
  first: z
    .union([z.literal(true), stepName], { error: "is neither true nor the name of a branch" })
    .optional()
    .describe("true: the first branch to succeed ends the others; a name: that branch."),
};

export type ParallelFields = z.output<z.ZodObject<typeof fields>>;
export type ParallelFieldsInput = z.input<z.ZodObject<typeof fields>>;

const inner = ({ branches = null }: JsonObject): Inner[] =>
  Object.entries(isJsonObject(branches) ? branches : {}).map(([name, steps]) => {
    return { keys: ["branches", name], steps, segment: `.${name}`, sees: [] };
  });

function firstFaults({ branches = null, first }: JsonObject, at: string): Fault[] {
  if (typeof first !== "string" || !isJsonObject(branches) || Object.hasOwn(branches, first)) return [];
  const fix = `Write true, or one of ${Object.keys(branches).join(", ")}.`;
  return [{ path: jsonPath(at, ["first"]), message: `there is no branch ${JSON.stringify(first)}`, fix }];
}

const BY_NAME = 'steps by name: {"left": [...], "right": [...]}';
const named: z.core.$ZodErrorMap = ({ code }) =>
  code === "invalid_type" ? `Send an object. It holds ${BY_NAME}.` : undefined;

const isFew = (branches: object): boolean => {
  const { length } = Object.keys(branches);
  return length >= 1 && length <= MAX_BRANCHES;
};

/** @param steps schema of a list of steps of any kind, this one too */
export const parallel = <Steps extends z.ZodType>(steps: Steps) =>
  ({
    templates: [],
    check: firstFaults,
    output: ({ branches = null, first }, last) => ({
      fields:
        first !== undefined
          ? shapeOf(["branch", "value"]).fields
          : new Map(Object.entries(isJsonObject(branches) ? branches : {}).map(([name, each]) => [name, last(each)])),
    }),
    inner,
    schema: stepOf({
      ...fields,
      branches: z
        .record(stepName, steps, { error: named })
        .refine(isFew, {
          error: `must have 1 to ${MAX_BRANCHES} branches`,
          params: { fix: `Send ${BY_NAME}; for many alike use a map.` },
        })
        .describe("Lists of steps by name, run at the same time; none sees another's outputs."),
    }).overwrite(withoutRetry),
  }) satisfies Kind;
