import { describe, expect, it } from "vitest";
import { byHarness, type Found, table } from "../../tooling/figures-file.ts";

const one = (over: Partial<Found> = {}): Found => {
  return { harness: "model", seed: 7, counts: { runs: 1_000, lost: 0 }, passed: true, ...over };
};

describe("figures of several tests of one harness", () => {
  it("are added up, but of the slowest and the most only the worst stays", () => {
    const counts = [
      { runs: 10, "slowest (s)": 5, "most memory": 3 },
      { runs: 20, "slowest (s)": 4, "most memory": 9 },
    ];
    const [found] = byHarness(counts.map((figures) => one({ counts: figures })));
    expect(found?.counts).toEqual({ runs: 30, "slowest (s)": 5, "most memory": 9 });
  });

  it("have passed when all of them did", () => {
    const passed = (...all: boolean[]) =>
      byHarness(all.map((each) => one({ passed: each }))).map((found) => found.passed);
    expect([passed(true, true), passed(true, false), passed(false, true)]).toEqual([[true], [false], [false]]);
  });
});

describe("the table of figures", () => {
  it("has a row for each harness, with its seed where it has one", () => {
    const text = table([one(), one({ harness: "crash points", seed: null, passed: false })]);
    expect(text.split("\n").slice(2)).toEqual([
      "| model | 7 | runs 1,000, lost 0 | passed |",
      "| crash points |  | runs 1,000, lost 0 | FAILED |",
    ]);
  });
});
