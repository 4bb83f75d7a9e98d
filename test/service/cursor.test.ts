import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/service/cursor.ts";

const INVALID = { ok: false, error: { code: "invalid_cursor" } };
const wellFormed = (minLength: number) => fc.string({ unit: "grapheme", minLength, maxLength: 40 });
const textOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const fields = { v: 1, after: "job_1", filter: "f" };

describe("a cursor", () => {
  it("comes back as it was, for the filter that it was made for", () => {
    fc.assert(
      fc.property(wellFormed(1), wellFormed(0), (after, filter) => {
        expect(decodeCursor(encodeCursor({ after, filter }), filter)).toEqual({ ok: true, value: { after, filter } });
      }),
    );
  });

  it("is text that needs no escaping in a URL", () => {
    fc.assert(
      fc.property(wellFormed(1), wellFormed(0), (after, filter) => {
        expect(encodeCursor({ after, filter })).toMatch(/^[\w-]+$/);
      }),
    );
  });

  it("does not fit another filter", () => {
    fc.assert(
      fc.property(wellFormed(1), wellFormed(0), wellFormed(0), (after, filter, other) => {
        fc.pre(filter !== other);
        expect(decodeCursor(encodeCursor({ after, filter }), other)).toEqual(INVALID);
      }),
    );
  });

  it("is refused, or reads as a key of some listing, when any of its characters is altered", () => {
    const cursor = { after: "job_1", filter: "status=running" };
    const text = encodeCursor(cursor);
    const altered = [...text].flatMap((_, at) =>
      Array.from({ length: 256 }, (_, byte) => text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1)),
    );
    for (const read of altered.map((each) => decodeCursor(each, cursor.filter))) {
      expect(read.ok ? read.value : INVALID).toEqual(
        read.ok ? { after: expect.stringMatching(/^.{1,200}$/su), filter: cursor.filter } : INVALID,
      );
    }
  });
});

describe("a text that is no cursor", () => {
  it("is refused, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), wellFormed(0), (text, filter) => {
        expect(decodeCursor(text, filter)).toEqual(INVALID);
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["not base64", "?"],
    ["not JSON", Buffer.from("job_1").toString("base64url")],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url")],
    ["no object", textOf(null)],
    ["another version", textOf({ ...fields, v: 2 })],
    ["a field missing", textOf({ v: 1, filter: "f" })],
    ["a field too many", textOf({ ...fields, tenant: "other" })],
    ["an empty place", textOf({ ...fields, after: "" })],
    ["a place that is no text", textOf({ ...fields, after: 7 })],
    ["a place that is too long", textOf({ ...fields, after: "x".repeat(201) })],
    ["a filter that is too long", textOf({ ...fields, filter: "f".repeat(201) })],
  ])("is refused: %s", (_what, text) => {
    expect(decodeCursor(text, "f")).toEqual(INVALID);
  });
});
