import fc from "fast-check";
import { expect, it } from "vitest";
import { escapeInvisible } from "../../../src/lib/safe-text.ts";
import { visible } from "../../../src/mcp/replies/structure.ts";

/** Each text by itself. */
function oneByOne(value: unknown): unknown {
  if (typeof value === "string") return escapeInvisible(value);
  if (Array.isArray(value)) return value.map(oneByOne);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [escapeInvisible(name), oneByOne(child)]));
}

const HIDDEN = ["\u0007", "\b", "\f", "\r", "\u200b", "\u202e", "\ud800", "\u2028", "\ufe0f", "\u{e0041}", "\u007f"];
const SHOWN = ["a", "\n", "\t", '"', "\\", "\\u0007", "é", "👩‍👩‍👧", "1\ufe0f\u20e3", " "];
const texts = fc.array(fc.constantFrom(...HIDDEN, ...SHOWN), { maxLength: 6 }).map((parts) => parts.join(""));
const plain = fc.array(fc.constantFrom(...SHOWN), { maxLength: 6 }).map((parts) => parts.join(""));
const valuesOf = (text: fc.Arbitrary<string>) =>
  fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      ...[text, fc.integer(), fc.constant(null), fc.boolean()],
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(text, tie("value"), { maxKeys: 4 }),
    ),
  })).value;

it("what is hidden anywhere in a value is written as escapes, and nothing else changes", () => {
  fc.assert(
    fc.property(fc.oneof(valuesOf(texts), valuesOf(plain)), (value) => {
      expect(JSON.stringify(visible(value))).toBe(JSON.stringify(oneByOne(value)));
    }),
  );
});
