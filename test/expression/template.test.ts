import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileTemplate } from "../../src/expression/template.ts";
import type { Json } from "../../src/lib/json.ts";
import { aBudget, aScope, evaluated, NOW } from "../blueprint/support.ts";

const input: Json = { repo: "a/b", n: 3, yes: true, none: null, list: [1, 2], object: { k: "v" } };
const steps: Record<string, Json> = { get: { body: [{ tag: "v1" }, { tag: "v2" }] } };
const inputOf = (template: Json) => evaluated(template, { input, steps });

const own = (value: Json) => Object.getOwnPropertyNames(value);

describe("a string that is one whole expression", () => {
  it.each<[string, Json]>([
    ["{% $input.n %}", 3],
    ["{%$input.n%}", 3],
    ["{% $input.yes %}", true],
    ["{% $input.none %}", null],
    ["{% $input.nothing %}", null],
    ["{% $input.list %}", [1, 2]],
    ["{% [$input.n] %}", [3]],
    ["{% [] %}", []],
    ["{% $input.object %}", { k: "v" }],
    ["{% $steps.get.body[0].tag %}", "v1"],
    ["{% $steps.get.body.tag %}", ["v1", "v2"]],
    ["{% $job.attempt %}", 1],
    ["{% $now() %}", new Date(NOW).toISOString()],
    ["{% $millis() %}", NOW],
    ["{% $fromMillis($millis(), '[Y0001]-[M01]') %}", "2026-11"],
    ["{% $toMillis('06:30', '[H01]:[m01]') %}", Date.UTC(2026, 10, 20, 6, 30)],
    ["{% {'a': $input.missing, 'b': [null]} %}", { b: [null] }],
    ["{% '{%' %}", "{%"],
  ])("%s keeps its type: %j", async (template, value) => {
    expect(await inputOf(template)).toEqual(value);
  });
});

describe("a string with expressions in it", () => {
  it.each<[string, string]>([
    ["repos/{% $input.repo %}", "repos/a/b"],
    ["{% $input.n %}{% $input.n %}", "33"],
    [" {% $input.n %}", " 3"],
    ["{% $input.yes %}!", "true!"],
    ["is {% $input.object %}", 'is {"k":"v"}'],
    ["is {% $input.list %}", "is [1,2]"],
    ["100%} of {% $input.n %}", "100%} of 3"],
  ])("%s is text: %s", async (template, value) => {
    expect(await inputOf(template)).toBe(value);
  });

  it.each(["a {% $input.none %}", "{% $input.nothing %} a"])(
    "fails when there is nothing to put in: %s",
    async (text) => {
      expect(await inputOf(text)).toMatch(/^error: .*nothing/);
    },
  );
});

describe("an error", () => {
  it("names the path of its string, at any depth", async () => {
    const message = await inputOf({ a: ["x", { "b c": "{% $error('stop') %}" }] });
    expect(message).toBe(`error: a[1]["b c"]: stop`);
  });

  it("has no path when the value is the string", async () => {
    expect(await inputOf("{% 1 + 'a' %}")).toMatch(/^error: The right side .*: \{% 1 \+ 'a' %\}$/);
  });

  it("of the syntax comes before anything runs", () => {
    expect(compileTemplate({ a: "{% ( %}" })).toEqual({
      ok: false,
      error: { code: "expression", message: expect.stringMatching(/^a: .+\{% \( %\}$/) },
    });
  });

  it("is one line of bounded length, whatever the expression holds", async () => {
    const message = await inputOf(`{% $error("a\\nb\\u202e" & $pad("", 9000, "x")) /*${"\n".repeat(5_000)}*/ %}`);
    expect(message).not.toMatch(/[\n\u202e]/);
    expect(String(message).length).toBeLessThan(560);
  });

  it("ends a value that many expressions make too large", async () => {
    const message = await evaluated(Array(6).fill("{% $input %}"), { input: "x".repeat(100_000) });
    expect(message).toBe("error: [5]: the value is larger than 524288 bytes; take less of it");
  });
});

describe("the value of a template", () => {
  it("without expressions is the value itself", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        fc.pre(!JSON.stringify(value).includes("{%"));
        expect(await evaluated(value as Json)).toBe(value);
      }),
    );
  });

  it("keeps the keys and everything else around expressions", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        fc.pre(!JSON.stringify(value).includes("{%"));
        expect(await evaluated([value as Json, "{% 1 %}"])).toEqual([value, 1]);
      }),
    );
  });

  it("carries __proto__ and constructor as plain data", async () => {
    const template = JSON.parse('{"__proto__": {"a": "{% 1 %}"}, "constructor": "{% 2 %}"}');
    const value = await inputOf(template);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"a":1},"constructor":2}');
    expect(own(value)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  it("is the same however often, and at the same time", async () => {
    const compiled = compileTemplate({ a: "{% $sum($input) %}", b: "{% $match($string($input), /[0-9]/).match %}" });
    if (!compiled.ok) throw new Error(compiled.error.message);
    const inputs = Array.from({ length: 20 }, (_, i) => [i % 10, 1]);
    const results = await Promise.all(
      inputs.map((each) => compiled.value.evaluate(aScope({ input: each }), aBudget())),
    );
    expect(results).toEqual(inputs.map(([i = 0]) => ({ ok: true, value: { a: i + 1, b: [String(i), "1"] } })));
  });
});
