import { describe, expect, it } from "vitest";
import { isLinearizable, type Operation } from "./wgl.ts";

/** A cell that holds one number. `null`: it cannot be known when the operation ended. */
const write = (called: number, returned: number | null, value: number): Operation<number> => ({
  called,
  returned: returned ?? Number.POSITIVE_INFINITY,
  apply: () => value,
});
const read = (called: number, returned: number, value: number): Operation<number> => ({
  called,
  returned,
  apply: (state) => (state === value ? state : undefined),
});
const check = (...operations: Operation<number>[]) => isLinearizable(operations, 0, String);

describe("a history is linearizable", () => {
  it.each([
    ["that is empty", []],
    ["of one after the other", [write(1, 2, 5), read(3, 4, 5), write(5, 6, 7), read(7, 8, 7)]],
    ["whose read sees a write that has not come back", [write(1, 9, 5), read(2, 3, 5), read(4, 5, 5)]],
    ["whose read does not see a write that has not come back", [write(1, 9, 5), read(2, 3, 0), read(4, 5, 5)]],
    ["whose two writes at once took effect in either order", [write(1, 9, 5), write(1, 9, 7), read(10, 11, 5)]],
    ["whose lost write acted much later", [write(1, null, 5), read(2, 3, 0), read(4, 5, 0), read(6, 7, 5)]],
    ["whose lost write never acted", [write(1, null, 5), read(2, 3, 0)]],
    ["of many lost writes that nobody saw", Array.from({ length: 40 }, (_, i) => write(i, null, i + 1))],
  ])("%s", (_name, operations) => {
    expect(check(...operations)).toBe(true);
  });
});

describe("a history is not linearizable", () => {
  it.each([
    ["whose read misses what came back before", [write(1, 2, 5), read(3, 4, 0)]],
    ["whose reads see a write come and go", [write(1, 9, 5), read(2, 3, 5), read(4, 5, 0)]],
    ["whose read sees what nobody wrote", [write(1, 2, 5), read(3, 4, 6)]],
    ["whose read sees a write before it was called", [read(1, 2, 5), write(3, 4, 5)]],
    ["whose lost write was seen, and then not", [write(1, null, 5), read(2, 3, 5), read(4, 5, 0)]],
    [
      "whose reads disagree on the order of two writes",
      [write(1, 20, 5), write(1, 20, 7), read(2, 3, 5), read(4, 5, 7), read(6, 7, 5)],
    ],
  ])("%s", (_name, operations) => {
    expect(check(...operations)).toBe(false);
  });
});
