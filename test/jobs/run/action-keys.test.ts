import { describe, expect, it } from "vitest";
import {
  ACTION_OUTCOMES,
  AGAIN,
  actionKey,
  again,
  inherited,
  outcomeOf,
  pollKey,
  rowNames,
  suffixOf,
  type Verdict,
} from "../../../src/jobs/run/action-keys.ts";

const TABLE: Record<(typeof ACTION_OUTCOMES)[number], Record<(typeof AGAIN)[number], Verdict>> = {
  finished: { resume: "reuse", retry: "reuse", from_step: "new_key", input: "new_key", changed_step: "new_key" },
  definite: { resume: "same_key", retry: "new_key", from_step: "new_key", input: "new_key", changed_step: "new_key" },
  unknown: {
    resume: "same_key",
    retry: "same_key",
    from_step: "same_key",
    input: "same_key",
    changed_step: "same_key",
  },
  undone: { resume: "new_key", retry: "new_key", from_step: "new_key", input: "new_key", changed_step: "new_key" },
};

describe("an action that comes up again", () => {
  const cells = ACTION_OUTCOMES.flatMap((outcome) => AGAIN.map((why) => ({ outcome, why })));

  it.each(cells)("after $outcome, by $why", ({ outcome, why }) => {
    expect(again(outcome, why)).toBe(TABLE[outcome][why]);
  });

  it("has a key by its chain, its path and its suffix; each poll has its own", () => {
    expect(actionKey("job_1", "pay", 0)).toBe("job_1.pay");
    expect(actionKey("job_1", "pages[abc].pay", 3)).toBe("job_1.pages[abc].pay~3");
    expect(pollKey("job_1.pay~3", 0)).toBe("job_1.pay~3#1");
    expect(pollKey("job_1.pay", 4)).toBe("job_1.pay#5");
  });
});

describe("what a failure says of its effect", () => {
  it.each([400, 401, 402, 404, 409, 410, 422, 200, 302])("HTTP %i is an answer", (status) => {
    expect(outcomeOf({ status })).toBe("definite");
  });

  it.each([undefined, 408, 425, 429, 500, 502, 503, 504, 599])("%s says nothing", (status) => {
    expect(outcomeOf({ status })).toBe("unknown");
  });
});

describe("the suffix of a key", () => {
  const chain = { root: "job_1", number: 2, fresh: { pay: 2 } };
  const record = { key_path: "pay", suffix: 1, polls: 0, outcome: "unknown" as const, child_id: null };

  it.each([
    [undefined, undefined, "pay", 0],
    [chain, undefined, "pay", 2],
    [chain, undefined, "pay[abc].one", 2],
    [chain, undefined, "payment", 0],
    [chain, undefined, "constructor", 0],
    [chain, record, "pay", 1],
  ])("of %j with %j at %s is %i", (given, known, path, suffix) => {
    expect(suffixOf(given, known, path)).toBe(suffix);
  });

  it("stays while the outcome is unknown, and is the retry's after a definite one", () => {
    for (const why of AGAIN) expect(inherited(record, why, 5)).toEqual(record);
    const definite = { ...record, outcome: "definite" as const, polls: 3 };
    expect(inherited(definite, "retry", 5)).toEqual({ ...definite, suffix: 5, polls: 0, outcome: null });
    const finished = { ...record, outcome: null };
    for (const why of ["retry", "resume"] as const) expect(inherited(finished, why, 5)).toEqual(finished);
    for (const why of ["from_step", "input", "changed_step"] as const) {
      expect(inherited(finished, why, 5)).toEqual({ ...finished, suffix: 5 });
    }
  });
});

describe("names of rows", () => {
  it("are their items', counted among equals, whatever their order", () => {
    expect(rowNames(["a", "b", "a", "a"])).toEqual(["a", "b", "a-2", "a-3"]);
    expect(rowNames(["b", "a", "a"])).toEqual(["b", "a", "a-2"]);
    expect(rowNames([])).toEqual([]);
  });
});
