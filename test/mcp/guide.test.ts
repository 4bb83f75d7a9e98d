import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { KIND_TABLE } from "../../src/blueprint/kinds/index.ts";
import { CATALOG } from "../../src/catalog/index.ts";
import { FUNCTION_NAMES } from "../../src/expression/functions/functions.ts";
import { ERROR_CODES } from "../../src/jobs/error-codes.ts";
import { JobStatus } from "../../src/jobs/view.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { guideText, TOPIC_NAMES, topicText } from "../../src/mcp/guide/guide.ts";
import { RECIPES } from "../../src/mcp/guide/recipes.ts";
import { checkInput } from "../blueprint/support.ts";
import { modern, world } from "./support.ts";

const HANDLERS = Object.values(CATALOG.handlers);
const GUIDE = guideText(HANDLERS);

const Submission = z.looseObject({
  blueprint: z.looseObject({ name: z.string() }),
  input: z.record(z.string(), z.json()).default({}),
});
const EXAMPLES = [...GUIDE.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, text = ""]): [string, JsonObject] => {
  const args: JsonObject = JSON.parse(text);
  return [Submission.parse(args).blueprint.name, args];
});

describe("blueprint://guide", () => {
  it("is one page of Markdown that everybody may cache", async () => {
    const { deps } = world({ handlers: HANDLERS });
    const { body } = await modern(deps, "resources/read", { uri: "blueprint://guide" });
    expect(body.result).toMatchObject({
      contents: [{ uri: "blueprint://guide", mimeType: "text/markdown", text: GUIDE }],
      cacheScope: "public",
    });
    console.info(`blueprint://guide: ${GUIDE.length} bytes`);
    expect(GUIDE.length).toBeLessThan(24_000);
  });

  it.each([...KIND_TABLE])("has every field of %s, and its output", (type, { schema }) => {
    const section = GUIDE.split(/^##+ /m).find((text) => text.startsWith(`${type}\n`)) ?? "";
    expect(section).toContain("Output: ");
    const common = GUIDE.split(/^##+ /m).find((text) => text.startsWith("Fields of every step")) ?? "";
    const missing = Object.keys(schema.shape).filter((field) => !`${common}${section}`.includes(`- \`${field}\` (`));
    expect(missing).toEqual(["type"]);
  });

  it("has every field of a job's status, and every handler", () => {
    const status = topicText("status", HANDLERS);
    for (const name of Object.keys(JobStatus.shape)) expect(status).toContain(`| \`${name}\` |`);
    for (const { name } of HANDLERS) expect(GUIDE).toContain(`- \`${name}\`: `);
  });

  it("names only functions that there are, and each that JSONata does not have", () => {
    const section = GUIDE.split(/^## /m).find((text) => text.startsWith("Expressions")) ?? "";
    const lines = section.split("\n").filter((line) => line.startsWith("- "));
    const refused = ["eval", "shuffle"];
    const variables = ["input", "steps", "item", "index", "state", "response", "job"];
    const named = new Set([...lines.join("\n").matchAll(/\$([a-zA-Z0-9]+)/g)].map(([, name = ""]) => name));
    const unknown = [...named].filter((name) => !FUNCTION_NAMES.has(name) && !variables.includes(name));
    expect(unknown.sort()).toEqual(refused.filter((name) => !FUNCTION_NAMES.has(name)).sort());
  });

  it("names every error code on a page of their own, which the whole guide points at", () => {
    const errors = topicText("errors", HANDLERS);
    for (const code of Object.keys(ERROR_CODES)) expect(errors).toContain(`- \`${code}\`: `);
    expect(GUIDE).toContain("`guide/errors`");
  });

  it("can be asked for topic by topic, each shorter than the whole", () => {
    expect(TOPIC_NAMES).toEqual(expect.arrayContaining([...KIND_TABLE.keys(), "expressions", "recipes", "errors"]));
    for (const name of TOPIC_NAMES) {
      const text = topicText(name, HANDLERS) ?? "";
      expect(text).toMatch(/^# \S/);
      expect(text.length).toBeLessThan(GUIDE.length / 2);
    }
    expect(topicText("nothing", HANDLERS)).toBeUndefined();
  });

  it("is a topic of blueprints_get, which says which there are", async () => {
    const { deps } = world({ handlers: HANDLERS });
    const get = async (name: string) =>
      (await modern(deps, "tools/call", { name: "blueprints_get", arguments: { name } })).body.result;
    expect(await get("guide/http")).toMatchObject({ structuredContent: { text: topicText("http", HANDLERS) } });
    const unknown = JSON.stringify(await get("guide/nothing"));
    expect(unknown).toContain("guide/recipes");
    expect(unknown).toContain("isError");
  });

  it("says so when the server has no handlers", () => {
    expect(guideText([])).toContain("Handlers of this server\n\nNone.");
  });
});

describe("the guide's examples", () => {
  it("are at least six, and together show every kind of step", () => {
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(6);
    const shown = new Set([...JSON.stringify(EXAMPLES).matchAll(/"type":"(\w+)"/g)].map(([, type]) => type));
    expect([...KIND_TABLE.keys()].filter((type) => !shown.has(type))).toEqual([]);
  });

  it.each(EXAMPLES)("%s would be accepted as it stands", async (_, args) => {
    const { blueprint, input } = Submission.parse(args);
    const checked = checkBlueprint(blueprint as JsonObject, {
      handlers: Object.keys(CATALOG.handlers),
      model: "a-model",
    });
    expect(checked).toMatchObject({ ok: true });
    expect(checked.ok && checkInput(checked.value, input)).toEqual([]);
    const { deps } = world({ handlers: HANDLERS, model: "a-model" });
    const { body } = await modern(deps, "tools/call", {
      name: "jobs_submit_blueprint",
      arguments: { ...args, dry_run: true },
    });
    expect(body.result).toMatchObject({ structuredContent: { valid: true } });
  });

  it("reach only one placeholder host", () => {
    const hosts = [...JSON.stringify(EXAMPLES).matchAll(/https?:\/\/([^/"]+)/g)].map(([, host]) => host);
    expect(new Set(hosts)).toEqual(new Set(["api.example.com"]));
  });
});

describe("jobs_plan", () => {
  const plan = async (goal: string) =>
    modern(world({ handlers: HANDLERS }).deps, "prompts/get", { name: "jobs_plan", arguments: { goal } });

  it("gives the goal as data, what is there to use, the language and the habit", async () => {
    const { body } = await plan("Check ``` all our links");
    const { messages } = body.result as { messages: { role: string; content: { text: string } }[] };
    const text = messages[0]?.content.text ?? "";
    expect(text).toContain("````\nCheck ``` all our links\n````");
    expect(text).toContain("- double@2 (catalog): Doubles a number.");
    for (const known of ["guide/http", "dry_run", "jobs_wait", "fetch-items"]) expect(text).toContain(known);
  });

  it.each([
    ["Export all customers page by page", "all-customers"],
    ["Ask my manager to approve, then publish", "approve-and-publish"],
    ["Watch a status page and alert us on a change", "watch-status"],
    ["Poll a build until it is done", "run-export"],
    ["xyzzy", "all-customers"],
  ])("for %s brings the recipe %s, and little else", async (goal, recipe) => {
    const { messages } = (await plan(goal)).body.result as { messages: { content: { text: string } }[] };
    const text = messages[0]?.content.text ?? "";
    expect(text).toContain(`"name":"${recipe}"`);
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(6_144);
    const brought = RECIPES.filter(({ call }) => text.includes(call));
    expect(brought.length).toBeLessThan(RECIPES.length / 2);
  });

  it("takes at most 6 KB, however long the goal is", async () => {
    const { messages } = (await plan("Export all pages, poll, approve. ".repeat(121).slice(0, 4_000))).body.result as {
      messages: { content: { text: string } }[];
    };
    expect(messages[0]?.content.text.length).toBeLessThanOrEqual(6_144);
  });

  it.each([
    ["empty", "  "],
    ["too long", "x".repeat(4_001)],
  ])("of a goal that is %s says so", async (_, goal) => {
    expect((await plan(goal)).body.error).toMatchObject({ code: -32602, message: expect.stringContaining("goal: ") });
  });
});
