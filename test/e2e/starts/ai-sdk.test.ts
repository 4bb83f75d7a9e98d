import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createMCPClient,
  type Experimental_MCPEventStore as EventStore,
  type Experimental_MCPEventSubscription as EventSubscription,
  experimental_createMCPEventWebhook as eventWebhook,
} from "@ai-sdk/mcp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyOf, newSecret, newTenant, type Tenant } from "../../../tooling/fuzz/tenants.ts";
import { freePort } from "../../../tooling/servers/free-port.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";

/** The AI SDK, which we did not write, as a client of the Events extension and as the receiver of its callbacks. */

const AUTH_SECRET = newSecret();

class MemoryStore implements EventStore {
  readonly kept = new Map<string, EventSubscription>();
  get = async (key: string) => this.kept.get(key);
  getById = async (id: string) => [...this.kept.values()].find((each) => each.id === id);
  set = async (each: EventSubscription) => void this.kept.set(each.key, each);
  update = async (key: string, patch: Partial<EventSubscription>) => {
    const before = this.kept.get(key);
    if (before !== undefined) this.kept.set(key, { ...before, ...patch });
  };
  delete = async (key: string) => void this.kept.delete(key);
}

/** Its handler over HTTP, as an application mounts it. */
async function mounted(handle: (request: Request) => Promise<Response>, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]);
    const url = `http://127.0.0.1:${port}${request.url}`;
    const answer = await handle(new Request(url, { method: request.method ?? "POST", headers, body }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

let server: RunningServer;
let tenant: Tenant;
let key: string;
let port: number;

beforeAll(async () => {
  port = await freePort();
  server = await startServer({ AUTH_SECRET, EVENTS_ALLOW: `http://127.0.0.1:${port}` });
  tenant = await newTenant(server.url, "ai-sdk", AUTH_SECRET);
  key = await keyOf("ai-sdk", AUTH_SECRET);
});
afterAll(() => server?.stop());

async function until(isReached: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !isReached(); await sleep(50)) {
    if (Date.now() > end) throw new Error("nothing came within a minute");
  }
}

describe.each([
  ["2026-07-28", true],
  ["2025-11-25", false],
])("@ai-sdk/mcp in the era of %s", (_era, protocolVersionDiscovery) => {
  it("lists, subscribes, receives over kill -9, refreshes and unsubscribes", async () => {
    const store = new MemoryStore();
    const came: { id: string; job: unknown }[] = [];
    const faults: unknown[] = [];
    const handle = eventWebhook({
      store,
      onEvent: async ({ event }) => void came.push({ id: event.eventId, job: event.data.job_id }),
      onError: (error) => faults.push(error),
    });
    const receiver = await mounted(handle, port);
    expect((receiver.address() as AddressInfo).port).toBe(port);
    const transport = { type: "http" as const, url: `${server.url}/mcp`, headers: { authorization: `Bearer ${key}` } };
    const client = await createMCPClient({ transport, experimental_events: { store }, protocolVersionDiscovery });
    try {
      const events = client.experimental_events;
      const listed = await events.list();
      expect(listed.events.map(({ name }) => name)).toContain("job.settled");
      const subscribed = await events.subscribe({
        name: "job.settled",
        arguments: { status: "succeeded" },
        delivery: { mode: "webhook", url: `http://127.0.0.1:${port}/h`, allowInsecureLocalhost: true },
        ttlMs: 3_600_000,
      });
      const run = async () => {
        const blueprint = { name: "one", steps: [{ id: "one", type: "transform", value: 1 }] };
        return (await tenant.tool("jobs_submit_blueprint", { blueprint, wait_seconds: 30 })).id;
      };
      const jobs = [await run()];
      await until(() => came.length === 1);
      jobs.push(await run());
      await server.kill9();
      await server.restart();
      jobs.push(await run());
      await until(() => new Set(came.map(({ id }) => id)).size === jobs.length);
      const seen = came.filter(({ id }, i) => came.findIndex((each) => each.id === id) === i);
      expect(seen.map(({ job }) => job)).toEqual(jobs);

      const [stored] = store.kept.values();
      const id = stored?.id ?? "";
      expect(id).toMatch(/^sub_[0-9a-f]{32}$/);
      expect(JSON.stringify(subscribed)).toContain(id);
      await events.refresh({ id });
      expect([...store.kept.values()][0]?.id).toBe(id);
      await events.unsubscribe({ id });
      await run();
      await sleep(2_000);
      expect(new Set(came.map((each) => each.id)).size).toBe(jobs.length);
      expect(faults).toEqual([]);
    } finally {
      await client.close();
      receiver.closeAllConnections();
      await new Promise((resolve) => receiver.close(resolve));
    }
  }, 200_000);
});
