import * as z from "zod";
import { MAX_NAME_CHARS } from "../../limits.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonValue } from "./fields.ts";

export const handler = {
  isUndoable: true,
  templates: ["input"],
  schema: stepOf({
    ...common("handler", { retries: 0 }),
    handler: z.string().min(1).max(MAX_NAME_CHARS).describe("Its name."),
    input: jsonValue.default({}).describe("The function's input."),
  }),
} satisfies Kind;
