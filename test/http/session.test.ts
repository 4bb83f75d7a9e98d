import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newKeyId } from "../../src/auth/api-key.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { aKey, SECRET } from "../auth/keys.ts";

const ORIGIN = "https://jobs.example.com";
const IN_A_DAY = Date.now() + 86_400_000;

function call(path: string, init: RequestInit = {}, over: Partial<Env> = { AUTH_SECRET: SECRET }): Promise<Response> {
  const request = new Request(`${ORIGIN}${path}`, init);
  request.headers.set("host", new URL(ORIGIN).host);
  return worker.fetch(request, { ...(env as unknown as Env), ...over }, createExecutionContext());
}

/** A tenant of its own, its key, and signing in with it. */
async function aViewer() {
  const claims = {
    tenant: `t-${crypto.randomUUID()}`,
    key_id: newKeyId(crypto.getRandomValues(new Uint8Array(12))),
    scopes: ["jobs:read", "jobs:write", "admin"] as ["jobs:read", "jobs:write", "admin"],
    expires_at: IN_A_DAY,
  };
  const key = await aKey(claims);
  const signIn = (origin: string | undefined = ORIGIN, shown = key) =>
    call("/ui/session", {
      method: "POST",
      headers: { ...(origin !== "" && { origin }) },
      body: JSON.stringify({ key: shown }),
    });
  const cookie = (await signIn()).headers.get("set-cookie")?.split(";")[0] ?? "";
  return { ...claims, key, signIn, cookie };
}

describe("signing in at the dashboard", () => {
  it("with a key opens a session that reads and writes the API, and says who it is", async () => {
    const { tenant, cookie } = await aViewer();
    expect(await (await call("/ui/session", { headers: { cookie } })).json()).toMatchObject({ tenant, locked: true });
    const plan = { name: "p", steps: [{ id: "v", type: "transform", value: 1 }] };
    const body = JSON.stringify({ blueprint: plan, run_at: new Date(IN_A_DAY).toISOString() });
    const headers = { cookie, origin: ORIGIN, "content-type": "application/json" };
    expect((await call("/api/v1/jobs", { method: "POST", headers, body })).status).toBe(201);
    expect(await (await call("/api/v1/jobs", { headers: { cookie } })).json()).toMatchObject({ jobs: [{ name: "p" }] });
  });

  it("opens nothing but the API: neither the MCP endpoint nor the keys", async () => {
    const { cookie } = await aViewer();
    for (const [path, method] of [
      ["/mcp", "POST"],
      ["/keys", "GET"],
      ["/keys/revoke", "POST"],
    ] as const) {
      expect((await call(path, { method, headers: { cookie, origin: ORIGIN } })).status).toBe(401);
    }
  });

  it("from another site's page, or with something that is no good key, opens none", async () => {
    const { signIn, key } = await aViewer();
    const tries = [
      [await signIn("https://evil.example"), 403],
      [await signIn("null"), 403],
      [await signIn(""), 403],
      [await signIn(ORIGIN, `${key}x`), 401],
      [await signIn(ORIGIN, ""), 401],
      [await signIn(ORIGIN, "x".repeat(5_000)), 401],
    ] as const;
    for (const [response, status] of tries) {
      expect([response.status, response.headers.get("set-cookie")]).toEqual([status, null]);
    }
  });

  it("ends with the key: a revoked one's session is refused by its next call", async () => {
    const { key, key_id, cookie } = await aViewer();
    const revoke = { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" } };
    expect((await call("/keys/revoke", { ...revoke, body: JSON.stringify({ key_id }) })).status).toBe(200);
    expect((await call("/api/v1/jobs", { headers: { cookie } })).status).toBe(401);
  });

  it("is not asked for on this machine without AUTH_SECRET, and elsewhere says how to set it", async () => {
    const request = new Request("http://localhost:8787/ui/session");
    const local = await worker.fetch(request, env as unknown as Env, createExecutionContext());
    expect(await local.json()).toMatchObject({ tenant: "local", locked: false });
    const foreign = await call("/ui/session", { headers: { "cf-connecting-ip": "203.0.113.9" } }, {});
    expect(foreign.status).toBe(503);
  });

  it("out takes the cookie back, for a page of this server only", async () => {
    const { cookie } = await aViewer();
    const out = (origin: string) => call("/ui/session", { method: "DELETE", headers: { cookie, origin } });
    expect((await out(ORIGIN)).headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await out("https://evil.example")).status).toBe(403);
    expect((await call("/ui/session", { method: "PUT" })).headers.get("allow")).toBe("GET, POST, DELETE");
  });
});
