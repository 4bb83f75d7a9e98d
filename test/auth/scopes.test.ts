import { describe, expect, it } from "vitest";
import { refusalResponse, requireScopes } from "../../src/auth/refusal.ts";
import { SCOPES } from "../../src/auth/scopes.ts";
import { RequestLog } from "../../src/lib/log.ts";

describe("a caller", () => {
  it("with the scopes is let through", () => {
    expect(requireScopes(["jobs:read"], ["jobs:read"])).toEqual({ ok: true, value: null });
    expect(requireScopes(["jobs:read"], [])).toEqual({ ok: true, value: null });
  });

  it("without them is told which, and all that the next credential should have", async () => {
    const refused = requireScopes(["jobs:read"], ["jobs:read", "blueprints:write"]);
    if (refused.ok) throw new Error("was let through");
    const response = refusalResponse(
      refused.error,
      new Request("https://jobs.example.com/mcp"),
      new RequestLog(() => 0),
    );
    expect(response.status).toBe(403);
    expect(response.headers.get("www-authenticate")).toBe(
      'Bearer realm="edge-jobs", error="insufficient_scope", scope="jobs:read blueprints:write", error_description="This call needs the scope blueprints:write.", resource_metadata="https://jobs.example.com/.well-known/oauth-protected-resource/mcp"',
    );
    expect(await response.json()).toEqual({
      error: "insufficient_scope",
      message: "This call needs the scope blueprints:write.",
      fix: "Use a key that was made with --scope jobs:read,blueprints:write.",
    });
  });

  it("with `admin` alone reads and writes no job", () => {
    const other = SCOPES.filter((scope) => scope !== "admin");
    expect(other.map((scope) => requireScopes(["admin"], [scope]).ok)).toEqual(other.map(() => false));
  });
});
