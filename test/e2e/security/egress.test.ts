import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../../support/clients.ts";

/** A place that nobody may reach, and one that may be, which sends its visitors there. */
let trap: Server;
let lure: Server;
let server: RunningServer;
let client: AnyClient;
let connections = 0;
let lured = 0;

const portOf = (listener: Server): number => (listener.address() as AddressInfo).port;
const listening = (listener: Server): Promise<Server> =>
  new Promise((resolve) => listener.listen(0, "127.0.0.1", () => resolve(listener)));

beforeAll(async () => {
  trap = await listening(
    createServer((_, response) => response.end("trapped")).on("connection", () => (connections += 1)),
  );
  lure = await listening(
    createServer(({ url = "/" }, response) => {
      lured += 1;
      if (url === "/fine") return void response.end("fine");
      const hops = /^\/hops\/(\d)$/.exec(url)?.[1];
      const next =
        hops !== undefined && hops !== "0" ? `/hops/${Number(hops) - 1}` : `http://127.0.0.1:${portOf(trap)}/`;
      response.writeHead(307, { location: next }).end();
    }),
  );
  server = await startServer({ HTTP_ALLOW: `127.0.0.1:${portOf(lure)}` });
  client = await connectAuto(`${server.url}/mcp`);
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
  for (const listener of [trap, lure]) listener?.closeAllConnections();
  await Promise.all([trap, lure].map((listener) => new Promise((done) => listener?.close(done))));
});

const hosts = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "017700000001",
  "localhost",
  "LOCALHOST.",
  "localhost..",
].concat([
  ...[
    "a.localhost",
    "0.0.0.0",
    "0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "①②⑦.0.0.①",
    "127%2e0.0.1",
  ],
]);

async function settled(blueprint: object | string, input: object) {
  const { structured } = await callTool(client, "jobs_submit_blueprint", { blueprint, input });
  return untilSettled(client, String(structured.id));
}

it("a job reaches nothing private, by any of 20 URLs and redirects", async () => {
  const [there, over] = [`:${portOf(trap)}/`, `http://127.0.0.1:${portOf(lure)}`];
  const urls = [...hosts.map((host) => `http://${host}${there}`), `${over}/away`, `${over}/hops/1`, `${over}/hops/3`];
  expect(urls).toHaveLength(20);
  const get = { id: "get", type: "http", url: "{% $item %}", on_error: "continue", retry: { limit: 0 } };
  const steps = [{ id: "all", type: "map", over: "{% $input.urls %}", steps: [get] }];
  const job = await settled({ name: "hostile", steps }, { urls: [...urls, `${over}/fine`] });
  const outputs = (job.result as { value: { error?: { code: string }; status?: number }[] }).value;
  expect(outputs.slice(0, -1).map(({ error }) => error?.code)).toEqual(urls.map(() => "refused_address"));
  expect(outputs.at(-1)).toMatchObject({ status: 200, body: "fine" });
  expect(lured).toBe(1 + 2 + 4 + 1);
  expect(connections).toBe(0);
});

it("neither does a blueprint of the catalogue", async () => {
  const job = await settled("url-audit", { urls: hosts.slice(0, 5).map((host) => `http://${host}:${portOf(trap)}/`) });
  expect(["succeeded", "failed"]).toContain(job.status);
  expect(connections).toBe(0);
});
