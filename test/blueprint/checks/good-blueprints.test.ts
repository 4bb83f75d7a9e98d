import { describe, expect, it } from "vitest";
import type { BlueprintInput } from "../../../src/blueprint/blueprint.ts";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import type { Json } from "../../../src/lib/json.ts";
import { aBlueprint, aTransform } from "../support.ts";

const check = (document: Json) =>
  checkBlueprint(document, { handlers: ["audit"], secrets: [{ name: "API_TOKEN", hosts: ["example.com"] }] });

function planOf(document: Json) {
  const checked = check(document);
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
}

const retry = (limit: number) => ({ limit, delay: "2 seconds", backoff: "exponential" });

describe("a plan", () => {
  it("holds every default of an http step", () => {
    const { steps } = planOf(aBlueprint([{ id: "a", type: "http", url: "https://example.com/" }]));
    expect(steps).toEqual([
      {
        id: "a",
        type: "http",
        url: "https://example.com/",
        method: "GET",
        retry: retry(3),
        timeout: "30 seconds",
        on_error: "fail",
        max_bytes: 262_144,
      },
    ]);
  });

  it("holds every default of the other kinds, which do not retry", () => {
    const inner = { ...aTransform("d"), retry: { limit: 2 } };
    const { steps } = planOf(
      aBlueprint([
        { id: "a", type: "sleep", for: "1 day" },
        { id: "b", type: "handler", handler: "audit" },
        { id: "c", type: "map", over: [1], steps: [inner] },
      ]),
    );
    const common = { retry: retry(0), timeout: "30 seconds", on_error: "fail" };
    expect(steps).toEqual([
      { ...common, id: "a", type: "sleep", for: "1 day" },
      { ...common, id: "b", type: "handler", handler: "audit", input: {} },
      {
        on_error: "fail",
        ...{ id: "c", type: "map", over: [1], concurrency: 5, max_items: 1_000 },
        steps: [{ ...common, id: "d", type: "transform", value: null, retry: retry(2) }],
      },
    ]);
  });

  it("of a plan is the plan itself", () => {
    const plan = planOf(aBlueprint([{ id: "a", type: "http", url: "https://example.com/{% $input.path %}" }]));
    expect(planOf(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it("carries __proto__ in a body as plain data", () => {
    const body = JSON.parse('{"__proto__": {"admin": true}}');
    const [step] = planOf(aBlueprint([aTransform("a", body)])).steps;
    expect(JSON.stringify(step)).toContain('"__proto__":{"admin":true}');
    expect({}).not.toHaveProperty("admin");
  });

  it("leaves the document as it was", () => {
    const document = aBlueprint([{ id: "a", type: "handler", handler: "audit" }], {
      input: { $defs: { x: { type: "string" } }, properties: { a: { $ref: "#/$defs/x" } } },
    });
    const before = structuredClone(document);
    planOf(document);
    expect(document).toEqual(before);
    expect(Object.getOwnPropertyNames(document.input)).toEqual(["$defs", "properties"]);
  });

  it("may be written with the types of the schema", () => {
    const document: BlueprintInput = {
      name: "typed",
      steps: [{ id: "a", type: "map", over: "{% $input %}", steps: [{ id: "b", type: "sleep", for: "1 second" }] }],
    };
    expect(check(document as unknown as Json)).toMatchObject({ ok: true });
  });
});

describe("a blueprint may", () => {
  it.each<[string, Json]>([
    ["take a url from an expression", aBlueprint([{ id: "a", type: "http", url: "{% $input.url %}" }])],
    [
      "take a host and a port from expressions",
      aBlueprint([{ id: "a", type: "http", url: "http://{% $input.host %}:{% $input.port %}/" }]),
    ],
    [
      "name secrets in headers",
      aBlueprint([
        {
          id: "a",
          type: "http",
          url: "https://example.com/",
          headers: { authorization: { secret: "API_TOKEN" }, "x-n": "{% $string(1) %}" },
        },
      ]),
    ],
    [
      "look at the response in expect",
      aBlueprint([
        {
          id: "a",
          type: "http",
          url: "https://example.com/",
          expect: "{% $response.status < 500 and $response.body.ok %}",
        },
      ]),
    ],
    [
      "expect a list of statuses",
      aBlueprint([{ id: "a", type: "http", url: "https://example.com/", expect: [200, 404] }]),
    ],
    [
      "repeat a query parameter",
      aBlueprint([
        { id: "a", type: "http", url: "https://example.com/", query: { tag: ["a", 1, null], "a b": "{% $input.x %}" } },
      ]),
    ],
    ["sleep for a time from an expression", aBlueprint([{ id: "a", type: "sleep", for: "{% $input.delay %}" }])],
    ["sleep for no time", aBlueprint([{ id: "a", type: "sleep", for: "0 seconds" }])],
    ["sleep until a time", aBlueprint([{ id: "a", type: "sleep", until: "2027-01-01T00:00:00+01:00" }])],
    ["skip a step", aBlueprint([aTransform("a"), { ...aTransform("b"), when: "{% $steps.a = null %}" }])],
    [
      "go on after a failure",
      aBlueprint([{ ...aTransform("a"), on_error: "continue" }], { output: "{% $steps.a.error.code %}" }),
    ],
    [
      "use items and earlier steps of the same item",
      aBlueprint([
        aTransform("z"),
        {
          id: "m",
          type: "map",
          over: "{% $input %}",
          steps: [aTransform("a", "{% $item & $index & $steps.z %}"), aTransform("b", "{% $steps.a %}")],
        },
      ]),
    ],
    [
      "map inside a map over the outer item",
      aBlueprint([
        {
          id: "m",
          type: "map",
          over: "{% $input %}",
          steps: [{ id: "n", type: "map", over: "{% $item.list %}", steps: [aTransform("a", "{% $item %}")] }],
        },
      ]),
    ],
    ["look steps up by name", aBlueprint([aTransform("a", "{% $lookup($steps, $input.id) %}")])],
    [
      "define its own variables",
      aBlueprint([
        aTransform("a", "{% ($total := $sum($input.n); $f := function($x) { $x / $total }; $input.n.$f($)) %}"),
      ]),
    ],
    ["use names inside paths", aBlueprint([aTransform("a", '{% $input.list[ok and n > 1].{"id": id, "n": $.n} %}')])],
    [
      "use a field named like a keyword of JavaScript",
      aBlueprint([aTransform("a", "{% $input.constructor.prototype %}")]),
    ],
    [
      "describe its input",
      aBlueprint([aTransform("a")], {
        input: {
          $schema: "https://json-schema.org/draft/2020-12/schema",
          type: "object",
          required: ["a"],
          properties: { a: { type: ["string", "null"], format: "uri", minLength: 1 }, tree: { $ref: "#/$defs/tree" } },
          $defs: { tree: { properties: { children: { type: "array", items: { $ref: "#/$defs/tree" } } } } },
          additionalProperties: false,
        },
      }),
    ],
  ])("%s", (_title, document) => {
    expect(check(document)).toMatchObject({ ok: true });
  });
});
