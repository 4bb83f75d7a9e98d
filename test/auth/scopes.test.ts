import { describe, expect, it } from "vitest";
import { refusalResponse, requireScopes } from "../../src/auth/refusal.ts";
import { SCOPES, type Scope, scopesNeeded } from "../../src/auth/scopes.ts";
import type { Json } from "../../src/lib/json.ts";
import { TOOLS } from "../../src/mcp/tools/index.ts";

const call = (name: Json) => ({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name } });
const ask = (method: string) => ({ jsonrpc: "2.0", id: 1, method });

describe("the scopes that a request needs", () => {
  it.each<[string, Scope]>([
    ["jobs_get_status", "jobs:read"],
    ["jobs_list", "jobs:read"],
    ["jobs_wait", "jobs:read"],
    ["jobs_get_result", "jobs:read"],
    ["blueprints_list", "jobs:read"],
    ["blueprints_get", "jobs:read"],
    ["blueprints_save", "blueprints:write"],
    ["blueprints_delete", "blueprints:write"],
    ["jobs_submit_blueprint", "jobs:write"],
    ["jobs_cancel", "jobs:write"],
    ["jobs_retry", "jobs:write"],
    ["jobs_respond", "jobs:write"],
    ["jobs_delete", "jobs:write"],
    ["a_tool_that_was_added_later", "jobs:write"],
  ])("tool %s: %s", (tool, scope) => {
    expect(scopesNeeded(call(tool))).toEqual([scope]);
  });

  it("a tool that changes something is never open to readers", () => {
    const writers = TOOLS.filter(({ annotations }) => !annotations.readOnlyHint).map(({ name }) => name);
    expect(writers.length).toBeGreaterThan(0);
    expect(writers.filter((name) => scopesNeeded(call(name)).includes("jobs:read"))).toEqual([]);
  });

  it("a tool that only reads is open to readers", () => {
    const readers = TOOLS.filter(({ annotations }) => annotations.readOnlyHint).map(({ name }) => name);
    expect(readers.filter((name) => !scopesNeeded(call(name)).includes("jobs:read"))).toEqual([]);
  });

  it.each(["initialize", "ping", "server/discover", "tools/list", "prompts/list", "notifications/initialized"])(
    "method %s: none",
    (method) => {
      expect(scopesNeeded(ask(method))).toEqual([]);
    },
  );

  it.each([
    ["resources/list", "jobs:read"],
    ["resources/read", "jobs:read"],
    ["completion/complete", "jobs:read"],
    ["prompts/get", "jobs:read"],
    ["tasks/get", "jobs:read"],
    ["subscriptions/listen", "jobs:read"],
    ["tasks/update", "jobs:write"],
    ["tasks/cancel", "jobs:write"],
    ["of/later", "jobs:read"],
  ])("method %s: %s", (method, scope) => {
    expect(scopesNeeded(ask(method))).toEqual([scope]);
  });

  it("a batch needs the scopes of all its calls", () => {
    expect(scopesNeeded([ask("ping"), call("blueprints_save"), call("jobs_list")])).toEqual([
      "jobs:read",
      "blueprints:write",
    ]);
  });

  it.each([undefined, null, 1, "tools/call", {}, { method: 1 }, [[]]])("%j, which is no call, needs none", (body) => {
    expect(scopesNeeded(body)).toEqual([]);
  });

  it.each([{ method: "tools/call" }, { method: "tools/call", params: 1 }, call(["jobs_list"]), call({})])(
    "%j, a call of no tool, needs the safe side",
    (body) => {
      expect(scopesNeeded(body)).toEqual(["jobs:write"]);
    },
  );
});

describe("a caller", () => {
  it("with the scopes is let through", () => {
    expect(requireScopes(["jobs:read"], ["jobs:read"])).toEqual({ ok: true, value: null });
    expect(requireScopes(["jobs:read"], [])).toEqual({ ok: true, value: null });
  });

  it("without them is told which, and all that the next credential should have", async () => {
    const refused = requireScopes(["jobs:read"], ["jobs:read", "blueprints:write"]);
    if (refused.ok) throw new Error("was let through");
    const response = refusalResponse(refused.error, new Request("https://jobs.example.com/mcp"));
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
