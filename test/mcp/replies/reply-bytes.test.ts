import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsInto, type Reply, resultOf } from "../../../src/mcp/tool.ts";

/** Texts of what takes most: hidden characters, controls, quotes, what is wide in UTF-8. */
const text = fc.string({
  unit: fc.constantFrom("a", '"', "\\", "\n", "\u200b", "\u0007", "é", "字", "😀", "\ud800"),
  maxLength: 30,
});

const reply: fc.Arbitrary<Reply> = fc.record(
  {
    next: text,
    notes: fc.array(text, { maxLength: 3 }),
    structured: fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 3 })), { maxKeys: 3 }),
    text,
    quoted: text,
  },
  { requiredKeys: ["next", "structured", "text"] },
);

const bytes = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).byteLength;

describe("the room of a reply", () => {
  it("is what both halves take as they are sent, however little the texts of the reply show of it", () => {
    fc.assert(
      fc.property(reply, fc.integer({ min: 0, max: 2_000 }), (each, room) => {
        const { content, structuredContent } = resultOf(each);
        const [half] = content;
        const taken = bytes(structuredContent) + bytes(half?.type === "text" ? half.text : "");
        expect(fitsInto(room, each)).toBe(taken <= room);
        expect(fitsInto(taken, each)).toBe(true);
        expect(fitsInto(taken - 1, each)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});
