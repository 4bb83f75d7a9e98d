import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { recordFigures } from "../../../tooling/figures.ts";
import release from "./release-0.1.0.json" with { type: "json" };
import { type RecordedCall, Replay } from "./replay.ts";

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
describe("the calls of release 0.1.0", () => {
  const calls: RecordedCall[] = release;

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
      const harness = `calls of release 0.1.0, with ${name} between any two`;
      recordFigures(test, { harness, seed: null, counts: { calls: calls.length } });
    },
  );
});
