import { describe, expect, it } from "vitest";
import { SCOPES, type Scope } from "../../../src/auth/scopes.ts";
import { MAX_BACKFILL, MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { TOOL_GROUPS, toolsShown } from "../../../src/mcp/protocol/tools-for-request.ts";
import { TOOLS } from "../../../src/mcp/tools/index.ts";
import { callTool, jobIdOf, modern, replyBytes, world } from "../support.ts";

const SAVE = { name: "mine", blueprint: "double", schedule: { cron: "0 9 * * *" }, input: { n: 1 } };
const { schedule: _, ...BARE } = SAVE;
const textOf = (result: unknown): string => JSON.stringify(result);

describe("triggers_save", () => {
  it("saves, and a webhook is told its URL", async () => {
    const w = world();
    expect(textOf(await callTool(w.deps, "triggers_save", SAVE))).toContain("Trigger mine is saved, version 1");
    const hook = await callTool(w.deps, "triggers_save", { ...BARE, webhook: { verify: null } });
    expect(textOf(hook)).toMatch(/http:\/\/localhost\/hooks\/[\w-]{70,}/);
  });

  it("says of a schedule without a time that it is over", async () => {
    const over = { ...BARE, schedule: { cron: "0 9 * * *", ends_at: "2000-01-01T00:00:00Z" } };
    expect(textOf(await callTool(world().deps, "triggers_save", over))).toContain("It is over: no time is left.");
  });

  it.each([
    [{ ...BARE }, "none of schedule, webhook and event"],
    [{ ...SAVE, webhook: { verify: null } }, "schedule and webhook"],
    [{ ...SAVE, blueprint: "nothing-of-this-name" }, "is not known"],
    [{ ...SAVE, when: "{% $event.n %}" }, "when: $event exists only"],
    [{ ...SAVE, when: "{% $steps.x %}" }, "when: $steps does not exist here"],
    [{ ...SAVE, when: "{% trigger.run %}" }, "Write $trigger."],
    [{ ...SAVE, when: "{% $input.n %}" }, "when: $input does not exist here"],
    [{ ...SAVE, input: { n: "{% $trigger.run + %}" } }, "input.n"],
    [{ ...SAVE, changed: "{% $last %}" }, "changed: $last exists only"],
    [{ ...SAVE, input: { n: "x" } }, "input.n"],
    [{ ...BARE, webhook: { verify: { scheme: "github", secret: "OTHER" } } }, "webhook.verify.secret"],
    [{ ...BARE, webhook: { verify: { scheme: "hmac", secret: "HOOK_SECRET" } } }, "webhook.verify.header"],
    [
      { ...BARE, webhook: { verify: { scheme: "github", secret: "HOOK_SECRET", header: "x" } } },
      "of the scheme hmac alone",
    ],
    [{ ...BARE, event: { name: "job.settled", filter: { color: "red" } } }, "event.filter"],
    [{ ...BARE, event: { name: "job.setled" } }, "event.name"],
    [{ ...BARE, event: { name: "trigger.changed", filter: { status: "failed" } } }, "event.filter"],
    [{ ...SAVE, metadata: { a: "a".repeat(20_000) } }, "metadata"],
  ])("refuses %j: %s", async (args, message) => {
    const w = world();
    const result = await callTool(w.deps, "triggers_save", args);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain(message);
    expect(w.registry.triggers.size).toBe(0);
  });
});

describe("triggers", () => {
  it("are listed without the URL for whoever may not write them", async () => {
    const w = world();
    await callTool(w.deps, "triggers_save", { ...BARE, webhook: { verify: null } });
    const reader = { ...w.deps, scopes: ["jobs:read"] as const };
    for (const args of [{}, { name: "mine" }]) {
      expect(textOf(await callTool(reader, "triggers_list", args))).not.toContain("/hooks/");
      expect(textOf(await callTool(w.deps, "triggers_list", args))).toContain("/hooks/");
    }
  });

  it("are fired and deleted, and one that is not there is unknown", async () => {
    const w = world();
    await callTool(w.deps, "triggers_save", SAVE);
    expect(textOf(await callTool(w.deps, "triggers_fire", { name: "mine" }))).toContain("was fired");
    expect(textOf(await callTool(w.deps, "triggers_fire", { name: "mine", from: "2026-01-02T00:00:00Z" }))).toContain(
      "Not fired",
    );
    expect(textOf(await callTool(w.deps, "triggers_delete", { name: "mine" }))).toContain("is deleted");
    for (const tool of ["triggers_fire", "triggers_delete", "triggers_list"]) {
      expect(textOf(await callTool(w.deps, tool, { name: "mine" }))).toContain("Unknown trigger: mine");
    }
  });

  it("answer within the room of a reply, however much they say of each time", async () => {
    const w = world();
    await callTool(w.deps, "triggers_save", SAVE);
    const refused = { outcome: "refused" as const, job_id: null, deduplicated: false };
    w.registry.fired = Array.from({ length: MAX_BACKFILL }, (_, n) => {
      return { ...refused, due: n * 86_400_000, reason: "é".repeat(500) };
    });
    const span = { name: "mine", from: "2026-01-02T00:00:00Z", to: "2026-01-03T00:00:00Z" };
    const cut = await callTool(w.deps, "triggers_fire", span);
    expect(replyBytes(cut)).toBeLessThan(MAX_REPLY_BYTES);
    const shown = (cut.structured.fired as unknown[]).length;
    expect(shown).toBeGreaterThan(3);
    expect(cut.text).toContain(`${MAX_BACKFILL - shown} more have no room here`);
    w.registry.fired = w.registry.fired.map((each) => ({ ...each, outcome: "ran", job_id: jobIdOf(1), reason: null }));
    const all = await callTool(w.deps, "triggers_fire", span);
    expect(all.structured.fired).toHaveLength(MAX_BACKFILL);
    expect(replyBytes(all)).toBeLessThan(MAX_REPLY_BYTES);
  });

  it("show an entry of their ledger, however long they are", async () => {
    const w = world();
    const text = (length: number) => `{% ${"1 + ".repeat(length / 4)}1 %}`;
    const long = { ...SAVE, schedule: { every: "1 hour" }, when: text(15_000), changed: text(15_000) };
    expect(textOf(await callTool(w.deps, "triggers_save", long))).toContain("is saved");
    const shown = await callTool(w.deps, "triggers_list", { name: "mine" });
    const { structured } = shown;
    expect(structured.ledger).toHaveLength(1);
    expect(structured.trigger).toMatchObject({ document: { name: "mine", when: "(long: not shown)" } });
    expect(replyBytes(shown)).toBeLessThan(MAX_REPLY_BYTES);
  });

  it("keep the blueprint that they run from being deleted", async () => {
    const w = world();
    const blueprint = { name: "kept", steps: [{ id: "one", type: "transform", value: 1 }] };
    await callTool(w.deps, "blueprints_save", { blueprint });
    await callTool(w.deps, "triggers_save", { ...SAVE, blueprint: "kept" });
    const refused = await callTool(w.deps, "blueprints_delete", { name: "kept" });
    expect(textOf(refused)).toContain("triggers use kept: mine");
    await callTool(w.deps, "triggers_delete", { name: "mine" });
    expect(textOf(await callTool(w.deps, "blueprints_delete", { name: "kept" }))).toContain("is deleted");
  });
});

describe("tools that a caller is shown", () => {
  const names = (scopes: readonly Scope[], groups: string | null) => toolsShown(scopes, groups).map(({ name }) => name);
  const ALL = TOOLS.map(({ name }) => name);

  it("are all, or those of the groups that the URL names", () => {
    expect(names(SCOPES, null)).toEqual(ALL);
    expect(names(SCOPES, "all")).toEqual(ALL);
    expect(names(SCOPES, "core").every((name) => /^(jobs|blueprints)_/.test(name))).toBe(true);
    expect(names(SCOPES, "core,triggers,events")).toEqual(ALL.filter((name) => !/^work_|bulk|stats/.test(name)));
    expect(names(SCOPES, "work")).toEqual(ALL.filter((name) => name.startsWith("work_")));
    expect(TOOL_GROUPS).toContain("operate");
  });

  it("are those that the key allows", () => {
    expect(names(["jobs:read"], "triggers")).toEqual(["triggers_list"]);
    expect(names(["jobs:read", "triggers:write"], "triggers")).toEqual(["triggers_list", "triggers_delete"]);
  });

  it("are listed so, and a group that there is not is named", async () => {
    const { deps } = world({ groups: "events" });
    const { body } = await modern(deps, "tools/list");
    expect(textOf(body)).toContain("events_read");
    expect(textOf(body)).not.toContain("jobs_wait");
    const wrong = await modern(world({ groups: "core,evnts" }).deps, "tools/list");
    expect(textOf(wrong.body)).toContain("evnts");
  });
});
