import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../../support/clients.ts";

/** Redirects to whatever its path says, after as many hops as its path asks for; notes who sent its visitors. */
let lure: Server;
let server: RunningServer;
let client: AnyClient;
const senders: unknown[] = [];

/** Names of this machine, which the operator lets jobs reach: only the server itself can refuse them. */
const ALLOWED = ["127.0.0.1", "localhost"];

beforeAll(async () => {
  lure = createServer(({ url = "/", headers }, response) => {
    senders.push(headers["edge-jobs-sender"]);
    const [, status, hops, target = ""] = /^\/(\d+)\/(\d)\/(.*)$/.exec(url) ?? [];
    if (status === undefined) return void response.end("fine");
    const next = hops === "0" ? decodeURIComponent(target) : `/${status}/${Number(hops) - 1}/${target}`;
    response.writeHead(Number(status), { location: next }).end();
  });
  await new Promise<void>((resolve) => lure.listen(0, "127.0.0.1", resolve));
  server = await startServer({ HTTP_ALLOW: ALLOWED.join(",") });
  client = await connectAuto(`${server.url}/mcp`);
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
  lure?.closeAllConnections();
  await new Promise((done) => lure?.close(done));
});

const submit = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: {
    name: "jobs_submit_blueprint",
    arguments: { blueprint: "url-audit", input: { urls: ["https://a.example"] } },
  },
};

async function result(blueprint: object | string, input: object): Promise<Record<string, unknown>> {
  const { structured, text } = await callTool(client, "jobs_submit_blueprint", { blueprint, input });
  if (structured.id === undefined) throw new Error(text);
  const job = await untilSettled(client, String(structured.id));
  if (job.status !== "succeeded") throw new Error(JSON.stringify(job));
  return job.result as Record<string, unknown>;
}

it("a job does not reach the server that runs it, by any of 20 ways, and learns so at the first try", async () => {
  const { port } = new URL(server.url);
  const home = (host: string, path = "/mcp") => `http://${host}:${port}${path}`;
  const via = (status: number, hops: number, target: string) =>
    `http://127.0.0.1:${(lure.address() as AddressInfo).port}/${status}/${hops}/${encodeURIComponent(target)}`;
  const own = home("127.0.0.1");
  const post = { method: "POST", body: submit };
  const requests: { url: string; [field: string]: unknown }[] = [
    { url: own, ...post, headers: { accept: "application/json, text/event-stream" } },
    { url: own, ...post, headers: { "edge-jobs-sender": "" } },
    { url: own, ...post, headers: { "Edge-Jobs-Sender": "nobody" } },
    { url: home("LOCALHOST"), ...post },
    { url: home("127.0.0.1."), ...post },
    { url: home("127.1"), ...post },
    { url: home("2130706433"), ...post },
    { url: home("0x7f000001"), ...post },
    { url: home("①②⑦.0.0.①"), ...post },
    { url: home("127.0.0.1", "/") },
    { url: home("127.0.0.1", "/healthz"), method: "HEAD" },
    { url: home("127.0.0.1", "/keys") },
    { url: home("127.0.0.1", "/oauth/register"), ...post },
    { url: home("127.0.0.1", "/.well-known/oauth-authorization-server") },
    { url: home("127.0.0.1", "//mcp?x=1#y"), ...post },
    { url: home("127.0.0.1", "/nothing"), method: "DELETE" },
    { url: via(307, 0, own), ...post },
    { url: via(308, 3, home("localhost")), ...post },
    { url: via(302, 1, home("127.1", "/")) },
    { url: own, ...post, expect: [200, 403] },
  ];
  expect(requests).toHaveLength(20);
  const branches = requests.map((request, i) => [
    `way${i}`,
    [{ id: `way${i}`, type: "http", on_error: "continue", ...request }],
  ]);
  const fine = { id: "fine", type: "http", url: `http://127.0.0.1:${(lure.address() as AddressInfo).port}/` };
  const half = (from: number) => ({
    id: `half${from}`,
    type: "parallel",
    branches: Object.fromEntries(branches.slice(from, from + 10)),
  });
  const steps = [half(0), half(10), fine];
  const output = "{% $merge([$steps.half0, $steps.half10, {'fine': $steps.fine.body}]) %}";
  const found = await result({ name: "own-server", steps, output }, {});
  const errors = requests.map((_, i) => (found[`way${i}`] as { error?: { code: string } }).error?.code);
  expect(errors).toEqual(requests.map(() => "refused_address"));
  expect(found.fine).toBe("fine");
  expect(new Set(senders)).toEqual(new Set(["local"]));
  const { structured } = await callTool(client, "jobs_list", {});
  expect(structured.jobs).toHaveLength(1);
});

it("neither does a handler of the catalogue", async () => {
  const { pages } = (await result("url-audit", { urls: [server.url, `${server.url}/mcp`] })) as {
    pages: { error: string | null }[];
  };
  expect(pages.map(({ error }) => error)).toEqual([
    expect.stringContaining("the server that runs this job"),
    expect.stringContaining("the server that runs this job"),
  ]);
});

it("whoever is no job of this deployment is served", async () => {
  const ask = (sender: string) => fetch(`${server.url}/healthz`, { headers: { "edge-jobs-sender": sender } });
  expect((await ask("another-deployment")).status).toBe(200);
  expect((await ask("local")).status).toBe(403);
});
