import { McpServer, type McpServerFactory, createMcpHandler as sdkHandler } from "@modelcontextprotocol/server";
import { createMcpHandler as agentsHandler } from "agents/mcp/server";
import { z } from "zod";
import type { BareEnv, BareRow } from "../../tooling/workerd/bare-object.ts";

export { BareObject } from "../../tooling/workerd/bare-object.ts";

const reply = (row: BareRow | null) => ({
  content: [{ type: "text" as const, text: row?.body ?? "unknown" }],
  structuredContent: { ...row },
});

/** What their guides show: a server for each request, here with the bare object behind two tools. */
const factory =
  ({ BARE }: BareEnv): McpServerFactory =>
  () => {
    const server = new McpServer({ name: "stock", version: "1.0.0" });
    const object = BARE.getByName("bench");
    server.registerTool(
      "read",
      { description: "Reads a row.", inputSchema: z.object({ id: z.string() }) },
      async ({ id }) => reply(await object.read(id)),
    );
    server.registerTool("insert", { description: "Writes a row.", inputSchema: z.object({}) }, async () =>
      reply(await object.insert()),
    );
    return server;
  };

export default {
  fetch: (request, env) => {
    const make = factory(env);
    return new URL(request.url).pathname === "/agents"
      ? agentsHandler(make, { route: "/agents" }).fetch(request)
      : sdkHandler(make).fetch(request);
  },
} satisfies ExportedHandler<BareEnv>;
