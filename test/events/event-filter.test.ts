import { describe, expect, it } from "vitest";
import { matchesFilter } from "../../src/events/event-filter.ts";

const data = { job_id: "job_1", blueprint: "digest@3", name: "nightly", trigger: "t", status: "failed", batch_id: "b" };

describe("a filter of events", () => {
  it.each([
    {},
    { job_id: "job_1" },
    { blueprint: "digest" },
    { blueprint: "digest@3" },
    { name: "nightly", trigger: "t", status: "failed", batch_id: "b" },
  ] as const)("%j lets what fits through", (filter) => {
    expect(matchesFilter({ data }, filter)).toBe(true);
  });

  it.each([
    { job_id: "job_2" },
    { blueprint: "dig" },
    { blueprint: "digest@" },
    { blueprint: "digest@30" },
    { name: "nightly", status: "succeeded" },
    { trigger: "u" },
    { batch_id: "a" },
  ] as const)("%j lets nothing else through", (filter) => {
    expect(matchesFilter({ data }, filter)).toBe(false);
  });

  it("lets nothing through that does not have its field", () => {
    expect(matchesFilter({ data: {} }, { status: "failed" })).toBe(false);
    expect(matchesFilter({ data: { blueprint: 1 } }, { blueprint: "digest" })).toBe(false);
  });
});
