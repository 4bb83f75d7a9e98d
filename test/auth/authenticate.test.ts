import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { authenticate } from "../../src/auth/authenticate.ts";
import { refusalResponse } from "../../src/auth/refusal.ts";
import { SCOPES } from "../../src/auth/scopes.ts";
import type { Env } from "../../src/env.ts";
import { RequestLog } from "../../src/lib/log.ts";
import { aKey, NOW, SECRET } from "./keys.ts";

const at = (url: string, headers: { [name: string]: string } = {}): Request => new Request(url, { headers });
const principalOf = (request: Request, secret: string) =>
  authenticate(request, new URL(request.url), { ...(env as unknown as Env), AUTH_SECRET: secret }, NOW);
const withoutSecret = (request: Request) => authenticate(request, new URL(request.url), env as unknown as Env, NOW);
const withSecret = (request: Request) => principalOf(request, SECRET);

async function refused(found: ReturnType<typeof authenticate>): Promise<Response> {
  const principal = await found;
  if (principal.ok) throw new Error(`was served as ${principal.value.tenant}`);
  return refusalResponse(principal.error, at("https://jobs.example.com/mcp"), new RequestLog(() => 0));
}

describe("without AUTH_SECRET", () => {
  it.each(["http://localhost:8787/mcp", "http://127.0.0.1/mcp", "http://[::1]:80/mcp"])(
    "%s is the tenant `local` with all scopes",
    async (url) => {
      expect(await withoutSecret(at(url))).toEqual({
        ok: true,
        value: { tenant: "local", key_id: null, scopes: [...SCOPES] },
      });
    },
  );

  const FOREIGN = [
    "https://jobs.example.com/mcp",
    "http://localhost.example.com/mcp",
    "http://127.0.0.1.example.com/mcp",
    "http://127.0.0.2/mcp",
    "http://[::2]/mcp",
  ];

  it.each(FOREIGN)("%s from the internet is 503 and says how to set the secret", async (url) => {
    const response = await refused(withoutSecret(at(url, { "cf-connecting-ip": "203.0.113.9" })));
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("wrangler secret put AUTH_SECRET");
  });

  it.each(FOREIGN)("%s from this machine is DNS rebinding and 403", async (url) => {
    for (const headers of [{ "cf-connecting-ip": "127.0.0.1" }, { "cf-connecting-ip": "::1" }, {}]) {
      const response = await refused(withoutSecret(at(url, headers)));
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("foreign_host")]);
    }
  });

  it("an empty secret is none", async () => {
    const found = principalOf(at("https://jobs.example.com/mcp", { "cf-connecting-ip": "2001:db8::1" }), "");
    expect((await refused(found)).status).toBe(503);
  });

  it("a key changes nothing", async () => {
    const found = withoutSecret(at("http://localhost/mcp", { authorization: `Bearer ${await aKey()}` }));
    expect(await found).toMatchObject({ ok: true, value: { tenant: "local" } });
  });
});

describe("with AUTH_SECRET", () => {
  it("the tenant and scopes are the key's", async () => {
    for (const scheme of ["Bearer", "bearer"]) {
      const request = at("https://jobs.example.com/mcp", { authorization: `${scheme} ${await aKey()}` });
      expect(await withSecret(request)).toEqual({
        ok: true,
        value: { tenant: "acme", key_id: "key_0123456789abcdef01234567", scopes: ["jobs:read", "jobs:write"] },
      });
    }
  });

  it("a request without a key is refused with a Bearer challenge, also on loopback", async () => {
    const response = await refused(withSecret(at("http://localhost/mcp")));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(
      'Bearer realm="edge-jobs", scope="jobs:read jobs:write", resource_metadata="https://jobs.example.com/.well-known/oauth-protected-resource/mcp"',
    );
    expect(await response.text()).toContain("Authorization: Bearer");
  });

  it.each([
    ["no scheme", (key: string) => key],
    ["Basic", (key: string) => `Basic ${key}`],
    ["two keys", (key: string) => `Bearer ${key}, Bearer ${key}`],
    ["nothing after the scheme", () => "Bearer"],
    ["a key and more", (key: string) => `Bearer ${key} x`],
    ["another key", () => "Bearer ej1_x.y"],
  ])("%s is 401 invalid_token", async (_, header) => {
    const response = await refused(withSecret(at("http://localhost/mcp", { authorization: header(await aKey()) })));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });

  it("an expired key is told so", async () => {
    const authorization = `Bearer ${await aKey({ expires_at: NOW })}`;
    const response = await refused(withSecret(at("http://localhost/mcp", { authorization })));
    expect([response.status, await response.text()]).toEqual([401, expect.stringContaining("expired")]);
  });

  it.each(["access_token", "key", "api_key", "token"])(
    "a key in the URL as `%s` is refused, with a good header too",
    async (name) => {
      const key = await aKey();
      const url = `https://jobs.example.com/mcp?${name}=${key}`;
      for (const headers of [{}, { authorization: `Bearer ${key}` }]) {
        const response = await refused(withSecret(at(url, headers)));
        expect(response.status).toBe(401);
        expect(await response.text()).not.toContain(key);
      }
    },
  );

  it("no refusal repeats what was sent", async () => {
    const authorization = "Bearer canary-7f3a";
    const response = await refused(withSecret(at("http://localhost/mcp", { authorization })));
    expect((await response.text()) + JSON.stringify([...response.headers])).not.toContain("canary");
  });

  it("a page in a browser may read the refusal and its challenge", async () => {
    const { headers } = await refused(withSecret(at("http://localhost/mcp")));
    expect(headers.get("access-control-expose-headers")).toBe("WWW-Authenticate");
  });

  it("a secret that could be guessed serves nobody", async () => {
    const found = principalOf(at("http://localhost/mcp"), "x".repeat(31));
    expect((await refused(found)).status).toBe(503);
    const enough = principalOf(at("http://localhost/mcp"), "x".repeat(32));
    expect((await refused(enough)).status).toBe(401);
  });

  it("a key of the secret before is refused after the secret was changed", async () => {
    const authorization = `Bearer ${await aKey()}`;
    const request = () => at("http://localhost/mcp", { authorization });
    expect((await withSecret(request())).ok).toBe(true);
    expect((await principalOf(request(), SECRET.toUpperCase())).ok).toBe(false);
    expect((await withSecret(request())).ok).toBe(true);
  });
});
