import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { JobRegistry } from "../../../src/registry/job-registry.ts";
import { RunnerEntry } from "../../../src/registry/runner-entry.ts";
import { recordFigures } from "../../../tooling/figures.ts";
import { isOn } from "../../support/setting.ts";
import release1 from "./release-0.1.0.json" with { type: "json" };
import release2 from "./release-0.2.0.json" with { type: "json" };
import { type RecordedCall, Replay } from "./replay.ts";

/** With RECORD=1 the last test prints what the next one shall be. */
const RELEASES: [release: string, calls: RecordedCall[]][] = [
  ["0.1.0", release1],
  ["0.2.0", release2],
];

/** What the object suffers between any two calls. */
const NEMESES: Record<string, (replay: Replay) => Promise<void>> = {
  nothing: async () => undefined,
  "an eviction": (replay) => evictDurableObject(replay.stub),
  "an abort": () => abortAllDurableObjects(),
};

/**
 * While a new version rolls out, Workers and runners of the one before call objects of the new one for up to five
 * minutes. A release adds its recording here, with calls of every method; none is ever changed.
 */
describe.each(RELEASES)("the calls of release %s", (release, calls) => {
  it.for(Object.entries(NEMESES))(
    "are answered as then, with %s between them",
    { timeout: 60_000 },
    async ([name, strike], test) => {
      const replay = new Replay();
      for (const [i, { call, args, reply }] of calls.entries()) {
        // New fields do no harm.
        expect({ i, call, reply: await replay.play({ call, args }) }).toMatchObject({ i, call, reply });
        await strike(replay);
      }
      const harness = `calls of release ${release}, with ${name} between any two`;
      recordFigures(test, { harness, seed: null, counts: { calls: calls.length } });
    },
  );
});

/** A stream; the other shards' copies of a trigger; turns, which are in memory alone. */
const NOT_RECORDED = ["follow", "keepCopy", "takeTurn", "surrenderTurns"];

const methodsOf = (kind: { prototype: object }) =>
  Object.getOwnPropertyNames(kind.prototype).filter((name) => !["alarm", "constructor", "findNewest"].includes(name));

it("the course that a release records has calls of every method", async () => {
  const calls = await new Replay().record();
  if (isOn("RECORD")) console.info(JSON.stringify(calls));
  const called = new Set(calls.map(({ call }) => call));
  const methods = [...methodsOf(JobRegistry), ...methodsOf(RunnerEntry)];
  expect(methods.filter((name) => !called.has(name)).sort()).toEqual(NOT_RECORDED.toSorted());
});
