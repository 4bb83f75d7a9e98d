import { jsonPath } from "../../lib/fault.ts";
import { isJsonObject } from "../../lib/json.ts";
import { DEFAULT_AI_TOKENS, MAX_AI_TOKENS, MAX_STEP_TIMEOUT_MS } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { checkInputSchema } from "../schemas/input-schema.ts";
import { durationTerm, numberTerm } from "../terms.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonObject, text } from "./fields.ts";

export const ai = {
  templates: ["prompt", "system", "model"],
  output: () => shapeOf(["text", "value", "model", "usage"], "value"),
  needsModel: true,
  check: ({ schema }, at) => (isJsonObject(schema) ? checkInputSchema(schema, jsonPath(at, ["schema"])) : []),
  schema: stepOf({
    ...common("ai", { retries: 3 }),
    timeout: durationTerm(MAX_STEP_TIMEOUT_MS).default("2 minutes").describe("For one try."),
    prompt: text.describe("What the model is asked; what is no text is sent as JSON."),
    system: text.optional().describe("How it shall answer."),
    schema: jsonObject.optional().describe("JSON Schema of the object that it must answer with, which is then value."),
    model: text.optional().describe("The server's own when left out."),
    max_tokens: numberTerm(1, MAX_AI_TOKENS).default(DEFAULT_AI_TOKENS).describe("Of the answer."),
  }),
} satisfies Kind;
