import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SampleService, startSampleService } from "../../tooling/sample-service.ts";

describe("the sample service", () => {
  let service: SampleService;
  beforeAll(async () => {
    service = await startSampleService({ now: () => 42 });
  });
  afterAll(() => service.close());

  const get = (path: string) => fetch(service.url + path, { redirect: "manual" });
  const statusOf = async (path: string) => (await get(path)).status;

  it.each([
    ["/", 200],
    ["/ok.json", 200],
    ["/text", 200],
    ["/slow?ms=1", 200],
    ["/moved", 302],
    ["/missing", 404],
    ["/broken", 500],
    ["/effects", 405],
  ])("answers %s with %i", async (path, status) => {
    expect(await statusOf(path)).toBe(status);
  });

  it("fails the first calls of each key of /flaky and counts all calls", async () => {
    const before = service.hits.get("/flaky") ?? 0;
    const paths = ["/flaky?key=a", "/flaky?key=a", "/flaky?key=b&times=0", "/flaky?key=a"];
    const statuses: number[] = [];
    for (const path of paths) statuses.push(await statusOf(path));
    expect(statuses).toEqual([503, 503, 200, 200]);
    expect(service.hits.get("/flaky")).toBe(before + 4);
  });

  it("says on /too-many when to come back", async () => {
    const refused = await get("/too-many?after=7");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(await statusOf("/too-many")).toBe(200);
  });

  it("records each effect with its Idempotency-Key and counts it by key", async () => {
    const post = async (key: string) => {
      const headers = { "Idempotency-Key": key, "Content-Type": "application/json" };
      const response = await fetch(`${service.url}/effects?n=1`, { method: "POST", headers, body: '{"a":1}' });
      return response.json();
    };
    expect(await Promise.all([post("k1"), post("k2")])).toEqual([{ count: 1 }, { count: 1 }]);
    expect(await post("k1")).toEqual({ count: 2 });
    expect(service.effects.at(-1)).toEqual({
      method: "POST",
      path: "/effects?n=1",
      idempotencyKey: "k1",
      at: 42,
      body: { a: 1 },
    });
  });

  it("sends as many bytes as /big is asked for", async () => {
    expect(await (await get("/big?bytes=70000")).text()).toHaveLength(70_000);
  });

  it("closes /cut half way", async () => {
    const response = await get("/cut");
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it("never answers /hang until it is closed", async () => {
    const other = await startSampleService();
    const hanging = fetch(`${other.url}/hang`);
    await expect.poll(() => other.hits.get("/hang")).toBe(1);
    await other.close();
    await expect(hanging).rejects.toThrow();
  });
});
