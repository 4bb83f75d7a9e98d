import { describe, expect, it } from "vitest";
import type { Scope } from "../../../src/auth/scopes.ts";
import type { Json } from "../../../src/lib/json.ts";
import { scopesNeeded } from "../../../src/mcp/protocol/required-scopes.ts";
import { TOOLS } from "../../../src/mcp/tools/index.ts";

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
    ["events_read", "jobs:read"],
    ["blueprints_save", "blueprints:write"],
    ["blueprints_delete", "blueprints:write"],
    ["jobs_submit_blueprint", "jobs:write"],
    ["jobs_cancel", "jobs:write"],
    ["jobs_retry", "jobs:write"],
    ["jobs_respond", "jobs:write"],
    ["jobs_delete", "jobs:write"],
    ["jobs_stats", "jobs:read"],
    ["jobs_bulk", "jobs:operate"],
    ["triggers_list", "jobs:read"],
    ["triggers_delete", "triggers:write"],
    ["work_claim", "jobs:work"],
    ["work_report", "jobs:work"],
    ["a_tool_that_was_added_later", "jobs:write"],
  ])("tool %s: %s", (tool, scope) => {
    expect(scopesNeeded(call(tool))).toEqual([scope]);
  });

  it.each(["triggers_save", "triggers_fire"])("tool %s starts jobs: jobs:write and triggers:write", (tool) => {
    expect(scopesNeeded(call(tool))).toEqual(["jobs:write", "triggers:write"]);
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

  it.each([
    ...["initialize", "ping", "server/discover", "tools/list", "prompts/list", "notifications/initialized"],
    ...["skills/list", "skills/get"],
  ])("method %s: none", (method) => {
    expect(scopesNeeded(ask(method))).toEqual([]);
  });

  it.each([
    ["resources/list", "jobs:read"],
    ["resources/read", "jobs:read"],
    ["completion/complete", "jobs:read"],
    ["prompts/get", "jobs:read"],
    ["tasks/get", "jobs:read"],
    ["subscriptions/listen", "jobs:read"],
    ["events/list", "jobs:read"],
    ["events/poll", "jobs:read"],
    ["events/stream", "jobs:read"],
    ["events/subscribe", "jobs:read"],
    ["events/unsubscribe", "jobs:read"],
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
