import * as z from "zod";
import { isOneExpression } from "../../expression/text-template.ts";
import { type Fault, jsonPath } from "../../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { MAX_CHILD_NAMES } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonValue } from "./fields.ts";

const childInput = jsonValue.refine(
  (value) => (typeof value === "string" ? isOneExpression(value) : isJsonObject(value)),
  {
    error: "is neither an object nor one expression",
    params: { fix: 'Send an object, whose strings may hold expressions, or "{% $steps.before %}".' },
  },
);

const isReference = (text: string): boolean => /^[a-z][a-z0-9-]{0,63}(@[1-9]\d{0,8})?$/.test(text);

const NO_NAME = "is not a blueprint's name, such as link-check or link-check@2";
const reference = z.string().refine(isReference, {
  error: NO_NAME,
  params: { fix: "Write the name itself: see blueprints_list." },
});

const isChosen = (blueprint: Json | undefined): boolean => typeof blueprint === "string" && isOneExpression(blueprint);

const chosenOrNamed = z.string().refine((text) => isChosen(text) || isReference(text), {
  error: NO_NAME,
  params: {
    fix: 'Write the name itself (see blueprints_list), a whole blueprint, or one expression beside "one_of": ["name", ...].',
  },
});

const fields = {
  ...common("job", { retries: 0 }),
  one_of: z
    .array(reference)
    .min(1)
    .max(MAX_CHILD_NAMES)
    .optional()
    .describe("Names that an expression as blueprint may give."),
  detached: z.boolean().optional().describe("Only starts it, and goes on."),
  input: childInput.default({}).describe("The child's input: an object, or one expression."),
};

export type JobFields = z.output<z.ZodObject<typeof fields>>;
export type JobFieldsInput = z.input<z.ZodObject<typeof fields>>;

/** Which blueprints may run is known at submit, so that they can be looked up and pinned. */
function choiceFaults({ blueprint, one_of }: JsonObject, at: string): Fault[] {
  if (isChosen(blueprint) && one_of === undefined) {
    const fix = 'Add "one_of": ["name", ...] with all that it may come out as.';
    return [{ path: jsonPath(at, ["one_of"]), message: "is missing: blueprint is an expression", fix }];
  }
  if (isChosen(blueprint) || one_of === undefined || blueprint === undefined) return [];
  const fix = 'Remove it, or write blueprint as one expression, such as "{% $input.kind %}".';
  return [{ path: jsonPath(at, ["one_of"]), message: "means nothing: blueprint is no expression", fix }];
}

/** @param child schema of a blueprint inside another */
export const job = <Child extends z.ZodType>(child: Child) =>
  ({
    templates: ["input"],
    child: "blueprint",
    isUndoable: true,
    output: ({ detached }) => (detached === true ? shapeOf(["job_id"]) : undefined),
    check: choiceFaults,
    schema: stepOf({
      ...fields,
      blueprint: z
        .union([chosenOrNamed, child])
        .describe("`name`, `name@version`, an inline blueprint, or an expression that gives one of `one_of`."),
    }),
  }) satisfies Kind;
