import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { blueprint, callTool, jobIdOf, jobStatus, NOW, replyBytes, world } from "../support.ts";

function withJobs(count: number) {
  const w = world();
  for (let n = 1; n <= count; n++) w.registry.jobs.set(jobIdOf(n), jobStatus({ id: jobIdOf(n) }));
  return w;
}

const list = (w: ReturnType<typeof world>, args: JsonObject = {}) => callTool(w.deps, "jobs_list", args);
const idsOf = (structured: JsonObject): string[] => (structured.jobs as { id: string }[]).map(({ id }) => id);

describe("jobs_list", () => {
  it("pages through all jobs, newest first, each once", async () => {
    const w = withJobs(5);
    const seen: string[] = [];
    let cursor: JsonObject = {};
    for (let page = 0; page < 3; page++) {
      const { structured } = await list(w, { limit: 2, ...cursor });
      seen.push(...idsOf(structured));
      cursor = { cursor: structured.next_cursor ?? null };
    }
    expect(seen).toEqual([5, 4, 3, 2, 1].map((n) => jobIdOf(n)));
    expect(cursor).toEqual({ cursor: null });
  });

  it("ends a page earlier when its rows are too long for a reply, and loses none", async () => {
    const w = withJobs(60);
    for (const id of w.registry.jobs.keys()) w.registry.change(id, { name: "ü".repeat(128), error: "e".repeat(500) });
    const seen: string[] = [];
    for (let cursor: JsonObject = {}; ; ) {
      const page = await list(w, { limit: 100, ...cursor });
      expect(replyBytes(page)).toBeLessThan(MAX_REPLY_BYTES);
      seen.push(...idsOf(page.structured));
      if (page.structured.next_cursor === undefined) break;
      cursor = { cursor: page.structured.next_cursor ?? null };
    }
    expect(seen).toEqual([...w.registry.jobs.keys()].reverse());
  });

  it("hands all filters to the registry", async () => {
    const w = withJobs(0);
    await list(w, {
      status: ["queued", "failed", "queued"],
      blueprint: "double",
      metadata: { team: "x", n: 1, on: true },
      submitted_after: "2026-11-20T12:00:00Z",
      submitted_before: "2026-11-20T14:00:00+01:00",
    });
    expect(w.registry.queries).toEqual([
      {
        statuses: ["failed", "queued"],
        blueprint: "double",
        metadata: { team: "x", n: 1, on: true },
        submitted_after: NOW,
        submitted_before: NOW + 3_600_000,
        limit: 20,
        after: null,
      },
    ]);
  });

  it("takes one status as well as several", async () => {
    const w = withJobs(0);
    await list(w, { status: "queued" });
    expect(w.registry.queries[0]?.statuses).toEqual(["queued"]);
  });

  it("takes a cursor with the same filters in another order", async () => {
    const w = withJobs(3);
    const { structured } = await list(w, { limit: 1, status: ["queued", "failed"] });
    const next = await list(w, { limit: 2, status: ["failed", "queued"], cursor: structured.next_cursor ?? "" });
    expect(idsOf(next.structured)).toEqual([jobIdOf(2), jobIdOf(1)]);
  });

  it("refuses a cursor of another listing, and says what to do", async () => {
    const w = withJobs(3);
    const { structured } = await list(w, { limit: 1 });
    const other = await list(w, { status: "failed", cursor: structured.next_cursor ?? "" });
    expect(other.isError).toBe(true);
    expect(other.text).toMatch(/^cursor: /m);
  });

  it.each<[JsonObject, string]>([
    [{ status: "done" }, "status"],
    [{ limit: 0 }, "limit"],
    [{ limit: 101 }, "limit"],
    [{ limit: 1.5 }, "limit"],
    [{ cursor: "x" }, "cursor"],
    [{ metadata: { a: 1, b: 2, c: 3, d: 4 } }, "metadata"],
    [{ metadata: { a: {} } }, "metadata.a"],
    [{ submitted_after: "yesterday" }, "submitted_after"],
    [{ submitted_before: "2026-11-20" }, "submitted_before"],
  ])("refuses %j by its path", async (args, path) => {
    const w = withJobs(1);
    const { isError, text } = await list(w, args);
    expect(isError).toBe(true);
    expect(
      text
        .split("\n")
        .slice(1)
        .some((line) => line.startsWith(`${path}: `)),
    ).toBe(true);
    expect(w.registry.queries).toEqual([]);
  });
});

describe("blueprints_list", () => {
  const named = (name: string) =>
    blueprint(1, { name, description: name, steps: [{ id: "a", type: "transform", value: 1 }] });

  it("gives the latest version of each, by name", async () => {
    const { structured } = await callTool(world().deps, "blueprints_list", {});
    expect(structured).toEqual({
      next: 'blueprints_get {"name":"double"} shows the input and the steps of one.',
      blueprints: [{ name: "double", version: 2, description: "Doubles a number.", source: "catalog" }],
    });
  });

  it("pages with a cursor that fits no other listing", async () => {
    const { deps } = world({ blueprints: ["c", "a", "b"].map(named) });
    const first = await callTool(deps, "blueprints_list", { limit: 2 });
    const cursor = String(first.structured.next_cursor);
    const second = await callTool(deps, "blueprints_list", { limit: 2, cursor });
    const names = [first, second].flatMap(({ structured }) => structured.blueprints as { name: string }[]);
    expect(names.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(second.structured).not.toHaveProperty("next_cursor");
    expect((await callTool(deps, "jobs_list", { cursor })).isError).toBe(true);
  });

  it("refuses a cursor that it did not make", async () => {
    const { isError, text } = await callTool(world().deps, "blueprints_list", { cursor: "x" });
    expect([isError, text]).toEqual([true, expect.stringMatching(/^cursor: /m)]);
  });
});

describe("blueprints_get", () => {
  it("gives the latest version in full, and a call to make", async () => {
    const { structured, text } = await callTool(world().deps, "blueprints_get", { name: "double" });
    expect(structured).toMatchObject({ name: "double", version: 2, source: "catalog", blueprint: { name: "double" } });
    expect(text).toContain('"steps":[{"id":"twice","type":"transform"');
    expect(text).toContain('jobs_submit_blueprint {"blueprint":"double@2"');
  });

  it.each<[JsonObject, number]>([
    [{ name: "double", version: 1 }, 1],
    [{ name: "double@1" }, 1],
  ])("gives the version that %j asks for", async (args, version) => {
    expect((await callTool(world().deps, "blueprints_get", args)).structured.version).toBe(version);
  });

  it.each<[JsonObject, string]>([
    [{ name: "triple" }, "Use one of: double."],
    [{ name: "double", version: 7 }, "Use one of: double@1, double@2."],
    [{ name: "double@x" }, "Use one of: double@1, double@2."],
  ])("of %j says what there is", async (args, remedy) => {
    const { isError, text } = await callTool(world().deps, "blueprints_get", args);
    expect([isError, text]).toEqual([true, expect.stringContaining(remedy)]);
  });
});
