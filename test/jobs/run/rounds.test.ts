import { expect, it } from "vitest";
import { partBehind, type Rounds } from "../../../src/jobs/run/rounds.ts";

const over = (round: number): Rounds => ({ round, over: false, job_id: "job", since: 0 });

it("reads the values around a round and in it, each once and in their order, and those of no other round", () => {
  const read = ["$input", "a", "a#2.b", "a#2.b#12.y", "a#2.b#12.y[0].z", "a#2.b.$rounds", "a#2.x"];
  const behind = ["a-b", "a.$rounds", "a[0].x", "aa", "aa#1.x", "z"];
  const others = ["a#1.b#12.y", "a#1.x", "a#2.b#1.y", "a#2.b#11.y", "a#2.b#120.y", "a#2.b#13.y", "a#20.x", "a#3.x"];
  const all = [...read, ...behind, ...others].toSorted((one, other) => (one < other ? -1 : 1));
  const seen: string[] = [];
  for (let path: string | null = ""; path !== null; ) {
    const from: string = path;
    const part = partBehind({ a: over(1), "a#2.b": over(11) }, from);
    const [first, ...others] = all.filter((each) => each > from && each < part.to);
    if (first !== undefined) seen.push(first);
    // Two at once at most, as a page may end anywhere.
    path = others.length > 0 ? (first ?? null) : part.next;
  }
  expect(seen).toEqual([...read, ...behind]);
});
