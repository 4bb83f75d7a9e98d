import { describe, expect, it } from "vitest";
import { RefusedAddress } from "../../../src/egress/egress.ts";
import { inRegistry } from "../../registry/bench.ts";
import { json, runSteps, scripted } from "../bench.ts";

const URL_1 = "https://api.example.com/things";
const get = (more: Record<string, string | number | boolean | object> = {}) => [
  { id: "call", type: "http", url: URL_1, ...JSON.parse(JSON.stringify(more)) },
];
const status =
  (code: number, headers: Record<string, string> = {}) =>
  () =>
    new Response("answer", { status: code, headers });

describe("http", () => {
  it("yields status, headers, parsed body and size", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(json({ a: 1 }));
      const run = await runSteps(bench, get(), { fetch });
      expect((await run.status()).result).toMatchObject({
        status: 200,
        headers: { "content-type": "application/json" },
        body: { a: 1 },
        bytes: 7,
      });
    }));

  it("leaves a body as text when it is no JSON, whatever its type claims", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(() => new Response("{broken", { headers: { "content-type": "application/json" } }));
      expect((await (await runSteps(bench, get(), { fetch })).status()).result).toMatchObject({ body: "{broken" });
    }));

  it("sends method, query, headers and a JSON body from templates", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}));
      await runSteps(
        bench,
        get({
          method: "POST",
          query: { q: "{% $input.q %}", tag: ["a", "b"] },
          headers: { "X-Who": "agent {% $input.q %}" },
          body: { n: "{% $input.n %}" },
        }),
        { fetch, input: { q: "x y", n: 5 } },
      );
      expect(sent[0]).toMatchObject({ url: `${URL_1}?q=x+y&tag=a&tag=b`, method: "POST", body: '{"n":5}' });
      expect(sent[0]?.headers.get("x-who")).toBe("agent x y");
      expect(sent[0]?.headers.get("content-type")).toBe("application/json");
    }));

  it("carries the same Idempotency-Key in every try", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(status(503), status(429), json({}));
      const run = await runSteps(bench, get({ method: "POST" }), { fetch });
      expect(sent.map((request) => request.headers.get("idempotency-key"))).toEqual(Array(3).fill(`${run.id}.call`));
    }));

  it("goes on with the job's trace, in a span of its own that is the same in every try", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(status(503), json({}));
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
      await runSteps(bench, get(), { fetch, trace: { traceparent, tracestate: "a=b" } });
      const [first, second] = sent.map(({ headers }) => [headers.get("traceparent"), headers.get("tracestate")]);
      expect(first?.[0]).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
      expect(first?.[1]).toBe("a=b");
      expect(second).toEqual(first);
    }));

  it("belongs to no trace when its job does not, or to the one that the blueprint says", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}), json({}));
      await runSteps(bench, get(), { fetch });
      const trace = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
      await runSteps(bench, get({ headers: { traceparent: "mine" } }), { fetch, trace });
      expect(sent.map(({ headers }) => headers.get("traceparent"))).toEqual([null, "mine"]);
    }));

  it.each([408, 425, 429, 500, 503])("tries again after HTTP %i", (code) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(status(code), json({ ok: true }));
      const run = await runSteps(bench, get(), { fetch });
      expect(await run.status()).toMatchObject({ status: "succeeded", steps: [{ tries: 2 }] });
      expect(sent).toHaveLength(2);
    }),
  );

  it.each([400, 401, 404, 422])("fails at once after HTTP %i", (code) =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(status(code));
      const run = await runSteps(bench, get(), { fetch });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "http_status" });
      expect((await run.status()).error).toContain(`Step call: HTTP ${code}`);
      expect(sent).toHaveLength(1);
    }),
  );

  it("tries again after a network error, and gives up after its retries", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(() => Promise.reject(new TypeError("connection reset")));
      const run = await runSteps(bench, get(), { fetch });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "network", steps: [{ tries: 4 }] });
      expect(sent).toHaveLength(4);
      expect(run.step.waited).toEqual([2_000, 4_000, 8_000]);
    }));

  it.each([
    ["fixed", [1_000, 1_000, 1_000]],
    ["linear", [1_000, 2_000, 3_000]],
    ["exponential", [1_000, 2_000, 4_000]],
  ])("spaces tries with %s backoff", (backoff, delays) =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(status(500));
      const run = await runSteps(bench, get({ retry: { limit: 3, delay: "1 second", backoff } }), { fetch });
      expect(run.step.waited).toEqual(delays);
    }),
  );

  it("waits as long as Retry-After asks, in seconds or as a date", () =>
    inRegistry(async (bench) => {
      const date = new Date(bench.clock.now + 40_000).toUTCString();
      const { fetch } = scripted(status(429, { "retry-after": "30" }), status(503, { "retry-after": date }), json({}));
      expect((await runSteps(bench, get(), { fetch })).step.waited).toEqual([30_000, 10_000]);
    }));

  it("takes other statuses as success when expect lists them, or says so", () =>
    inRegistry(async (bench) => {
      const listed = await runSteps(bench, get({ expect: [404] }), { fetch: scripted(status(404)).fetch });
      expect((await listed.status()).status).toBe("succeeded");
      const expect_ = "{% $response.body.state = 'ready' %}";
      const said = await runSteps(bench, get({ expect: expect_ }), { fetch: scripted(json({ state: "ready" })).fetch });
      expect((await said.status()).status).toBe("succeeded");
      const denied = await runSteps(bench, get({ expect: expect_ }), { fetch: scripted(json({ state: "no" })).fetch });
      expect(await denied.status()).toMatchObject({ status: "failed", error_code: "http_status" });
    }));

  it("fails a body above max_bytes and never cuts it", () =>
    inRegistry(async (bench) => {
      const body = (bytes: number) => () => new Response("x".repeat(bytes));
      const fits = await runSteps(bench, get({ max_bytes: 1_000 }), { fetch: scripted(body(1_000)).fetch });
      expect((await fits.status()).result).toMatchObject({ bytes: 1_000 });
      const over = await runSteps(bench, get({ max_bytes: 1_000 }), { fetch: scripted(body(1_001)).fetch });
      expect(await over.status()).toMatchObject({ status: "failed", error_code: "http_too_large" });
    }));

  it("ends a request that does not answer in time", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(() => new Promise<Response>(() => undefined));
      const run = await runSteps(
        bench,
        get({ timeout: "1 second", retry: { limit: 0, delay: "1 second", backoff: "fixed" } }),
        { fetch },
      );
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "step_timeout" });
    }));

  it("does not try a refused address again", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(() => Promise.reject(new RefusedAddress("10.0.0.1 is a private address")));
      const run = await runSteps(bench, get(), { fetch });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "refused_address" });
      expect(sent).toHaveLength(1);
    }));

  it("sends a secret in a header and shows it nowhere, also when the service echoes it", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(() => Response.json({ echo: "Bearer s3cr3t-value", "s3cr3t-value": [1] }));
      const steps = get({ headers: { authorization: { secret: "API_TOKEN" } } });
      const run = await runSteps(bench, steps, { fetch, secrets: { API_TOKEN: "s3cr3t-value" } });
      expect(sent[0]?.headers.get("authorization")).toBe("s3cr3t-value");
      const stored = JSON.stringify([
        bench.storage.sql.exec("SELECT * FROM jobs").toArray(),
        bench.storage.sql.exec("SELECT * FROM job_values").toArray(),
        await run.status(),
      ]);
      expect(stored).toContain("Bearer [secret API_TOKEN]");
      expect(stored).not.toContain("s3cr3t-value");
    }));

  it("fails when a secret is not there, and names it", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}));
      const run = await runSteps(bench, get({ headers: { authorization: { secret: "MISSING" } } }), {
        fetch,
        gone: ["MISSING"],
      });
      expect((await run.status()).error).toContain("MISSING");
      expect(sent).toEqual([]);
    }));
});
