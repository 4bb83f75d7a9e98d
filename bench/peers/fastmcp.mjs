import { createServer } from "node:net";
import { FastMCP } from "fastmcp";
import { z } from "zod";
import { announce } from "./announce.mjs";
import { find, submit } from "./jobs.mjs";

/** It takes no port 0. */
const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const server = new FastMCP({ name: "fastmcp", version: "1.0.0" });
server.addTool({
  name: "submit",
  description: "Submits a job.",
  parameters: z.object({}),
  execute: async () => JSON.stringify(submit()),
});
server.addTool({
  name: "status",
  description: "Says how a job stands.",
  parameters: z.object({ id: z.string() }),
  execute: async ({ id }) => JSON.stringify(find(id)),
});

const port = await freePort();
await server.start({ transportType: "httpStream", httpStream: { port, host: "127.0.0.1", stateless: true } });
announce(port);
