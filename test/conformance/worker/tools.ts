import { fromJsonSchema } from "@modelcontextprotocol/server";
import { z } from "zod";
import { err, ok } from "../../../src/lib/result.ts";
import { defineTool, type Tool } from "../../../src/mcp/tool.ts";

/** Fixtures that are tools like our own. */

const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const NoArguments = z.strictObject({});
const Nothing = z.looseObject({});

const reply = (text: string) => ok({ next: "", structured: {}, text });

const plain = (name: string, description: string, text: string): Tool =>
  defineTool({
    ...{ name, title: name, description, annotations },
    scope: "jobs:write",
    input: NoArguments,
    output: Nothing,
    run: async () => reply(text),
  });

const failing = defineTool({
  name: "test_error_handling",
  title: "Error",
  description: "Always answers with an error.",
  scope: "jobs:write",
  annotations,
  input: NoArguments,
  output: Nothing,
  run: async () => err("This tool intentionally returns an error for testing"),
});

const progressing = defineTool({
  name: "test_tool_with_progress",
  title: "Progress",
  description: "Reports progress three times, to callers that want to hear of it.",
  scope: "jobs:write",
  annotations,
  input: NoArguments,
  output: Nothing,
  run: async (_args, _deps, { tell }) => {
    for (const progress of [0, 50, 100]) await tell?.({ progress, total: 100, message: `${progress} of 100` });
    return reply("done");
  },
});

const mirrored = defineTool({
  name: "test_x_mcp_header",
  title: "Mirrored argument",
  description: "Has an argument that clients repeat in the header Mcp-Param-Region.",
  scope: "jobs:write",
  annotations,
  input: z.strictObject({
    region: z.string().optional().describe("Any text.").meta({ "x-mcp-header": "Region" }),
  }),
  output: Nothing,
  run: async ({ region }) => reply(`region=${region ?? "(none)"}`),
});

/** The suite compares this schema, keyword by keyword, with what tools/list shows. */
const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

const schemaTool: Tool = {
  ...plain("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features.", "ok"),
  inputSchema: fromJsonSchema(SCHEMA),
};

export const TOOLS: readonly Tool[] = [
  plain("test_simple_text", "Answers with text.", "This is a simple text response for testing."),
  plain("test_streaming_elicitation", "Answers with nothing but a result.", "no requests on the stream"),
  failing,
  progressing,
  mirrored,
  schemaTool,
];
