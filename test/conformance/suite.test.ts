import { describe, expect, it } from "vitest";
import { difference, readEntries } from "./suite.ts";

describe("a list of expected failures", () => {
  it("is read as the suite reads it, without comments", () => {
    expect(readEntries("# why\nserver:\n  - ping:ping # no ping\n\n  - tools-list:tools-list # no tools\n")).toEqual([
      "ping:ping",
      "tools-list:tools-list",
    ]);
    expect(readEntries("server: []\n")).toEqual([]);
  });

  it.each(["  - ping:ping", "  - ping # a whole scenario", "  - ping:ping #", "- ping:ping # no ping"])(
    "is refused with the line %j",
    (line) => {
      expect(() => readEntries(`server:\n${line}\n`)).toThrow(line);
    },
  );

  it("is refused when it is for something else than a server", () => {
    expect(() => readEntries("client:\n  - ping:ping # no ping\n")).toThrow("client:");
  });
});

describe("the difference from a list", () => {
  const unmet = new Map([["ping:ping", "no answer"]]);

  it("is none when the unmet checks are exactly the listed ones", () => {
    expect(difference(unmet, ["ping:ping"])).toEqual({ unexpected: [], stale: [] });
  });

  it("names an unmet check that is not listed, and what the suite says", () => {
    expect(difference(unmet, [])).toEqual({ unexpected: ["ping:ping no answer"], stale: [] });
  });

  it("names a listed check that is met now", () => {
    expect(difference(unmet, ["ping:ping", "ping:gone"])).toEqual({ unexpected: [], stale: ["ping:gone"] });
  });
});
