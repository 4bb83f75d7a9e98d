import { expect, it } from "vitest";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { connectAuto, untilSettled } from "../../support/clients.ts";
import { StrictService } from "./rated.ts";

it("a rate of four a second that two jobs of two shards have together is never exceeded, and hardly wastes a turn", async () => {
  const service = new StrictService({ limit: 4, seconds: 1 });
  await service.start();
  const server = await startServer({ HTTP_ALLOW: service.host, REGISTRY_SHARDS: "2" });
  const client = await connectAuto(`${server.url}/mcp`);
  try {
    const ids = await service.submitBoth(client);
    for (const id of ids) expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded" });
    expect(service.refused).toBe(0);
    expect(service.taken.length).toBeGreaterThanOrEqual(40);
    const least = ((service.taken.length - 1) * 1_000) / 4;
    expect(service.span).toBeLessThan(1.2 * least);
  } finally {
    await client.close();
    await server.stop();
    service.close();
  }
}, 90_000);
