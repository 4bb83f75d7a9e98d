import { describe, expect, it } from "vitest";
import { groundOf, type Wanted } from "../../src/jobs/retry.ts";

const wanted = (over: Partial<Wanted> & { done?: string[] }): Wanted => {
  const { done = ["a"], ...rest } = over;
  const before = ["a", "b", "c"];
  return {
    before,
    after: before,
    same: 3,
    finished: (id) => done.includes(id),
    isNewInput: false,
    from: null,
    ...rest,
  };
};

describe("where a retry goes on", () => {
  it.each([
    ["a plain one", {}, { kept: ["a"], inside: "b", discarded: {} }],
    [
      "one of a job that finished all its steps",
      { done: ["a", "b", "c"] },
      { kept: ["a", "b", "c"], inside: null, discarded: {} },
    ],
    ["new input", { isNewInput: true }, { kept: [], inside: null, discarded: { a: "input", b: "input" } }],
    ["an earlier step", { from: "a" }, { kept: [], inside: null, discarded: { a: "from_step", b: "from_step" } }],
    ["the step that failed, by name", { from: "b" }, { kept: ["a"], inside: null, discarded: { b: "from_step" } }],
    ["a plan that changed later", { same: 2 }, { kept: ["a"], inside: "b", discarded: {} }],
    [
      "a plan that changed the failed step",
      { same: 1 },
      { kept: ["a"], inside: null, discarded: { b: "changed_step" } },
    ],
    [
      "a plan that changed all",
      { same: 0 },
      { kept: [], inside: null, discarded: { a: "changed_step", b: "changed_step" } },
    ],
    [
      "a plan with a step put in",
      { same: 1, after: ["a", "x", "b"] },
      { kept: ["a"], inside: null, discarded: { b: "changed_step" } },
    ],
    [
      "new input from a later step",
      { isNewInput: true, from: "b" },
      { kept: ["a"], inside: null, discarded: { b: "from_step" } },
    ],
  ])("%s", (_name, over, ground) => {
    expect(groundOf(wanted(over))).toEqual({ ok: true, value: ground });
  });

  it.each([
    ["c", {}, ["a", "b"]],
    ["nowhere", {}, ["a", "b"]],
    ["b", { same: 0 }, ["a"]],
  ])("not at %s of %j", (from, over, steps) => {
    expect(groundOf(wanted({ ...over, from }))).toEqual({ ok: false, error: steps });
  });
});
