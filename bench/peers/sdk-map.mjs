import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { announce } from "./announce.mjs";
import { find, submit } from "./jobs.mjs";

const reply = (job) => ({ content: [{ type: "text", text: JSON.stringify(job) }], structuredContent: { ...job } });

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: "sdk-map", version: "1.0.0" });
  server.registerTool("submit", { description: "Submits a job.", inputSchema: z.object({}) }, async () =>
    reply(submit()),
  );
  server.registerTool(
    "status",
    { description: "Says how a job stands.", inputSchema: z.object({ id: z.string() }) },
    async ({ id }) => reply(find(id)),
  );
  return server;
});

const http = createServer(toNodeHandler(handler));
http.listen(0, "127.0.0.1", () => announce(http.address().port));
