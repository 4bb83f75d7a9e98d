import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileExpression } from "../../src/expression/expression.ts";
import type { Json } from "../../src/lib/json.ts";
import { aBudget, aScope, evaluated } from "../blueprint/support.ts";

describe("the language", () => {
  it.each<[string, Json]>([
    // Functions that the server meters, replaces or hands to the library.
    ["$sort([3, 1, 2])", [1, 2, 3]],
    ["$sort(['b', 'a'])", ["a", "b"]],
    ["$sort([{'k': 1, 'v': 'a'}, {'k': 0}, {'k': 1, 'v': 'b'}], function($l, $r) { $l.k > $r.k }).v", ["a", "b"]],
    ["(function($x) { $sort($x, function($l, $r) { $l < $r }) })([1, 2])", [2, 1]],
    ["[3, 1, 2]^(>$)", [3, 2, 1]],
    ["$base64encode('h\u00e9')", "aMOp"],
    ["$base64encode('\u2713 \ud83d\ude00')", "4pyTIPCfmIA="],
    ["$base64decode('4pyTIPCfmIA=')", "\u2713 \ud83d\ude00"],
    ["$base64decode('fn5-')", "~~~"],
    ["$base64decode('aGk')", "hi"],
    ["$min([3, -1, 2])", -1],
    ["$sort([10, 9, 2, 33])", [2, 9, 10, 33]],
    ["$base64decode('aGk=')", "hi"],
    ["$pad('a', -3, '#')", "##a"],
    ["$pad('a', 6, 'xyz')", "axyzxy"],
    ["$pad('😀', 4, '🙂é')", "😀🙂é🙂"],
    ["$pad('abc', 2)", "abc"],
    ["$pad('a', 3.9)", "a  "],
    ["$substring(?, 0, 1)('hello')", "h"],
    ["$map([3, 1], $substring('hello', ?))", ["lo", "ello"]],
    ["$map([1, 2], $string)", ["1", "2"]],
    ["['a', 'b'] ~> $join('-')", "a-b"],
    ["($upper := $uppercase ~> $trim; $upper(' a '))", "A"],
    ["$reduce([[1], [2]], $append)", [1, 2]],
    ["$distinct([1, '1', 1, true, null, null, '{}', {}])", [1, "1", true, null, "{}", {}]],
    [
      "$distinct([{'a': 1, 'b': [2]}, {'b': [2], 'a': 1}, {'a': '1', 'b': [2]}])",
      [
        { a: 1, b: [2] },
        { a: "1", b: [2] },
      ],
    ],
    ["$distinct([{'a': 1}, {'a': 1}].a)", 1],
    ["$count($distinct([1..9999]))", 9_999],
    ["$spread([{'a': 1, 'b': 2}])", [{ a: 1 }, { b: 2 }]],
    ["$formatNumber(1234.5, '#,##0.00')", "1,234.50"],
    ["$toMillis('20261120', '[Y0001][M01][D01]')", Date.UTC(2026, 10, 20)],
    ["$toMillis('20 Nov 2026', '[D01] [MNn,3-3] [Y0001]')", Date.UTC(2026, 10, 20)],
    ["{'a': 1} ~> |$|{'b': 2}, ['a']|", { b: 2 }],
    ["[1..3].($ * 2)", [2, 4, 6]],
    ["$count([1..10000])", 10_000],
    ["(function($n) { $n = 0 ? 'end' : $n })(0)", "end"],
    ["($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(200))", 200],
    // Regular expressions.
    ["$match('a1b22', /[a-z](\\d+)/).groups", ["1", "22"]],
    ["$match('ABC', /b/i).index", 1],
    ["$match('a', /(a)(b)?/).groups[0]", "a"],
    ["$replace('2026-11', /(\\d+)-(\\d+)/, '$2/$1')", "11/2026"],
    ["$split('a, b;c', /[,;] ?/)", ["a", "b", "c"]],
    ["$contains('l\u00e9on', /^l.on$/)", true],
    ["'a\\nb' ~> /^b$/m ~> $exists", true],
  ])("has %s", async (expression, value) => {
    expect(await evaluated(`{% ${expression} %}`)).toEqual(value);
  });

  it("groups by more keys than functions may be nested", async () => {
    const items = Array.from({ length: 1_500 }, (_, i) => ({ id: `k${i}`, v: [i] }));
    const value = await evaluated("{% $input{id: $sum($map(v, function($x) { $x + 1 }))} %}", { input: items });
    expect(Object.keys(value ?? {})).toHaveLength(1_500);
  });

  it("finds one item by its id in the output of a step, for each of many", async () => {
    const body = Array.from({ length: 300 }, (_, i) => ({ id: i, name: `n${i}` }));
    const value = await evaluated("{% $map([1..50], function($n) { $steps.list.body[id = $n].name }) %}", {
      steps: { list: { status: 200, body } },
    });
    expect(value).toHaveLength(50);
  });

  it("reads one field of outputs that together are larger than a value may be", async () => {
    const steps = Object.fromEntries(["a", "b", "c"].map((id) => [id, { body: "x".repeat(300_000), n: 1 }]));
    expect(await evaluated("{% $steps.a.n + $steps.c.n %}", { steps })).toBe(2);
    expect(await evaluated("{% $length($steps.b.body) %}", { steps })).toBe(300_000);
  });
});

describe("nothing of the host", () => {
  it.each([
    "$input.constructor",
    "$input.__proto__",
    "$input.toString",
    "$lookup($input, 'constructor')",
    "$input.list.push",
    "[$sum].implementation",
    "/a/.constructor",
    "$job.constructor.constructor",
  ])("is reached by %s", async (expression) => {
    expect(await evaluated(`{% ${expression} %}`, { input: { list: [1] } })).toBeNull();
  });

  it.each([
    "$sum",
    "function($x) { $x }",
    "/a/",
    "{'f': $sum}",
    "[$sum]",
    "$spread([$sum])",
    "$match('a', /a/) ~> $merge ~> $sum",
  ])("comes out of %s", async (expression) => {
    expect(await evaluated(`{% ${expression} %}`)).toMatch(/^error: /);
  });

  it("is changed by writing to the prototype of a copy", async () => {
    expect(await evaluated("{% {'a': 1} ~> |$|{'__proto__': {'polluted': 1}}| %}")).not.toHaveProperty("polluted");
    expect({}).not.toHaveProperty("polluted");
  });

  it("can be named by a variable that the server binds", async () => {
    expect(await evaluated("{% $run %}")).toBeNull();
  });
});

describe("what would not be the same, or safe, at every resume", () => {
  it.each([
    ["$eval('1')", "$eval is not available"],
    ["($f := $eval; $f('1'))", "$eval is not available"],
    ["['1'] ~> $map($eval)", "$eval is not available"],
    ["$shuffle([1, 2])", "$shuffle is not available"],
    ["function($x)<n:n> { $x }(1)", "a function signature"],
    ["/a{600}b{600}/('a')", "the regular expression is too large"],
    ["/(?=a)/('a')", "invalid or unsupported"],
  ])("is refused before it runs: %s", (source, reason) => {
    expect(compileExpression(source)).toEqual({
      ok: false,
      error: { code: "expression", message: expect.stringContaining(reason) },
    });
  });
});

describe("an expression", () => {
  const words = [
    "$input",
    "$steps.a",
    "$",
    "$$",
    "a",
    "1",
    "'s'",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ".",
    "..",
    "*",
    "**",
    "%",
  ];
  const more = [
    "^(",
    "@$x",
    "#$i",
    ":=",
    "~>",
    "|",
    "?",
    ":",
    ",",
    ";",
    "&",
    "=",
    "in",
    "and",
    "function($x){",
    "$map",
    "$sort",
  ];
  const text = fc.array(fc.constantFrom(...words, ...more, "$string", "$f", "-", "/a/", "`b`", "λ", "null"), {
    maxLength: 14,
  });

  it("never throws and always ends, whatever its text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          text.map((parts) => parts.join(" ")),
        ),
        async (source) => {
          const compiled = compileExpression(source);
          const result = compiled.ok
            ? await compiled.value.evaluate(aScope({ input: { a: [1, { b: "x" }] } }), aBudget())
            : compiled;
          if (!result.ok) expect(result.error).toEqual({ code: "expression", message: expect.stringMatching(/^.+$/) });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("gives values that are plain JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (input) => {
        const value = await evaluated("{% [$input] %}", { input: input as Json });
        expect(JSON.stringify(value)).toBe(JSON.stringify(Array.isArray(input) ? input : [input]));
      }),
    );
  });

  it.each([
    ["$input.a + $steps.b.c", ["input", "steps"], ["b"]],
    ["($x := 1; $x + $job.attempt)", ["job"], []],
    ["$map($input, function($v, $i) { $v & $i & $steps.s })", ["map", "input", "steps"], ["s"]],
    ["$input.list@$l#$i.[$l, $i]", ["input"], []],
    ['$steps."a".b', ["steps"], ["a"]],
    ["$steps.*", ["steps"], []],
  ])("%s tells what it refers to", (source, variables, ids) => {
    const compiled = compileExpression(source);
    if (!compiled.ok) throw new Error(compiled.error.message);
    expect([...compiled.value.syntax.variables].sort()).toEqual([...variables].sort());
    expect([...compiled.value.syntax.steps]).toEqual(ids);
  });

  it.each([
    ["repo", "repo"],
    ["input.repo", "input"],
    ["$count(items) > 0", "items"],
    ["a.b ~> $sum", "a"],
    ["$input.x ? y : 1", "y"],
    ["$input.list.name", undefined],
    ["$input.list[ok and n > 1].{'a': b}", undefined],
    ["$input.list^(age).name", undefined],
    ["true and null = false", undefined],
    ["[$input.a.b]", undefined],
  ])("%s has the bare name %s", (source, name) => {
    const compiled = compileExpression(source);
    expect(compiled.ok && compiled.value.syntax.contextName).toBe(name);
  });
});
