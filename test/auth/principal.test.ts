import { describe, expect, it } from "vitest";
import { principalOf, refusalResponse } from "../../src/auth/principal.ts";

const at = (url: string): Request => new Request(url);

describe("without AUTH_SECRET", () => {
  it.each(["http://localhost:8787/mcp", "http://127.0.0.1/mcp", "http://[::1]:80/mcp"])(
    "%s is the tenant `local` with all scopes",
    (url) => {
      expect(principalOf(at(url), {})).toEqual({
        ok: true,
        value: { tenant: "local", scopes: ["jobs:read", "jobs:write"] },
      });
    },
  );

  it.each([
    "https://jobs.example.com/mcp",
    "http://localhost.example.com/mcp",
    "http://127.0.0.1.example.com/mcp",
    "http://127.0.0.2/mcp",
    "http://[::2]/mcp",
  ])("%s is refused", (url) => {
    expect(principalOf(at(url), {})).toMatchObject({ ok: false, error: { code: "auth_not_configured" } });
  });

  it("the refusal says how to set the secret", async () => {
    const found = principalOf(at("https://jobs.example.com/mcp"), { AUTH_SECRET: "" });
    if (found.ok) throw new Error("was served");
    const response = refusalResponse(found.error);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("wrangler secret put AUTH_SECRET");
  });
});

describe("with AUTH_SECRET", () => {
  it("a request without a key is refused with a Bearer challenge, also on loopback", () => {
    const found = principalOf(at("http://localhost/mcp"), { AUTH_SECRET: "s" });
    if (found.ok) throw new Error("was served");
    const response = refusalResponse(found.error);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer /);
  });
});
