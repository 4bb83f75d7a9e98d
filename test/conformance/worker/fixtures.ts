import type { McpServer } from "@modelcontextprotocol/server";
import type { McpDeps } from "../../../src/mcp/deps.ts";
import type { Era } from "../../../src/mcp/protocol/metrics.ts";
import { registerFixed, registerTemplate, registerTool } from "../../../src/mcp/protocol/register.ts";
import { buildServer } from "../../../src/mcp/server.ts";
import { addContentTools } from "./content-tools.ts";
import { addInputPrompt, addInputTools, requestState } from "./input.ts";
import { addPrompts } from "./prompts.ts";
import { addBinary, STATIC_TEXT, TEMPLATE } from "./resources.ts";
import { addTaskTools } from "./task-tools.ts";
import { TOOLS } from "./tools.ts";

/**
 * What the suite asks a server to offer. Whatever our own registration can express goes through it; the rest (images,
 * prompts other than one argument and one text, questions back to the client) is put on the SDK's server.
 */
export function buildFixtureServer(deps: McpDeps, era: Era): McpServer {
  const server = buildServer(deps, era, { requestState });
  const registrar = { server, deps, era, offer: { tools: [], resources: [], prompts: [] } };
  for (const tool of TOOLS) registerTool(registrar, tool);
  registerFixed(registrar, STATIC_TEXT);
  registerTemplate(registrar, TEMPLATE);
  addBinary(server);
  addContentTools(server);
  addInputTools(server);
  addTaskTools(server, registrar);
  addPrompts(server);
  addInputPrompt(server);
  return server;
}
