import fc from "fast-check";
import jsonata from "jsonata";
import { describe, expect, it } from "vitest";
import { compileTemplate } from "../../../src/expression/template.ts";
import type { Json } from "../../../src/lib/json.ts";
import { aBudget, aScope } from "../../blueprint/support.ts";

async function ours(expression: string, input: Json): Promise<unknown> {
  const compiled = compileTemplate(`{% ${expression} %}`);
  if (!compiled.ok) throw new Error(compiled.error.message);
  const result = await compiled.value.evaluate(aScope({ input }), aBudget());
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const anyText = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\ud83d", "語"), maxLength: 12 });
const anyPlace = fc.oneof(fc.integer({ min: -15, max: 15 }), fc.double({ min: -15, max: 15, noNaN: true }));

describe("texts by their characters are what the library makes of them", () => {
  it.each(["$length($input.text)", "$substring($input.text, $input.start)"])("%s", async (expression) => {
    await fc.assert(
      fc.asyncProperty(anyText, anyPlace, async (text, start) => {
        const input = { text, start };
        expect(await ours(expression, input)).toEqual(await jsonata(expression).evaluate(undefined, { input }));
      }),
    );
  });

  it("$substring with a length", async () => {
    const expression = "$substring($input.text, $input.start, $input.length)";
    await fc.assert(
      fc.asyncProperty(anyText, anyPlace, anyPlace, async (text, start, length) => {
        const input = { text, start, length };
        expect(await ours(expression, input)).toEqual(await jsonata(expression).evaluate(undefined, { input }));
      }),
      { numRuns: 500 },
    );
  });
});
