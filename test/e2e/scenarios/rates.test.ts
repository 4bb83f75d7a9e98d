import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../../support/clients.ts";

const PER_SECOND = 4;

/** A service that refuses what is more than its rate in any second. */
class StrictService {
  readonly taken: number[] = [];
  refused = 0;
  readonly #server = createServer((_request, response) => {
    const now = performance.now();
    const isOver = this.taken.filter((at) => now - at < 1_000).length >= PER_SECOND;
    if (isOver) this.refused += 1;
    else this.taken.push(now);
    response.writeHead(isOver ? 429 : 200, { "Content-Type": "application/json" }).end("{}");
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  clear(): void {
    this.taken.length = 0;
    this.refused = 0;
  }

  /** From the first request to the last, in ms. */
  get span(): number {
    return (this.taken.at(-1) ?? 0) - (this.taken[0] ?? 0);
  }

  close(): void {
    this.#server.close();
  }
}

const service = new StrictService();
let host: string;
let server: RunningServer;
let client: AnyClient;

const connect = () => connectAuto(`${server.url}/mcp`);

beforeAll(async () => {
  host = await service.start();
  server = await startServer({ HTTP_ALLOW: host, REGISTRY_SHARDS: "2" });
  client = await connect();
}, 240_000);

afterAll(async () => {
  await client?.close();
  await server?.stop();
  service.close();
});

/** One job in each shard, with so many items. They begin when it is known which: those too many take no turn. */
async function submitBoth(items: readonly [number, number]): Promise<string[]> {
  const rate = { limit: PER_SECOND, per: "1 second", key: host };
  // Whoever was amid a request when the server died is looked after once that would have ended.
  const ends = { retry: { limit: 0 }, timeout: "8 seconds" };
  const request = { id: "ask", type: "http", url: `http://${host}/`, rate, ...ends };
  const run_at = new Date(Date.now() + 5_000).toISOString();
  const ids = new Map<string, string>();
  while (ids.size < 2) {
    const over = Array.from({ length: items[ids.size] ?? 0 }, (_, i) => i);
    const steps = [{ id: "rows", type: "map", over, concurrency: 10, steps: [request] }];
    const { structured } = await callTool(client, "jobs_submit_blueprint", {
      blueprint: { name: "rated", steps },
      run_at,
    });
    const id = String(structured.id);
    const shard = id.slice(-2);
    if (ids.has(shard)) await callTool(client, "jobs_cancel", { job_id: id });
    else ids.set(shard, id);
  }
  return [...ids.values()];
}

describe("a rate of four a second", () => {
  it("that two jobs of two shards have together is never exceeded, and hardly wastes a turn", async () => {
    const ids = await submitBoth([30, 10]);
    for (const id of ids) expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded" });
    expect(service.refused).toBe(0);
    expect(service.taken.length).toBeGreaterThanOrEqual(40);
    const least = ((service.taken.length - 1) * 1_000) / PER_SECOND;
    expect(service.span).toBeLessThan(1.2 * least);
  }, 90_000);

  it("is not exceeded over a crash either", async () => {
    service.clear();
    const ids = await submitBoth([30, 10]);
    while (service.taken.length < 15) await new Promise((resolve) => setTimeout(resolve, 25));
    await server.kill9();
    await client.close().catch(() => undefined);
    await server.restart();
    client = await connect();
    for (const id of ids) expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded" });
    expect(service.refused).toBe(0);
    expect(service.taken.length).toBeGreaterThanOrEqual(40);
  }, 120_000);
});
