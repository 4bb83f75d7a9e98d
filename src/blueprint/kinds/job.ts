import * as z from "zod";
import { isOneExpression } from "../../expression/text-template.ts";
import { isJsonObject } from "../../lib/json.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonValue } from "./fields.ts";

const childInput = jsonValue.refine(
  (value) => (typeof value === "string" ? isOneExpression(value) : isJsonObject(value)),
  {
    error: "is neither an object nor one expression",
    params: { fix: 'Send an object, whose strings may hold expressions, or "{% $steps.before %}".' },
  },
);

const fields = {
  ...common("job", { retries: 0 }),
  input: childInput.default({}).describe("The child's input: an object, or one expression."),
};

export type JobFields = z.output<z.ZodObject<typeof fields>>;
export type JobFieldsInput = z.input<z.ZodObject<typeof fields>>;

const reference = z.string().refine((text) => /^[a-z][a-z0-9-]{0,63}(@[1-9]\d{0,8})?$/.test(text), {
  error: "is not a blueprint's name, such as link-check or link-check@2",
  params: { fix: "Write the name itself (no expression: see blueprints_list), or a whole blueprint in its place." },
});

/** @param child schema of a blueprint inside another */
export const job = <Child extends z.ZodType>(child: Child) =>
  ({
    templates: ["input"],
    child: "blueprint",
    isUndoable: true,
    schema: stepOf({
      ...fields,
      blueprint: z.union([reference, child]).describe("`name`, `name@version`, or an inline blueprint, run as a job."),
    }),
  }) satisfies Kind;
