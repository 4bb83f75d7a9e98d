import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { traceExport } from "../../../src/registry/deliver/trace-export.ts";
import { aJob } from "../../support/jobs.ts";

const SETTLED = aJob({ job_id: "job_1", name: "nightly", status: "succeeded", settled_at: 2_000_000_000_000 });
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318/", OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b" };

const envWith = (over: Partial<Env>): Env => ({ ...(env as unknown as Env), ...over });

/** Exports one job. @returns what was logged of it */
async function exported(over: Partial<Env> = ENDPOINT): Promise<{ event: string }[]> {
  const logged: { event: string }[] = [];
  await traceExport(envWith(over), (line) => logged.push(line))?.(SETTLED);
  return logged;
}

afterEach(() => vi.restoreAllMocks());

it("sends one request with the trace, and the headers of the collector", async () => {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("{}"));
  expect(await exported()).toEqual([]);
  expect(fetched).toHaveBeenCalledTimes(1);
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect(String(url)).toBe("http://127.0.0.1:4318/v1/traces");
  const headers = new Headers(init?.headers as Record<string, string>);
  expect([headers.get("x-key"), headers.get("content-type")]).toEqual(["a b", "application/json"]);
  expect(JSON.parse(String(init?.body))).toMatchObject({
    resourceSpans: [{ scopeSpans: [{ spans: [{ name: "nightly", status: { code: 1 } }] }] }],
  });
});

it("never fails, and says in the log that a trace was refused or lost, without the address", async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("no", { status: 503 }));
  expect(await exported()).toEqual([{ event: "trace_refused", job_id: "job_1", status: 503 }]);
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
    throw new TypeError("cannot reach http://127.0.0.1:4318/?key=1");
  });
  expect(await exported()).toEqual([{ event: "trace_lost", job_id: "job_1", error: "TypeError" }]);
});

it("is not there where nobody collects traces, and what cannot be headers does not start", async () => {
  expect(traceExport(envWith({ OTEL_EXPORTER_OTLP_ENDPOINT: "" }), () => {})).toBeUndefined();
  const broken = envWith({ ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: "no header" });
  expect(() => traceExport(broken, () => {})).toThrow("OTEL_EXPORTER_OTLP_HEADERS");
});
