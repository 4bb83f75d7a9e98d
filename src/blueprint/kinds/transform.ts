import { common, type Kind } from "./common.ts";
import { jsonValue, strict } from "./fields.ts";

export const transform = {
  templates: ["value"],
  schema: strict({
    ...common("transform", { retries: 0 }),
    value: jsonValue.describe("Any JSON with expressions in its strings; the step's output."),
  }),
} satisfies Kind;
