import { afterEach, describe, expect, it, vi } from "vitest";
import { changedColumns, fromRecord, toRecord } from "../../../src/registry/storage/rows.ts";
import { aJob } from "../../support/jobs.ts";

afterEach(() => vi.restoreAllMocks());

const columns = (changed: [string, unknown][]) => changed.map(([column]) => column);

describe("the columns that a save writes", () => {
  const read = () => fromRecord(JSON.parse(JSON.stringify(toRecord(aJob()))));

  it("are those that differ, also where a field was made anew with the same content", () => {
    const before = read();
    expect(columns(changedColumns(before, { ...before, run: { ...before.run }, events: [...before.events] }))).toEqual(
      [],
    );
    const after = { ...before, run: { ...before.run, tree: 2 }, message: "second" };
    expect(columns(changedColumns(before, after))).toEqual(["message", "run_json"]);
  });

  it("cost one serialisation of each field that is new, and none of what was read or saved before", () => {
    const before = read();
    const after = { ...before, run: { ...before.run, tree: 2 } };
    const stringify = vi.spyOn(JSON, "stringify");
    changedColumns(before, after);
    expect(stringify).toHaveBeenCalledTimes(1);
    changedColumns(after, { ...after, message: "second" });
    expect(stringify).toHaveBeenCalledTimes(1);
  });
});
