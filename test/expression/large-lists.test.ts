import { describe, expect, it } from "vitest";
import type { Json } from "../../src/lib/json.ts";
import { evaluated } from "../blueprint/support.ts";

const objects: Json = Array.from({ length: 10_001 }, (_, id) => ({ id }));
const numbers: Json = Array.from({ length: 130_000 }, (_, i) => (i * 7) % 1_000);

describe("a list longer than a range may be", () => {
  it.each<[string, Json]>([
    ["$max($input.objects.id)", 10_000],
    ["$count($input.objects[id > 5])", 9_995],
    ["$count($input.objects.{'n': id})", 10_001],
    ["$count($map($input.objects, function($o) { $o.id }))", 10_001],
    ["$count($append($input.objects, $input.objects).id)", 20_002],
    ["$count($distinct($input.objects))", 10_001],
    ["$max($input.numbers)", 999],
    ["$min($input.numbers)", 0],
    ["$count([1..10000, 1..10000, 1..10000])", 30_000],
    ["$sum($input.numbers)", 64_935_000],
    ["$sort($input.numbers)[0]", 0],
    ["$sort($input.numbers)[-1]", 999],
    ["$count($input.numbers[$ > 500])", 64_870],
  ])("works: %s", async (expression, value) => {
    expect(await evaluated(`{% ${expression} %}`, { input: { objects, numbers } })).toEqual(value);
  });

  it.each([
    ["[1..10001]", "a range of 10001 items; the most is 10000"],
    ["$count([1..10001])", "a range of 10001 items; the most is 10000"],
    ["$input.objects@$a.$input.objects@$b", "rows of joins"],
  ])("is still refused: %s", async (expression, reason) => {
    expect(await evaluated(`{% ${expression} %}`, { input: { objects } })).toContain(reason);
  });
});
