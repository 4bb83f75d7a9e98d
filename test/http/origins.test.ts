import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { aKey, SECRET } from "../auth/keys.ts";

const FUTURE = Date.now() + 365 * 86_400_000;
const DEPLOYED = { AUTH_SECRET: SECRET };

async function ask(url: string, headers: { [name: string]: string }, over: Partial<Env>, method = "POST") {
  const message = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
  const all = {
    host: new URL(url).host,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    authorization: `Bearer ${await aKey({ expires_at: FUTURE })}`,
    ...headers,
  };
  const init = method === "POST" ? { method, headers: all, body: JSON.stringify(message) } : { method, headers: all };
  return worker.fetch(new Request(url, init), { ...(env as unknown as Env), ...over }, createExecutionContext());
}

const PUBLIC = ["https://jobs.example.com/mcp", "https://edge-jobs.acme.workers.dev/mcp"];

describe.each(PUBLIC)("a deployment at %s", (url) => {
  const { origin, hostname } = new URL(url);

  it("serves programs, which send no Origin", async () => {
    const response = await ask(url, {}, DEPLOYED);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("jobs_wait")]);
  });

  it.each([origin, "http://localhost:6274", "http://127.0.0.1:6274"])("serves pages of %s", async (page) => {
    expect((await ask(url, { origin: page }, DEPLOYED)).status).toBe(200);
    expect((await ask(url, { origin: page }, DEPLOYED, "OPTIONS")).status).toBe(200);
  });

  it.each([
    "https://evil.example",
    `https://${hostname}.evil.example`,
    `https://evil-${hostname}`,
    `https://x.${hostname}`,
    `https://${hostname}@evil.example`,
    "null",
    "file://",
    "https://",
    "chrome-extension://abc",
    hostname,
  ])("refuses pages of %s, also before they ask", async (page) => {
    expect((await ask(url, { origin: page }, DEPLOYED)).status).toBe(403);
    expect((await ask(url, { origin: page }, DEPLOYED, "OPTIONS")).status).toBe(403);
  });

  it("serves pages that ALLOWED_ORIGINS names, and no others", async () => {
    const over = { ...DEPLOYED, ALLOWED_ORIGINS: "App.example.net, https://other.example:8443/" };
    for (const page of ["https://app.example.net", "https://other.example:8443"]) {
      expect((await ask(url, { origin: page }, over)).status).toBe(200);
    }
    expect((await ask(url, { origin: "https://evil.example" }, over)).status).toBe(403);
  });
});

describe("a server on this machine", () => {
  it("is not reached by a page that points a name of its own at it", async () => {
    const own = { origin: "http://evil.example:8787", "cf-connecting-ip": "127.0.0.1" };
    expect((await ask("http://evil.example:8787/mcp", own, {})).status).toBe(403);
    expect((await ask("http://evil.example:8787/mcp", own, {}, "OPTIONS")).status).toBe(403);
    expect((await ask("http://localhost:8787/mcp", { ...own, host: "evil.example:8787" }, {})).status).toBe(403);
    expect((await ask("http://localhost:8787/mcp", { host: "evil.example:8787" }, {})).status).toBe(403);
    expect((await ask("http://evil.example:8787/mcp", own, DEPLOYED)).status).toBe(200); // but it has a key
  });
});
