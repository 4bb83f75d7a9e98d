import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ACTIVE_STATUSES,
  isSettled,
  JOB_STATUSES,
  type JobStatusName,
  sourcesOf,
  TRANSITION_NAMES,
  type TransitionName,
  transition,
} from "../../src/jobs/status.ts";

const no = undefined;

/** Every cell, as the state diagram of the design has it. */
const TABLE: Record<JobStatusName, Record<TransitionName, JobStatusName | undefined>> = {
  queued: {
    started: "running",
    input_requested: no,
    answered: no,
    expired: no,
    succeeded: no,
    failed: "failed",
    cancelled: "cancelled",
  },
  running: {
    started: no,
    input_requested: "input_required",
    answered: no,
    expired: no,
    succeeded: "succeeded",
    failed: "failed",
    cancelled: "cancelled",
  },
  input_required: {
    started: no,
    input_requested: no,
    answered: "running",
    expired: "running",
    succeeded: no,
    failed: "failed",
    cancelled: "cancelled",
  },
  succeeded: {
    started: no,
    input_requested: no,
    answered: no,
    expired: no,
    succeeded: no,
    failed: no,
    cancelled: no,
  },
  failed: { started: no, input_requested: no, answered: no, expired: no, succeeded: no, failed: no, cancelled: no },
  cancelled: { started: no, input_requested: no, answered: no, expired: no, succeeded: no, failed: no, cancelled: no },
};

const CELLS = Object.entries(TABLE).flatMap(([from, row]) =>
  Object.entries(row).map(([name, to]) => ({
    from: from as JobStatusName,
    name: name as TransitionName,
    to,
    outcome: to ?? "nothing",
  })),
);

describe("the status machine", () => {
  it("has six statuses and seven transitions, and this table has every cell", () => {
    expect(JOB_STATUSES).toEqual(Object.keys(TABLE));
    expect(TRANSITION_NAMES).toEqual(Object.keys(TABLE.queued));
    expect(CELLS).toHaveLength(42);
  });

  it.each(CELLS)("$from, $name: leads to $outcome", ({ from, name, to }) => {
    expect(transition(from, name)).toBe(to);
  });

  it("settles at most once and stays there, whatever is asked of it", () => {
    const anyTransitions = fc.array(fc.constantFrom(...TRANSITION_NAMES), { maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom(...JOB_STATUSES), anyTransitions, (first, names) => {
        const visited = [first];
        for (const name of names) {
          const next = transition(visited.at(-1) ?? first, name);
          if (next !== undefined) visited.push(next);
        }
        expect(visited.slice(0, -1).filter(isSettled)).toEqual([]);
      }),
    );
  });
});

describe("the guards of the writes", () => {
  it.each([
    ["started", ["queued"]],
    ["input_requested", ["running"]],
    ["answered", ["input_required"]],
    ["expired", ["input_required"]],
    ["succeeded", ["running"]],
    ["failed", ["queued", "running", "input_required"]],
    ["cancelled", ["queued", "running", "input_required"]],
  ] as const)("%s may leave %j", (name, sources) => {
    expect(sourcesOf(name)).toEqual(sources);
  });

  it("succeeded, failed and cancelled are settled, the others are active", () => {
    expect(JOB_STATUSES.filter(isSettled)).toEqual(["succeeded", "failed", "cancelled"]);
    expect(ACTIVE_STATUSES).toEqual(["queued", "running", "input_required"]);
  });
});
