import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readWith } from "../../../src/blueprint/faults/zod-faults.ts";
import { MAX_FAULTS } from "../../../src/limits.ts";

function faultsOf(schema: z.ZodType, value: unknown) {
  const read = readWith("args", schema, value);
  return read.ok ? [] : read.error;
}

const pet = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("cat"), lives: z.int() }),
  z.strictObject({ kind: z.literal("dog") }),
]);

const CASES: readonly (readonly [z.ZodType, unknown, string, string, string])[] = [
  [z.object({ a: z.string() }), {}, "args.a", "is missing", "Add it: a string."],
  [z.object({ a: z.number() }), {}, "args.a", "is missing", "Add it: a number."],
  [z.object({ a: z.string() }), { a: 1 }, "args.a", "expected string, got number", "Send a string."],
  [z.object({ a: z.string() }), { a: null }, "args.a", "expected string, got null", "Send a string."],
  [z.object({ a: z.int() }), { a: 1.5 }, "args.a", "expected integer, got number", "Send an integer."],
  [
    z.object({ a: z.record(z.string(), z.int()) }),
    { a: [] },
    "args.a",
    "expected object, got array",
    "Send an object.",
  ],
  [z.strictObject({}), { "x y": 1 }, 'args["x y"]', "is not a known field", "Remove it, or check its spelling."],
  [z.enum(["a", "b"]), "c", "args", "is not one of the known values", 'Use one of "a", "b".'],
  [z.string().min(2), "a", "args", "must have at least 2 characters", "Send at least 2 characters."],
  [z.array(z.int()).max(1), [1, 2], "args", "must have at most 1 item", "Send at most 1 item."],
  [z.number().max(5), 6, "args", "must be at most 5", "Send a number of at most 5."],
  [z.string().regex(/a/, "must hold an a"), "b", "args", "must hold an a", "Correct it."],
  [z.union([z.string(), z.int()]), true, "args", "expected string or number, got boolean", "Send string or number."],
  [z.object({ a: z.union([z.string(), z.int()]) }), {}, "args.a", "is missing", "Add it: string or number."],
  [
    z.union([z.string(), z.strictObject({ a: z.int() })]),
    { a: "b" },
    "args.a",
    "expected number, got string",
    "Send a number.",
  ],
  [
    z.union([z.string(), z.int()], { error: "send a name or an id" }),
    true,
    "args",
    "expected string or number, got boolean",
    "send a name or an id",
  ],
  [z.string().refine(() => false, "Invalid only in name"), "b", "args", "Invalid only in name", "Correct it."],
  [z.string().regex(/a/), "b", "args", "is not valid", "Correct it."],
  [z.object({ a: z.string() }), { a: [] }, "args.a", "expected string, got array", "Send a string."],
  [z.object({ a: z.date() }), { a: {} }, "args.a", "expected date, got object", "Send a date."],
  [pet, { kind: "cow" }, "args.kind", "is not a known kind", 'Use one of "cat", "dog".'],
  [pet, { kind: "cat" }, "args.lives", "is missing", "Add it: a number."],
  [
    z.record(z.string().max(1), z.int()),
    { ab: 1 },
    "args.ab",
    "must have at most 1 character",
    "Send at most 1 character.",
  ],
  [
    z.string().refine(() => false, { error: "is odd", params: { fix: "Make it even." } }),
    "a",
    "args",
    "is odd",
    "Make it even.",
  ],
];

describe("a fault", () => {
  it.each(CASES)("%#: says where, what, and what to do", (schema, value, path, message, fix) => {
    expect(faultsOf(schema, value)).toEqual([{ path, message, fix }]);
  });

  it("of each unknown field stands alone", () => {
    expect(faultsOf(z.strictObject({}), { a: 1, b: 2 }).map(({ path }) => path)).toEqual(["args.a", "args.b"]);
  });

  it(`is one of at most ${MAX_FAULTS}`, () => {
    expect(faultsOf(z.array(z.string()), Array(100).fill(1))).toHaveLength(MAX_FAULTS);
  });
});
