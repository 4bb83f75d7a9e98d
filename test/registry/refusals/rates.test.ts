import { describe, expect, it } from "vitest";
import { type Bench, CALLER, inRegistry } from "../bench.ts";
import { spawn } from "../job-lives.ts";

/**
 * Rates over several calls. They are kept in memory: an object that is thrown out between two calls has forgotten them,
 * so these tests do not stand among those that are run under evictions.
 */

const stored = (bench: Bench) => bench.storage.sql.exec("SELECT count(*) AS n FROM jobs").one().n;

describe("a child that the tenant's rate of submits has no room for", () => {
  it("is started later, as its parent is told, and not refused", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        await bench.runner.start(bench.ref(id));
        expect(await spawn(bench, id, "a")).toMatchObject({ do: "wait" });
        expect(await spawn(bench, id, "b")).toEqual({ do: "later", after_ms: 30_000 });
        expect(await spawn(bench, id, "a")).toMatchObject({ do: "wait" });
        bench.clock.now += 30_000;
        expect(await spawn(bench, id, "b")).toMatchObject({ do: "wait" });
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
        await bench.runner.start(bench.ref(id));
        await bench.runner.start(bench.ref(other.id));
        const begin = (job: string, path: string, token: string) =>
          bench.runner.begin(bench.ref(job), path, token, 30_000, []);
        expect(await begin(id, "first", "t1")).toMatchObject({ do: "run" });
        expect(await begin(id, "first", "t1")).toMatchObject({ do: "run" });
        expect(await begin(other.id, "first", "t1")).toMatchObject({ do: "run" });
        await bench.runner.finish(bench.ref(id), "first", {}, null);
        expect(await begin(id, "first", "t2")).toMatchObject({ do: "reuse" });
        expect(await begin(id, "second", "t3")).toEqual({ do: "later", after_ms: 30_000 });
        expect((await bench.caller.status(CALLER, id, { steps: true, events: false })).ok).toBe(true);
        bench.clock.now += 30_000;
        expect(await begin(id, "second", "t3")).toMatchObject({ do: "run", try: 1 });
      },
      { requestsPerMinute: 2 },
    ));

  it("does not let a job that waits for its turn be taken for a silent one", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        await bench.runner.start(bench.ref(id));
        await bench.runner.begin(bench.ref(id), "first", "t0", 30_000, []);
        await bench.runner.finish(bench.ref(id), "first", {}, null);
        for (let i = 0; i < 40; i++) {
          bench.clock.now += 1_000;
          expect((await bench.runner.begin(bench.ref(id), "second", "t1", 30_000, [])).do).toBe("later");
          await bench.reconciler.onAlarm();
        }
        expect(bench.engine.nudged).toEqual([]);
      },
      { requestsPerMinute: 1 },
    ));
});
