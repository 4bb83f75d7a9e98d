import { describe, expect, it } from "vitest";
import type { Blueprint, BlueprintInput } from "../../../src/blueprint/blueprint.ts";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import { pollingOf } from "../../../src/blueprint/kinds/polling.ts";
import type { Ready } from "../../../src/blueprint/terms.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { aBlueprint, aTransform } from "../support.ts";

function planOf(document: Json): Blueprint {
  const checked = checkBlueprint(document, { handlers: [] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
}

const common = {
  retry: { limit: 0, delay: "2 seconds", backoff: "exponential" },
  timeout: "30 seconds",
  on_error: "fail",
};
const plannedTransform = (id: string, value: Json = null) => ({ ...common, ...aTransform(id, value) });
const poll = (more: JsonObject = {}): JsonObject => ({
  id: "wait",
  type: "http",
  url: "https://example.com/builds/{% $input.build %}",
  until: "{% $response.body.state = 'done' %}",
  ...more,
});
const ask = (more: JsonObject = {}): JsonObject => ({
  id: "ask",
  type: "input",
  message: "Release {% $input.tag %}?",
  schema: { type: "object" },
  ...more,
});

describe("a plan of composed steps", () => {
  it("holds every default of parallel, job and input", () => {
    const { steps } = planOf(
      aBlueprint([
        { id: "both", type: "parallel", branches: { left: [aTransform("a")], right: [aTransform("b")] } },
        { id: "named", type: "job", blueprint: "link-check@2" },
        { id: "inline", type: "job", blueprint: aBlueprint([aTransform("a")]), input: { x: "{% $steps.both.left %}" } },
        ask(),
      ]),
    );
    expect(steps).toEqual([
      {
        on_error: "fail",
        ...{ id: "both", type: "parallel" },
        branches: { left: [plannedTransform("a")], right: [plannedTransform("b")] },
      },
      { ...common, id: "named", type: "job", blueprint: "link-check@2", input: {} },
      {
        ...common,
        ...{ id: "inline", type: "job", input: { x: "{% $steps.both.left %}" } },
        blueprint: { name: "plan", steps: [plannedTransform("a")] },
      },
      { ...common, ...ask(), timeout: "1 day" },
    ]);
  });

  it("holds the pause and the number of polls of a step that polls, and of no other", () => {
    const [polls, once] = planOf(aBlueprint([poll(), { id: "a", type: "http", url: "https://example.com/" }])).steps;
    expect(polls).toMatchObject({ until: "{% $response.body.state = 'done' %}", every: "10 seconds", limit: 60 });
    expect(Object.keys(once ?? {})).not.toContain("every");
    expect(Object.keys(once ?? {})).not.toContain("limit");
  });

  it("says how a step polls, with the pause in milliseconds", () => {
    const [polls] = planOf(aBlueprint([poll({ every: "2 minutes", limit: 1 })])).steps;
    const [once] = planOf(aBlueprint([{ id: "a", type: "http", url: "https://example.com/" }])).steps;
    if (polls?.type !== "http" || once?.type !== "http") throw new Error("not the steps that were sent");
    expect(pollingOf(polls as Ready<typeof polls>)).toEqual({ until: poll().until, everyMs: 120_000, limit: 1 });
    expect(pollingOf(once as Ready<typeof once>)).toBeUndefined();
  });

  it("checked again is the same plan", () => {
    const document = aBlueprint([
      poll(),
      ask({
        schema: {
          type: "object",
          properties: {
            days: { type: "array", items: { enum: ["mo", "tu"] } },
            hours: { type: "array", items: { anyOf: [{ const: "9", title: "Nine" }] } },
          },
        },
      }),
      { id: "child", type: "job", blueprint: aBlueprint([poll()]) },
    ]);
    const plan = planOf(document);
    expect(planOf(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it("may be written with the types of the language", () => {
    const document: BlueprintInput = {
      name: "typed",
      steps: [
        {
          id: "both",
          type: "parallel",
          branches: {
            left: [
              { id: "c", type: "job", blueprint: { name: "in", steps: [{ id: "d", type: "sleep", for: "1 day" }] } },
            ],
          },
        },
      ],
    };
    expect(checkBlueprint(document as unknown as Json, { handlers: [] })).toMatchObject({ ok: true });
  });
});

const fields: JsonObject = {
  plain: { type: "string", title: "Plain", description: "Any text", minLength: 1, maxLength: 80, default: "x" },
  email: { type: "string", format: "email" },
  page: { type: "string", format: "uri", default: "https://example.com/" },
  day: { type: "string", format: "date" },
  time: { type: "string", format: "date-time" },
  choice: { type: "string", enum: ["a", "b"], default: "a" },
  named: { type: "string", enum: ["a", "b"], enumNames: ["A", "B"] },
  titled: { type: "string", oneOf: [{ const: "a", title: "A" }], default: "a" },
  some: { type: "array", items: { type: "string", enum: ["a", "b"] }, minItems: 1, maxItems: 2, default: ["a"] },
  many: { type: "array", items: { anyOf: [{ const: "a", title: "A" }] } },
  share: { type: "number", minimum: 0, maximum: 0.5, default: 0.25 },
  below: { type: "integer", maximum: -1 },
  sure: { type: "boolean", default: false },
};

/** Inline children inside each other, down to the deepest that there may be. */
const nested = (depth: number): JsonObject =>
  aBlueprint([depth === 0 ? aTransform("a") : { id: "child", type: "job", blueprint: nested(depth - 1) }]);

describe("a composed blueprint may", () => {
  it.each<[string, Json]>([
    [
      "use earlier outer steps, and those of the same branch, in a branch",
      aBlueprint([
        aTransform("z"),
        {
          id: "both",
          type: "parallel",
          branches: {
            left: [aTransform("a"), aTransform("b", "{% [$steps.a, $steps.z] %}")],
            right: [aTransform("c")],
          },
        },
        aTransform("d", "{% $steps.both.left & $steps.both.right %}"),
      ]),
    ],
    [
      "use the item of a map in a branch",
      aBlueprint([
        {
          id: "each",
          type: "map",
          over: [1],
          steps: [{ id: "both", type: "parallel", branches: { left: [aTransform("a", "{% $item + $index %}")] } }],
        },
      ]),
    ],
    [
      "give a branch the name of a step",
      aBlueprint([{ id: "a", type: "parallel", branches: { a: [aTransform("b")] } }]),
    ],
    [
      "use outer ids again in an inline blueprint",
      aBlueprint([aTransform("a"), { id: "b", type: "job", blueprint: nested(0) }]),
    ],
    [
      "take a child's whole input from an expression",
      aBlueprint([{ id: "a", type: "job", blueprint: "x", input: "{% $input %}" }]),
    ],
    [
      "give a child the item of a map",
      aBlueprint([
        {
          id: "m",
          type: "map",
          over: [1],
          steps: [{ id: "a", type: "job", blueprint: "x", input: { n: "{% $item %}" } }],
        },
      ]),
    ],
    [
      "ask in a child of a map",
      aBlueprint([
        { id: "m", type: "map", over: [1], steps: [{ id: "a", type: "job", blueprint: aBlueprint([ask()]) }] },
      ]),
    ],
    [
      "ask in branches",
      aBlueprint([{ id: "both", type: "parallel", branches: { left: [ask()], right: [ask({ id: "also" })] } }]),
    ],
    [
      "ask for all that MCP can elicit",
      aBlueprint([ask({ schema: { type: "object", properties: fields, required: ["email"] } })]),
    ],
    [
      "say what stands for an answer",
      aBlueprint([
        ask({ schema: { type: "object", properties: fields }, default: { titled: "a", many: [] }, timeout: "30 days" }),
      ]),
    ],
    ["nest jobs five deep", nested(4)],
    [
      "expect and poll at once",
      aBlueprint([poll({ expect: "{% $response.status < 500 %}", every: "1 second", limit: 1_000 })]),
    ],
  ])("%s", (_title, document) => {
    expect(checkBlueprint(document, { handlers: [] })).toMatchObject({ ok: true });
  });
});
