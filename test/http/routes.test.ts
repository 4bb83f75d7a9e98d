import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";

/** Constructed requests have no Host of their own. */
function withHost(request: Request): Request {
  request.headers.set("host", new URL(request.url).host);
  return request;
}

const call = (url: string, init?: RequestInit, over: Partial<Env> = {}) =>
  worker.fetch(withHost(new Request(url, init)), { ...(env as unknown as Env), ...over });

const post = (headers: { [name: string]: string }): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }),
});

describe("routes", () => {
  it.each([
    ["/", "GET", 200],
    ["/", "POST", 405],
    ["/healthz", "GET", 200],
    ["/healthz", "HEAD", 200],
    ["/healthz", "DELETE", 405],
    ["/nothing", "GET", 404],
    ["/mcp/x", "POST", 404],
    ["/mcp", "GET", 405],
    ["/mcp", "DELETE", 405],
    ["/mcp", "PUT", 405],
    ["/mcp", "OPTIONS", 200],
  ])("%s %s is %i", async (path, method, status) => {
    expect((await call(`http://localhost${path}`, { method })).status).toBe(status);
  });

  it("a wrong method on /mcp names the right ones", async () => {
    const response = await call("http://localhost/mcp");
    expect(response.headers.get("allow")).toBe("POST, OPTIONS");
  });

  it("a preflight needs no credentials", async () => {
    const response = await call("https://jobs.example.com/mcp", { method: "OPTIONS" }, { AUTH_SECRET: "s" });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-headers")).toContain("Mcp-Name");
  });

  it("a POST to /mcp on a public host is refused while no secret is set", async () => {
    expect((await call("https://jobs.example.com/mcp", post({}))).status).toBe(403);
  });

  it("a POST to /mcp without a key is refused once a secret is set", async () => {
    expect((await call("http://localhost/mcp", post({}), { AUTH_SECRET: "s" })).status).toBe(401);
  });

  it("a POST to /mcp from a foreign origin is refused", async () => {
    expect((await call("http://localhost/mcp", post({ origin: "https://evil.example" }))).status).toBe(403);
  });

  it("a POST to /mcp from a local origin is served", async () => {
    expect((await call("http://localhost/mcp", post({ origin: "http://localhost:3000" }))).status).toBe(200);
  });
});
