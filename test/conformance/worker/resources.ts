import type { McpServer } from "@modelcontextprotocol/server";
import { ok } from "../../../src/lib/result.ts";
import type { FixedResource, TemplateResource } from "../../../src/mcp/resource.ts";
import { IMAGE } from "./samples.ts";

const cacheHint = { ttlMs: 1_000, cacheScope: "public" } as const;

export const STATIC_TEXT: FixedResource = {
  name: "static-text",
  title: "Static text",
  description: "A text that never changes.",
  mimeType: "text/markdown",
  cacheHint,
  uri: "test://static-text",
  read: () => "This is the content of the static text resource.",
};

export const TEMPLATE: TemplateResource = {
  name: "template",
  title: "Template",
  description: "Repeats the id of its URI.",
  mimeType: "application/json",
  cacheHint,
  template: "test://template/{id}/data",
  variable: "id",
  read: async (id) => ok(JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })),
  complete: async () => [],
};

export function addBinary(server: McpServer): void {
  const uri = "test://static-binary";
  const { mimeType, data } = IMAGE;
  server.registerResource("static-binary", uri, { description: "An image.", mimeType, cacheHint }, () => ({
    contents: [{ uri, mimeType, blob: data }],
  }));
}
