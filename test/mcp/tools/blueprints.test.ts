import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { callTool, ofTenant, replyBytes, type World, world } from "../support.ts";

const document = (name: string, value: number | string = 1): JsonObject => ({
  name,
  description: `Gives ${String(value).slice(0, 10)}.`,
  steps: [{ id: "one", type: "transform", value }],
});

const save = (w: World, blueprint: JsonObject) => callTool(w.deps, "blueprints_save", { blueprint });

async function withSaved(...documents: JsonObject[]): Promise<World> {
  const w = world();
  for (const each of documents) await save(w, each);
  return w;
}

describe("blueprints_save", () => {
  it("counts versions up, and names the call that runs the new one", async () => {
    const w = world();
    expect((await save(w, document("mine", 1))).structured).toMatchObject({ name: "mine", version: 1 });
    const second = await save(w, document("mine", 2));
    expect(second.structured).toMatchObject({ name: "mine", version: 2 });
    expect(second.text).toContain('jobs_submit_blueprint {"blueprint":"mine@2"');
    expect(w.stubs).toEqual([0, 0]);
  });

  it("of the same document gives the version that it has", async () => {
    const w = await withSaved(document("mine"));
    expect((await save(w, document("mine"))).structured).toMatchObject({ name: "mine", version: 1 });
  });

  it.each([
    ["double", "of the catalogue"],
    ["inline", "reserved"],
    ["guide", "reserved"],
  ])("refuses the name %s", async (name, why) => {
    const w = world();
    const { isError, text } = await save(w, document(name));
    expect([isError, text]).toEqual([true, expect.stringMatching(new RegExp(`^blueprint\\.name: .*${why}\\. `, "m"))]);
    expect(w.registry.saved).toEqual([]);
  });

  it("tells everything that is wrong with the document, with its path", async () => {
    const steps = [
      { id: "one", type: "transform", value: "{% $steps.two %}" },
      { id: "two", type: "teleport" },
    ];
    const { isError, text } = await save(world(), { name: "double", steps });
    expect(isError).toBe(true);
    for (const path of ["blueprint.name", "blueprint.steps[0].value", "blueprint.steps[1].type"]) {
      expect(text).toContain(`\n${path}: `);
    }
  });
});

describe("a saved blueprint", () => {
  it.each([
    ["mine", "mine@2"],
    ["mine@1", "mine@1"],
  ])("runs as %s, under the label %s", async (blueprint, label) => {
    const w = await withSaved(document("mine", 1), document("mine", 2));
    const { structured } = await callTool(w.deps, "jobs_submit_blueprint", { blueprint });
    expect(structured.blueprint).toBe(label);
    expect(w.registry.requests).toMatchObject([
      { blueprint: label, plan: { steps: [{ value: Number(label.at(-1)) }] } },
    ]);
  });

  it("can be dry-run", async () => {
    const w = await withSaved(document("mine"));
    const { structured } = await callTool(w.deps, "jobs_submit_blueprint", { blueprint: "mine", dry_run: true });
    expect(structured).toMatchObject({ valid: true, blueprint: "mine@1" });
  });

  it("gives way to one of the catalogue of the same name", async () => {
    const w = await withSaved();
    const other = await withSaved(document("other"));
    w.registry.saved = other.registry.saved.map((saved) => ({ ...saved, name: "double", version: 9 }));
    const names = (await callTool(w.deps, "blueprints_list", {})).structured;
    expect(names).toMatchObject({ blueprints: [{ name: "double", version: 2, source: "catalog" }] });
    expect((await callTool(w.deps, "blueprints_get", { name: "double" })).structured).toMatchObject({ version: 2 });
    expect((await callTool(w.deps, "blueprints_get", { name: "double@9" })).structured).toMatchObject({
      version: 9,
      source: "saved",
    });
  });

  it("is none of another tenant", async () => {
    const w = await withSaved(document("mine"));
    const other = ofTenant(w, "other");
    const { text } = await callTool(other.deps, "blueprints_get", { name: "mine" });
    expect(text).toContain('name: "mine" is not known. Use one of: double.');
  });

  it.each([
    ["mine@7", "blueprint: has no version 7. Use one of: mine@1, mine@2."],
    ["mine@x", "blueprint: has no version x."],
    ["Mine", 'blueprint: "Mine" is not known. Use one of: double, mine.'],
    ["yours", 'blueprint: "yours" is not known. Use one of: double, mine.'],
    ["gone@1", "blueprint: has no version 1. Use one of: gone@2."],
  ])("that is not there, %s, says what is", async (blueprint, error) => {
    const gone = blueprint.startsWith("gone") ? [document("gone", 1), document("gone", 2)] : [];
    const w = await withSaved(document("mine", 1), document("mine", 2), ...gone);
    if (gone.length > 0) await callTool(w.deps, "blueprints_delete", { name: "gone", version: 1 });
    const { isError, text } = await callTool(w.deps, "jobs_submit_blueprint", { blueprint });
    expect([isError, text]).toEqual([true, expect.stringContaining(error)]);
  });
});

describe("blueprints_list and blueprints_get", () => {
  it("list catalogue and saved ones together, by name, page by page, each once", async () => {
    const w = await withSaved(document("zulu"), document("alpha"), document("echo"), document("echo", 2));
    const rows: JsonObject[] = [];
    for (let cursor: JsonObject = {}; ; ) {
      const { structured } = await callTool(w.deps, "blueprints_list", { limit: 1, ...cursor });
      rows.push(...(structured.blueprints as JsonObject[]));
      if (structured.next_cursor === undefined) break;
      cursor = { cursor: structured.next_cursor ?? null };
    }
    expect(rows.map(({ name, version, source }) => `${name}@${version} ${source}`)).toEqual([
      "alpha@1 saved",
      "double@2 catalog",
      "echo@2 saved",
      "zulu@1 saved",
    ]);
  });

  it("give a saved one in full", async () => {
    const w = await withSaved(document("mine"));
    const { structured, text } = await callTool(w.deps, "blueprints_get", { name: "mine" });
    expect(structured).toMatchObject({ name: "mine", version: 1, blueprint: document("mine"), source: "saved" });
    expect(text).toContain(JSON.stringify(document("mine")));
  });

  it("keep their replies small, and say where the whole of a large one is", async () => {
    const large = {
      ...document("large", "x".repeat(15_000)),
      output: "y".repeat(15_000),
      description: "z".repeat(9_000),
    };
    const w = await withSaved(large, ...Array.from({ length: 99 }, (_, i) => document(`n${i}`, "long ".repeat(50))));
    const got = await callTool(w.deps, "blueprints_get", { name: "large" });
    expect(got.structured).toMatchObject({ blueprint: { truncated: true } });
    let whole = "";
    for (let call = got.structured.next; String(call).includes('"offset"'); ) {
      const args = JSON.parse(/\{.*?\}/.exec(String(call))?.[0] ?? "");
      const part = await callTool(w.deps, "blueprints_get", args);
      expect(replyBytes(part)).toBeLessThan(MAX_REPLY_BYTES);
      expect(part.text).toContain(String(part.structured.text));
      whole += part.structured.text;
      call = part.structured.next;
    }
    expect(JSON.parse(whole)).toEqual(large);
    const listed = await callTool(w.deps, "blueprints_list", { limit: 100 });
    for (const reply of [got, listed]) expect(replyBytes(reply)).toBeLessThan(MAX_REPLY_BYTES);
  });
});
