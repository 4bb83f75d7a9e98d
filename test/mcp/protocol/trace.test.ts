import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { serveMcp } from "../../../src/mcp/endpoint.ts";
import { legacy, modern, world } from "../support.ts";

const OF_META = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OF_HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
const SUBMIT = { name: "jobs_submit_blueprint", arguments: { blueprint: "double", input: { n: 1 } } };

describe("a call that belongs to a trace", () => {
  it("hands it to the job and to its own log line", async () => {
    const { deps, registry, measured } = world();
    await modern(deps, "tools/call", { ...SUBMIT, _meta: { traceparent: OF_META, tracestate: "a=b" } });
    expect(registry.requests).toMatchObject([{ trace: { traceparent: OF_META, tracestate: "a=b" } }]);
    expect(measured).toMatchObject([{ name: SUBMIT.name, traceparent: OF_META, tracestate: "a=b" }]);
  });

  const viaHeader = async (params: JsonObject) => {
    const { deps, measured } = world();
    const headers = {
      ...{ host: "localhost", "content-type": "application/json", accept: "application/json, text/event-stream" },
      ...{ "mcp-protocol-version": "2025-11-25", traceparent: OF_HEADER },
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { ...SUBMIT, ...params } });
    const reply = await serveMcp(new Request("http://localhost/mcp", { method: "POST", headers, body }), deps);
    await reply.text();
    return measured.map(({ traceparent }) => traceparent);
  };

  it("may say so in a header, which its _meta overrules", async () => {
    expect(await viaHeader({})).toEqual([OF_HEADER]);
    expect(await viaHeader({ _meta: { traceparent: OF_META } })).toEqual([OF_META]);
    expect(await viaHeader({ _meta: { traceparent: "nonsense" } })).toEqual([OF_HEADER]);
  });

  it("but says it wrongly is served as if it had said nothing", async () => {
    const { deps, registry, measured } = world();
    const { body } = await legacy(deps, "tools/call", { ...SUBMIT, _meta: { traceparent: "00-nonsense" } });
    expect(body).toMatchObject({ result: { structuredContent: { status: "queued" } } });
    expect(registry.requests[0]?.trace).toBeUndefined();
    expect(measured[0]).not.toHaveProperty("traceparent");
  });
});
