import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DevServer, startDevServer } from "../../tooling/servers/dev-server.ts";

describe("the server on this machine", () => {
  let server: DevServer;
  beforeAll(async () => {
    server = await startDevServer();
  });
  afterAll(() => server?.stop());

  const health = () =>
    fetch(`${server.url}/healthz`).then(
      (response) => response.status,
      () => "refused",
    );

  it("is gone at once after kill -9 and answers again after a restart", async () => {
    expect(await health()).toBe(200);
    await server.kill9();
    expect(await health()).toBe("refused");
    await server.restart();
    expect(await health()).toBe(200);
  });
});
