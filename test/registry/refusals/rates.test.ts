import { describe, expect, it } from "vitest";
import type { RunRef } from "../../../src/registry/api/runner.ts";
import { type Bench, CALLER, inRegistry } from "../bench.ts";
import { spawn } from "../job-lives.ts";

/**
 * Rates over several calls. They are kept in memory: an object that is thrown out between two calls has forgotten them,
 * so these tests do not stand among those that are run under evictions.
 */

/** A runner of this build takes the job, and begins its first action: it can be told to wait. */
async function taken(bench: Bench, id: string, token: string): Promise<RunRef> {
  await bench.runner.start(bench.ref(id), { process: `process of ${id}`, token });
  return { ...bench.ref(id), run: 1 };
}

const stored = (bench: Bench) => bench.storage.sql.exec("SELECT count(*) AS n FROM jobs").one().n;

describe("a child that the tenant's rate of submits has no room for", () => {
  it("is started later, as its parent is told, and not refused", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        const ref = await taken(bench, id, "t1");
        const child = (path: string) => spawn({ ...bench, ref: () => ref }, id, path);
        expect(await child("a")).toMatchObject({ do: "wait" });
        expect(await child("b")).toEqual({ do: "later", after_ms: 30_000 });
        expect(await child("a")).toMatchObject({ do: "wait" });
        bench.clock.now += 30_000;
        expect(await child("b")).toMatchObject({ do: "wait" });
        expect(stored(bench)).toBe(3);
      },
      { submitsPerMinute: 2 },
    ));
});

describe("the limit of requests a minute", () => {
  it("lets an action begin later, and counts neither a report sent twice nor an output that is stored", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        const other = await bench.submit();
        const ref = await taken(bench, id, "t1");
        const ofOther = await taken(bench, other.id, "t1");
        const begin = (of: RunRef, path: string, token: string) => bench.runner.begin(of, path, token, 30_000, []);
        expect(await begin(ref, "first", "t1")).toMatchObject({ do: "run" });
        expect(await begin(ref, "first", "t1")).toMatchObject({ do: "run" });
        expect(await begin(ofOther, "first", "t1")).toMatchObject({ do: "run" });
        await bench.runner.finish(ref, "first", {}, null);
        expect(await begin(ref, "first", "t2")).toMatchObject({ do: "reuse" });
        expect(await begin(ref, "second", "t3")).toEqual({ do: "later", after_ms: 30_000 });
        expect((await bench.caller.status(CALLER, id, { steps: true, events: false })).ok).toBe(true);
        bench.clock.now += 30_000;
        expect(await begin(ref, "second", "t3")).toMatchObject({ do: "run", try: 1 });
      },
      { requestsPerMinute: 2 },
    ));

  it("does not let a job that waits for its turn be taken for a silent one", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        const ref = await taken(bench, id, "t0");
        await bench.runner.finish(ref, "first", {}, null);
        for (let i = 0; i < 40; i++) {
          bench.clock.now += 1_000;
          expect((await bench.runner.begin(ref, "second", "t1", 30_000, [])).do).toBe("later");
          await bench.reconciler.onAlarm();
        }
        expect(bench.engine.nudged).toEqual([]);
      },
      { requestsPerMinute: 1 },
    ));
});

it("a runner of 0.1.0, which takes such an answer for its end, is not told to wait", () =>
  inRegistry(
    async (bench) => {
      const { id } = await bench.submit();
      const ref = bench.ref(id);
      await bench.runner.start(ref);
      for (const path of ["a", "b", "c"]) {
        expect(await spawn(bench, id, path)).toMatchObject({ do: "wait" });
        expect(await bench.runner.begin(ref, `${path}2`, path, 30_000, [])).toMatchObject({ do: "run" });
      }
      expect(stored(bench)).toBe(4);
    },
    { submitsPerMinute: 2, requestsPerMinute: 2 },
  ));
