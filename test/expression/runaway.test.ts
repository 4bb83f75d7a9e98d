import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { evaluated } from "../blueprint/support.ts";

const letters = "a".repeat(120_000);
const numbers = Array.from({ length: 9_000 }, (_, i) => i);
const input: Json = {
  letters,
  numbers,
  many: Array.from({ length: 60_000 }, () => 0),
  objects: Array.from({ length: 5_000 }, (_, i) => ({ id: i, name: `n${i}`, tags: ["x", "y"] })),
  fields: Object.fromEntries(numbers.map((n) => [`f${n}`, [n]])),
  pairs: Array.from({ length: 20_000 }, () => [[0]]),
};

const EVALUATIONS = "more than 500000 evaluations";
const CALLS = "more than 2000 function calls inside each other";
const WORK = "too much work";
const LIST = "maximum sequence length";
const ROWS = "rows of joins";
const SIZE = "larger than 524288 bytes";
const DEPTH = "nested deeper than 200";
const PICTURE = "ambiguous picture";

const CASES: readonly (readonly [title: string, expression: string, reason: string])[] = [
  // Recursion.
  ["endless tail call", "($f := function($n) { $f($n + 1) }; $f(0))", EVALUATIONS],
  ["endless recursion", "($f := function($n) { 1 + $f($n + 1) }; $f(0))", CALLS],
  ["two functions that call each other", "($a := function() { $b() }; $b := function() { $a() }; $a())", EVALUATIONS],
  ["recursion that branches", "($f := function($n) { $n = 0 ? 1 : $f($n - 1) + $f($n - 1) }; $f(40))", EVALUATIONS],
  [
    "Ackermann",
    "($a := function($m, $n) { $m = 0 ? $n + 1 : $n = 0 ? $a($m - 1, 1) : $a($m - 1, $a($m, $n - 1)) }; $a(4, 2))",
    EVALUATIONS,
  ],
  ["Y combinator without end", "(function($x) { $x($x) })(function($x) { $x($x) })", EVALUATIONS],
  ["recursion through $map", "($f := function($n) { $map([1, 2], function($x) { $f($n) }) }; $f(0))", EVALUATIONS],
  ["recursion through an object", '($f := function($n) { {"a": $f($n)} }; $f(0))', CALLS],
  ["recursion through a list", "($f := function($n) { [$f($n), $f($n)] }; $f(0))", CALLS],
  ["recursion through a chain", "($f := function($n) { $n ~> $f }; $f(0))", CALLS],
  [
    "recursion in one member of a list, an error in another",
    "($f := function($n) { $f($n) }; [$f(0), $number('stop')])",
    "stop",
  ],
  // Loops over loops.
  ["$map in $map", "$map([1..10000], function($x) { $map([1..10000], function($y) { $x * $y }) })", EVALUATIONS],
  [
    "$reduce in $reduce",
    "$reduce([1..10000], function($a, $x) { $reduce([1..10000], function($b, $y) { $b + $y }) })",
    EVALUATIONS,
  ],
  ["paths in paths", "[1..10000].([1..10000].($ * 2))", EVALUATIONS],
  ["a join of a list with itself", "$input.numbers@$a.$input.numbers@$b", ROWS],
  ["a join that filters", "$input.objects@$a.$input.objects@$b[$a.id = $b.id].$a.name", ROWS],
  ["a text for each of many items", "$map($input.many, function($n) { $n & 'abcdefgh' })", SIZE],
  [
    "a filter over many items in a loop",
    "$map([1..1000], function($n) { $count($input.objects[id = $n]) })",
    EVALUATIONS,
  ],
  ["all descendants in a loop", "$map([1..10000], function($n) { $count($input.**) })", SIZE],
  ["a wildcard in a loop", "$map([1..10000], function($n) { $count($input.fields.*) })", WORK],
  ["a field of nested lists in a loop", "$map([1..10000], function($n) { $input.pairs.x })", EVALUATIONS],
  ["equality of large values in a loop", "$map([1..10000], function($n) { $input.objects = $input.objects })", WORK],
  ["comparison of large texts in a loop", "$map([1..10000], function($n) { $input.letters <= $input.letters })", WORK],
  ["large values as text in a loop", "$map([1..10000], function($n) { $length($string($input.objects)) })", WORK],
  ["concatenation of large texts in a loop", "$map([1..10000], function($n) { $length($input.letters & 'x') })", WORK],
  ["$distinct in a loop", "$map([1..1000], function($n) { $count($distinct($input.numbers)) })", WORK],
  ["$spread of many objects in a loop", "$map([1..100], function($n) { $count($spread($input.objects)) })", WORK],
  ["$sort in a loop", "$map([1..1000], function($n) { $count($sort($input.numbers)) })", WORK],
  ["$sort by a function", "$sort($input.numbers, function($a, $b) { $a * 2 + 1 < $b * 2 + 1 })", EVALUATIONS],
  ["order-by in a loop", "$map([1..100], function($n) { $input.numbers^(>$) })", EVALUATIONS],
  ["$reduce with $append", "$reduce($input.numbers, $append)", WORK],
  ["$replace with many references", `$replace($input.letters, /a/, '${"$0".repeat(2_000)}')`, WORK],
  ["copies of a large object in a loop", "$map([1..10000], function($n) { $count($clone($input.fields)) })", WORK],
  ["$spread of a large object in a loop", "$map([1..10000], function($n) { $count($spread($input.fields)) })", WORK],
  // Growth.
  ["a huge range", "[1..10000000]", LIST],
  ["a range beyond the cap", "[1..10001]", "a range of 10001 items; the most is 10000"],
  ["a huge $pad", "$pad('x', 100000000)", SIZE],
  ["a huge $pad to the left with a long text", "$pad('x', -400000, $input.letters)", SIZE],
  ["a huge $pad by partial application", "$pad(?, 100000000)('x')", SIZE],
  ["$pad as the function of $map", "$map(['x'], $pad(?, 99999999, 'ab'))", SIZE],
  ["$join with a long separator", "$join($map($input.numbers, $string), $input.letters)", SIZE],
  ["$replace that grows", "$replace($input.letters, 'a', $input.letters)", WORK],
  ["text that doubles", "$reduce([1..100], function($a, $x) { $a & $a }, 'x')", SIZE],
  ["a list that doubles", "$reduce([1..100], function($a, $x) { $append($a, $a) }, [1])", LIST],
  ["nested lists that double", "$reduce([1..100], function($a, $x) { [[$a], [$a]] }, [1])", SIZE],
  ["objects that double", '$reduce([1..100], function($a, $x) { {"l": $a, "r": $a} }, 1)', SIZE],
  ["a value that nests without end", "$reduce([1..10000], function($a, $x) { [[$a]] }, 1)", DEPTH],
  ["an object that holds itself", '{"a": 1} ~> |$|{"self": $}|', DEPTH],
  ["objects that grow in place", '$input.objects ~> |$|{"all": $input.letters}|', WORK],
  [
    "$split into characters, again and again",
    "$map([1..1000], function($n) { $count($split($input.letters, '')) })",
    WORK,
  ],
  ["a number with too many digits", "$power(10, 400)", "cannot be represented"],
  ["a Roman numeral", "$formatInteger(10000000000, 'I')", "nested too deeply, or too large"],
  ["a long picture", "$formatNumber(1, $pad('', 5000, '0'))", "a text or picture of more than 128 characters"],
  ["deep brackets", `${"(".repeat(8_000)}1${")".repeat(8_000)}`, "nested too deeply"],
  // Regular expressions.
  [
    "a loop in a loop against much text",
    "$map([1..1000], function($n) { $contains($input.letters & '!', /^(a+)+$/) })",
    WORK,
  ],
  ["three loops in a row", "$map([1..1000], function($n) { $contains($input.letters, /(a*)*(a*)*(a*)*b$/i) })", WORK],
  ["a counted loop", "$match($input.letters & 'b', /(a{500})$/)", WORK],
  ["one match for each character, each looking to the end", "$replace($input.letters, /a(.*b)?/, 'c')", WORK],
  ["matches of nothing", "$match($input.letters, /x*/)", "Regular expression matches zero length string"],
  ["many matches", "$match($input.letters, /a/)", SIZE],
  // Values that JavaScript would wait for.
  [
    "an object that looks like a promise",
    '(function($f) { {"then": $f} })(function($x, $y) { 1 })',
    "the evaluation never ends",
  ],
  ["a regular expression that looks like a promise", '{"then": /a/}', "a regular expression matches text only"],
  // Times with many readings.
  ["names that run into each other", `$toMillis('${"a".repeat(40)}!', '${"[MNn]".repeat(12)}')`, PICTURE],
  ["numbers parted by digits", `$toMillis('${"1".repeat(40)}!', '${"[Y]1".repeat(12)}')`, PICTURE],
  ["words", `$toMillis('${"one ".repeat(12)}!', '${"[Yw] ".repeat(12)}')`, PICTURE],
];

describe("a runaway expression ends in an error", () => {
  it.each(CASES)("%s", async (_title, expression, reason) => {
    const value = await evaluated(`{% ${expression} %}`, { input });
    expect(value).toEqual(expect.stringMatching(/^error: .+ \{% .+ %\}$/));
    expect(value).toContain(reason);
  });

  it("and not in one of another evaluation at the same time", async () => {
    const runaways = CASES.slice(0, 2).map(([, expression]) => evaluated(`{% ${expression} %}`, { input }));
    const calm = Array.from({ length: 5 }, () => evaluated("{% $sum([1..1000]) %}"));
    const [ends, values] = await Promise.all([Promise.all(runaways), Promise.all(calm)]);
    expect(ends).toEqual(Array(2).fill(expect.stringContaining("error: ")));
    expect(values).toEqual(Array(5).fill(500_500));
  });
});
