import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { Claims } from "../../src/auth/api-key.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { aKey, SECRET } from "../auth/keys.ts";

/** Constructed requests have no Host of their own. */
function withHost(request: Request): Request {
  request.headers.set("host", new URL(request.url).host);
  return request;
}

const call = (url: string, init?: RequestInit, over: Partial<Env> = {}) =>
  worker.fetch(withHost(new Request(url, init)), { ...(env as unknown as Env), ...over }, createExecutionContext());

const post = (headers: { [name: string]: string }) => ({
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} }),
});

describe("every answer", () => {
  it.each([
    ["/", "GET"],
    ["/healthz", "GET"],
    ["/nothing", "GET"],
    ["/mcp", "GET"],
    ["/mcp", "OPTIONS"],
    ["/mcp", "POST"],
    ["/keys", "GET"],
    ["/authorize", "GET"],
    ["/oauth/token", "POST"],
    ["/.well-known/oauth-protected-resource", "GET"],
    ["/.well-known/oauth-authorization-server", "GET"],
  ])("of %s %s is neither framed nor sniffed, and over TLS only once it was", async (path, method) => {
    const over = { AUTH_SECRET: SECRET };
    const [tls, plain] = [
      await call(`https://jobs.example.com${path}`, { method }, over),
      await call(`http://localhost${path}`, { method }, over),
    ];
    for (const { headers } of [tls, plain]) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    }
    expect(tls.headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(plain.headers.get("strict-transport-security")).toBeNull();
  });

  it("of a request that met a bug says nothing of our inside, and names the one log line that does", async () => {
    const lines = vi.spyOn(console, "log").mockImplementation(() => {});
    const broken = {
      get: () => {
        throw new Error("canary-inside");
      },
    } as unknown as KVNamespace;
    const init = post({ authorization: "Bearer some:access:token" });
    const response = await call("https://jobs.example.com/mcp", init, { AUTH_SECRET: SECRET, OAUTH_KV: broken });
    const text = await response.text();
    const logged = lines.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("crash"));
    lines.mockRestore();
    expect([response.status, response.headers.get("x-content-type-options")]).toEqual([500, "nosniff"]);
    expect(text).not.toMatch(/canary|\.ts|at /);
    const { reference, ...line } = JSON.parse(logged[0] ?? "{}");
    expect(line).toMatchObject({ tenant: null, key_id: null, job_id: null, ms: expect.any(Number) });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("canary-inside");
    expect(JSON.parse(text)).toMatchObject({ error: "internal_error", message: expect.stringContaining(reference) });
  });
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
    ["/healthz/", "GET", 404],
    ["/%68ealthz", "GET", 404],
    ["/keys", "POST", 405],
    ["/keys", "HEAD", 200],
    ["/keys/nothing", "GET", 404],
    ["/oauth/token/x", "POST", 404],
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
    const response = await call("https://jobs.example.com/mcp", { method: "OPTIONS" }, { AUTH_SECRET: SECRET });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-headers")).toContain("Mcp-Name");
  });

  it("a POST to /mcp from a foreign origin is refused", async () => {
    expect((await call("http://localhost/mcp", post({ origin: "https://evil.example" }))).status).toBe(403);
  });

  it("a POST to /mcp from a local origin is served, and its page may read the answer", async () => {
    const { status, headers } = await call("http://localhost/mcp", post({ origin: "http://localhost:3000" }));
    expect([status, headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  });

  it("a POST to /mcp that is of no page is told nothing for pages", async () => {
    const { status, headers } = await call("http://localhost/mcp", post({}));
    expect(status).toBe(200);
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

const FUTURE = Date.now() + 365 * 86_400_000;
const withKey = async (scopes: Claims["scopes"]) => ({
  authorization: `Bearer ${await aKey({ scopes, expires_at: FUTURE })}`,
});

describe.each([
  ["/mcp", post({})],
  ["/keys", { method: "GET", headers: {} }],
  ["/keys/revoke", post({})],
])("%s", (path, init) => {
  it("on a public host is 503 while no secret is set", async () => {
    const headers = { ...init.headers, "cf-connecting-ip": "203.0.113.9" };
    expect((await call(`https://jobs.example.com${path}`, { ...init, headers })).status).toBe(503);
  });

  it("without a key is 401 once a secret is set", async () => {
    expect((await call(`http://localhost${path}`, init, { AUTH_SECRET: SECRET })).status).toBe(401);
  });

  it("without the scope is 403", async () => {
    const scopes: Claims["scopes"] = path === "/mcp" ? ["admin"] : ["jobs:read", "jobs:write", "blueprints:write"];
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "jobs_list", arguments: {} },
    });
    const headers = { ...init.headers, ...(await withKey(scopes)) };
    const request = init.method === "POST" ? { ...init, headers, body } : { ...init, headers };
    const response = await call(`https://jobs.example.com${path}`, request, { AUTH_SECRET: SECRET });
    expect(response.status).toBe(403);
    expect(response.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  });

  it("with a good key is served on a public host", async () => {
    const headers = { ...init.headers, ...(await withKey(["jobs:read", "admin"])) };
    const response = await call(`https://jobs.example.com${path}`, { ...init, headers }, { AUTH_SECRET: SECRET });
    expect(response.status).toBe(path === "/keys/revoke" ? 400 : 200);
  });
});
