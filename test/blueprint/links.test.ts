import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { linkedQuestions, linkPathAt, mayLink } from "../../src/blueprint/links.ts";
import type { Json } from "../../src/lib/json.ts";

const ask = (id = "ask", more: object = {}): Json => {
  return { id, type: "input", message: "Go?", schema: { type: "object" }, link: true, ...more };
};
const give = (name = "ask", id = "give"): Json => ({ id, type: "transform", value: `{% $link.${name} %}` });
const each = (steps: Json[], id = "each"): Json => ({ id, type: "map", over: [1], steps });
const loop = (steps: Json[]): Json => ({ id: "loop", type: "repeat", steps });

function faultsOf(steps: Json[], more: { [field: string]: Json } = {}): string[] {
  const checked = checkBlueprint({ name: "b", steps, ...more }, { handlers: [] });
  return checked.ok ? [] : checked.error.map(({ path, message }) => `${path}: ${message}`);
}

describe("the path of a question that has a link", () => {
  const [question] = linkedQuestions({ steps: [each([loop([ask()])])] });

  it.each([
    ["each[3].loop#2.give", "each[3].loop#2.ask"],
    ["each[3].loop#2.more.give", "each[3].loop#2.ask"],
    ["each[3].loop", undefined],
    ["each[3].give", undefined],
    ["give", undefined],
    ["other[3].loop#2.give", undefined],
    ["each[3].loop#22x.give", undefined],
  ])("is for the step %s: %s", (at, path) => {
    expect(question && linkPathAt(question, at)).toBe(path);
  });

  it("is the same everywhere when it is asked once, in a branch too", () => {
    const branches = { left: [ask()], right: [give("ask", "other")] };
    const [once] = linkedQuestions({ steps: [{ id: "both", type: "parallel", branches }] });
    expect(once && linkPathAt(once, "each[1].give")).toBe("both.left.ask");
  });

  it("is looked for in children too, which have links of their own", () => {
    const child = { name: "child", steps: [ask()] };
    expect(mayLink({ steps: [{ id: "run", type: "job", blueprint: child }] })).toBe(true);
    expect(mayLink({ steps: [give()] })).toBe(false);
  });
});

describe("$link", () => {
  it.each<[string, Json[]]>([
    ["before its question", [give(), ask()]],
    ["in a row, of an outer question", [each([give()]), ask()]],
    ["in a row, of the row's own", [each([give(), ask()])]],
    ["in a round", [loop([give(), ask()])]],
    ["after its question", [ask(), give()]],
  ])("is known %s", (_where, steps) => {
    expect(faultsOf(steps)).toEqual([]);
  });

  it.each<[string, Json[], { [field: string]: Json }, string]>([
    ["outside of the row", [give(), each([ask()])], {}, "blueprint.steps[0].value: $link.ask is another in each row"],
    [
      "in another row",
      [each([give()], "one"), each([ask()])],
      {},
      "blueprint.steps[0].steps[0].value: $link.ask is an",
    ],
    [
      "of no such question",
      [give("asc"), ask()],
      {},
      "blueprint.steps[0].value: no input step with link: true is call",
    ],
    ["without any", [give()], {}, "blueprint.steps[0].value: $link exists only in steps of a blueprint that has"],
    ["in the output", [ask()], { output: "{% $link.ask %}" }, "blueprint.output: $link exists only"],
    ["in finally, of a step", [ask()], { finally: [give()] }, "blueprint.finally[0].value: $link exists only"],
  ])("is a fault %s", (_where, steps, more, fault) => {
    expect(faultsOf(steps, more)).toEqual([expect.stringContaining(fault)]);
  });
});

describe("the schema of a question", () => {
  const AT = "blueprint.steps[0].schema";
  const schema = (field: Json, more: object = {}): Json[] => [
    ask("ask", { schema: { type: "object", properties: { f: field } }, link: undefined, ...more }),
  ];
  const without = (steps: Json[]): Json[] => JSON.parse(JSON.stringify(steps));

  it.each<[string, Json[]]>([
    ["choices that one expression gives", schema({ type: "string", enum: "{% $input.list %}" })],
    ["lists of them", schema({ type: "array", items: { enum: "{% $input.list %}" } })],
    [
      "a default among them",
      schema({ type: "string", enum: "{% $input.list %}", default: "a" }, { default: { f: "b" } }),
    ],
    ["any JSON Schema with a link", schema({ type: "object", properties: { deep: { const: 1 } } }, { link: true })],
  ])("takes %s", (_what, steps) => {
    expect(faultsOf(without(steps))).toEqual([]);
  });

  it.each<[string, Json[], string]>([
    ["a choice that is text", schema({ type: "string", enum: "a" }), `${AT}.properties.f.enum`],
    ["an expression elsewhere", schema({ type: "string", title: "{% $input.t %}" }), `${AT}.properties.f.title`],
    ["one that names nothing", schema({ type: "string", enum: "{% $steps.no %}" }), `${AT}.properties.f.enum`],
    [
      "names beside it",
      schema({ type: "string", enum: "{% $input.l %}", enumNames: ["A", "B"] }),
      `${AT}.properties.f`,
    ],
    ["an object in it without a link", schema({ type: "object", properties: {} }), `${AT}.properties.f.type`],
    ["a pattern with a link", schema({ type: "string", pattern: "a" }, { link: true }), `${AT}.properties.f.pattern`],
    ["another type with a link", [ask("ask", { schema: { type: "string" } })], `${AT}.type`],
  ])("refuses %s", (_what, steps, path) => {
    expect(faultsOf(without(steps)).map((fault) => fault.split(":")[0])).toContain(path);
  });
});
