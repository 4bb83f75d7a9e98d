import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { stayAway } from "../../faults/stored-rows.ts";
import { connectAuto, untilSettled } from "../../support/clients.ts";
import { type Rate, StrictService } from "./rated.ts";

/** A server is late with its turns when it starts anew: what asks over a crash is counted in a longer time. */
const OVER_A_CRASH = { limit: 20, seconds: 5 };

async function withService(
  rate: Rate,
  test: (service: StrictService, server: RunningServer) => Promise<void>,
): Promise<void> {
  const service = new StrictService(rate);
  await service.start();
  const server = await startServer({ HTTP_ALLOW: service.host, REGISTRY_SHARDS: "2" });
  try {
    await test(service, server);
    expect(service.refused).toBe(0);
    expect(service.taken.length).toBeGreaterThanOrEqual(40);
  } finally {
    await server.stop();
    service.close();
  }
}

/** The least time that so many requests take, in ms. */
const leastOf = ({ taken }: StrictService, { limit, seconds }: Rate): number =>
  ((taken.length - 1) * seconds * 1_000) / limit;

async function untilAllSucceeded(server: RunningServer, ids: readonly string[]): Promise<void> {
  const client = await connectAuto(`${server.url}/mcp`);
  for (const id of ids) expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded" });
  await client.close();
}

async function submitBoth(service: StrictService, server: RunningServer): Promise<string[]> {
  const client = await connectAuto(`${server.url}/mcp`);
  const ids = await service.submitBoth(client);
  await client.close();
  return ids;
}

// Each mostly waits, and has a server of its own.
describe.concurrent("a rate that two jobs of two shards have together", { timeout: 120_000 }, () => {
  const EACH_SECOND = { limit: 4, seconds: 1 };

  it("is never exceeded, at four a second, and hardly wastes a turn", () =>
    withService(EACH_SECOND, async (service, server) => {
      await untilAllSucceeded(server, await submitBoth(service, server));
      expect(service.span).toBeLessThan(1.2 * leastOf(service, EACH_SECOND));
    }));

  it("is not exceeded over a crash either, and hardly wastes a turn but for the time that the server is away", () =>
    withService(OVER_A_CRASH, async (service, server) => {
      const ids = await submitBoth(service, server);
      while (service.taken.length < 15) await sleep(25);
      const killed = performance.now();
      await stayAway(server);
      const awayMs = performance.now() - killed;
      await untilAllSucceeded(server, ids);
      expect((service.span - awayMs) / leastOf(service, OVER_A_CRASH)).toBeLessThan(1.2);
    }));
});
