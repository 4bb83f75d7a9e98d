import { literalShape } from "../faults/shapes.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonValue } from "./fields.ts";

export const transform = {
  templates: ["value"],
  output: ({ value }) => literalShape(value),
  schema: stepOf({
    ...common("transform", { retries: 0 }),
    value: jsonValue.describe("Any JSON with expressions in its strings; the step's output."),
  }),
} satisfies Kind;
