import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { stayAway } from "../../faults/stored-rows.ts";
import { connectAuto, untilSettled } from "../../support/clients.ts";
import { StrictService } from "./rated.ts";

/** The same requests a second as in rates.test.ts, counted in a longer time: a server that starts disturbs the others. */
const RATE = { limit: 20, seconds: 5 };

it("a rate is not exceeded over a crash either, and hardly wastes a turn but for the time that the server is away", async () => {
  const service = new StrictService(RATE);
  await service.start();
  const server = await startServer({ HTTP_ALLOW: service.host, REGISTRY_SHARDS: "2" });
  try {
    const before = await connectAuto(`${server.url}/mcp`);
    const ids = await service.submitBoth(before);
    while (service.taken.length < 15) await sleep(25);
    const killed = performance.now();
    await stayAway(server);
    const awayMs = performance.now() - killed;
    await before.close().catch(() => undefined);
    const client = await connectAuto(`${server.url}/mcp`);
    for (const id of ids) expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded" });
    await client.close();
    expect(service.refused).toBe(0);
    expect(service.taken.length).toBeGreaterThanOrEqual(40);
    const least = ((service.taken.length - 1) * RATE.seconds * 1_000) / RATE.limit;
    expect((service.span - awayMs) / least).toBeLessThan(1.2);
  } finally {
    await server.stop();
    service.close();
  }
}, 120_000);
