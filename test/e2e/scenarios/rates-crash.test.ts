import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { stayAway } from "../../faults/stored-rows.ts";
import { connectAuto, untilSettled } from "../../support/clients.ts";
import { StrictService } from "./rated.ts";

/** The same requests a second as in rates.test.ts, counted in a longer time: other tests go on beside this one, and disturb it. */
const RATE = { limit: 20, seconds: 5 };

it("a rate is not exceeded over a crash either", async () => {
  const service = new StrictService(RATE);
  await service.start();
  const server = await startServer({ HTTP_ALLOW: service.host, REGISTRY_SHARDS: "2" });
  try {
    const before = await connectAuto(`${server.url}/mcp`);
    const ids = await service.submitBoth(before);
    while (service.taken.length < 15) await sleep(25);
    await stayAway(server);
    await before.close().catch(() => undefined);
    const client = await connectAuto(`${server.url}/mcp`);
    for (const id of ids) expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded" });
    await client.close();
    expect(service.refused).toBe(0);
    expect(service.taken.length).toBeGreaterThanOrEqual(40);
  } finally {
    await server.stop();
    service.close();
  }
}, 120_000);
