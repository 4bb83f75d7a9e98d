import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { keyOf, newSecret, newTenant, type Tenant } from "../../../tooling/fuzz/tenants.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { type Receiver, startReceiver, takeAll } from "../../../tooling/services/receiver.ts";
import { hostileUrls } from "../../support/hostile-urls.ts";

/** Callbacks of a real server: where nobody may reach, no event goes, however the place is named or came to be. */

const AUTH_SECRET = newSecret();
/** Of one address in each way of writing it; all of them are tried below, without a server (test/egress). */
const STRIDE = 7;

let trap: Server;
let connections = 0;
let receiver: Receiver;
let server: RunningServer;
let tenant: Tenant;
let key: string;
const vars: Record<string, string> = { AUTH_SECRET };

beforeAll(async () => {
  trap = createServer((_, response) => response.end("trapped")).on("connection", () => (connections += 1));
  await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
  receiver = await startReceiver();
  vars.EVENTS_ALLOW = receiver.url;
  server = await startServer(vars);
  tenant = await newTenant(server.url, "callbacks", AUTH_SECRET);
  key = await keyOf("callbacks", AUTH_SECRET);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
  trap?.closeAllConnections();
  await new Promise((resolve) => trap?.close(resolve));
});

const trapPort = () => (trap.address() as AddressInfo).port;
const toTrap = () => ({ status: 307, headers: { location: `http://127.0.0.1:${trapPort()}/` } });
const secret = `whsec_${btoa("a".repeat(32))}`;

async function subscribe(url: string): Promise<{ result?: JsonObject; error?: JsonObject }> {
  const params = { name: "job.settled", arguments: { name: url }, delivery: { mode: "webhook", url, secret } };
  return (await tenant.send({ method: "events/subscribe", params }, "2026-07-28")).message;
}

async function rest(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return JSON.parse(await response.text());
}

const settle = (name: string) => tenant.submit([{ id: "a", type: "transform", value: 1 }], { name, wait_seconds: 30 });

/** Its sendings, the first one first, once there are so many. */
async function sendings(id: string, count: number): Promise<JsonObject[]> {
  for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const { deliveries } = await rest("GET", `/subscriptions/${id}/deliveries`);
    const all = (deliveries as JsonObject[]).toReversed();
    if (all.length >= count) return all;
    if (Date.now() > end) throw new Error(`only ${all.length} of ${count} were sent`);
  }
}

it("refuses to subscribe a callback where nobody may reach", async () => {
  const hostile = hostileUrls(trapPort()).filter((_, i) => i % STRIDE === 0);
  expect(hostile.length).toBeGreaterThan(30);
  for (const url of [`http://127.0.0.1:${trapPort()}/`, `https://localhost:${trapPort()}/`, ...hostile]) {
    expect((await subscribe(url)).error, url).toMatchObject({ code: -32_602 });
  }
  expect(connections).toBe(0);
});

it("takes no callback that sends its challenge on", async () => {
  receiver.answer = toTrap;
  const { error } = await subscribe(`${receiver.url}/elsewhere`);
  expect(error).toMatchObject({ code: -32_015, data: { reason: "challenge_failed" } });
  expect(connections).toBe(0);
});

it("follows no callback that moved, and sends nothing to one that is allowed no longer", async () => {
  receiver.answer = takeAll;
  const url = `${receiver.url}/cb`;
  const id = String((await subscribe(url)).result?.id);
  receiver.answer = toTrap;
  await settle(url);
  expect((await sendings(id, 1))[0]).toMatchObject({ outcome: "failed", http_status: 307 });
  expect(await rest("POST", `/subscriptions/${id}/replay`, { delivery: 1 })).toMatchObject({ http_status: 307 });

  vars.EVENTS_ALLOW = "https://nobody.example";
  receiver.answer = takeAll;
  await server.kill9();
  await server.restart();
  const had = receiver.received.length;
  const known = (await sendings(id, 2)).length;
  const refused = { outcome: "failed", http_status: null, error: "connection_refused" };
  expect(await rest("POST", `/subscriptions/${id}/replay`, { delivery: 1 })).toMatchObject(refused);
  expect((await sendings(id, known + 1)).at(-1)).toMatchObject(refused);
  expect(receiver.received).toHaveLength(had);
  expect(connections).toBe(0);
}, 120_000);
