import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { CLEANUP_LOOK_MS, MAX_JOURNAL_ROWS } from "../../../src/limits.ts";
import type { ParentPage } from "../../../src/registry/api/cleanup-calls.ts";
import { aListQuery, type Bench, CALLER, inRegistry, planOf, RETENTION_MS, START, statusOf } from "../bench.ts";

const undo = { type: "http", url: "https://example.com/undo" };
const acting = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: "http",
  url: "https://example.com/",
  undo,
  ...more,
});
const PLAN = planOf([acting("one"), acting("two")]);
const FAILURE = { name: "failed" as const, error: { code: "http_status", message: "500", status: 400 }, path: "three" };
const LARGE = "x".repeat(1_500_000);
const AGAIN = { from_step: null, input: null };

async function running(bench: Bench, plan = PLAN): Promise<string> {
  const { id } = await bench.submit({ plan, plan_hash: JSON.stringify(plan) });
  await bench.runner.start(bench.ref(id));
  return id;
}
const begin = (bench: Bench, id: string, path: string, token = path) =>
  bench.runner.begin(bench.ref(id), path, token, 30_000, []);
const finish = (bench: Bench, id: string, path: string, output: Json = { of: path }) =>
  bench.runner.finish(bench.ref(id), path, output, null);
const did = async (bench: Bench, id: string, path: string) => {
  await begin(bench, id, path);
  await finish(bench, id, path);
};
async function cleanupOf(bench: Bench, id: string): Promise<string> {
  await bench.settleBackground();
  return (await statusOf(bench, id)).cleanup_job_id ?? "none";
}
const started = ({ engine }: Bench, id: string) => engine.started.filter((run) => run.job_id === id).length;
async function numbersOf(bench: Bench, cleanup: string) {
  const page = await bench.runner.parentJournal(bench.ref(cleanup), "");
  return page.do === "stop" ? [] : page.values.map(({ path, undo_number }) => [path, undo_number]);
}

describe("the cleanup job", () => {
  it("is accepted with the settlement, as a child that stands outside of every limit", () =>
    inRegistry(
      async (bench) => {
        const id = await running(bench);
        await did(bench, id, "one");
        await bench.runner.settle(bench.ref(id), FAILURE, []);
        const cleanup = await cleanupOf(bench, id);
        expect(await statusOf(bench, cleanup)).toMatchObject({
          status: "queued",
          parent_id: id,
          blueprint: "test-plan@1",
        });
        expect(started(bench, cleanup)).toBe(1);
        expect(bench.counts.current).toEqual({ active: 0, running: 0 });
        const { counts } = await bench.reopen();
        expect(counts.current).toEqual({ active: 0, running: 0 });
      },
      { activeJobs: 1, runningJobs: 1, submitsPerMinute: 1, treeJobs: 1 },
    ));

  it("keeps its outputs where the tenant's storage is full", () =>
    inRegistry(
      async (bench) => {
        const id = await running(bench);
        await begin(bench, id, "one");
        const refused = await finish(bench, id, "one", LARGE);
        expect(refused).toMatchObject({ do: "fail", error: { code: "storage_full" } });
        await bench.runner.settle(bench.ref(id), { ...FAILURE, path: "one" }, []);
        const cleanup = await cleanupOf(bench, id);
        await bench.runner.start(bench.ref(cleanup));
        expect(await numbersOf(bench, cleanup)).toEqual([["one", 1]]);
        await begin(bench, cleanup, "one.undo");
        expect(await finish(bench, cleanup, "one.undo", LARGE)).toEqual({ do: "go" });
      },
      { storedBytes: 1_000_000 },
    ));

  const two = { path: "two", output: { of: "two" }, error: null };
  it.each<[string, (bench: Bench, id: string) => Promise<unknown>]>([
    ["on its own", (bench, id) => finish(bench, id, "two")],
    [
      "with the begin of the next",
      ({ runner, ref }, id) => runner.begin(ref(id), "three", "three", 30_000, [], "three", two),
    ],
    ["with the end", ({ runner, ref }, id) => runner.settle(ref(id), { name: "succeeded", output: null }, [], two)],
  ])("waits for each action in flight to report, and takes back what a late one did that comes %s", (_, report) =>
    inRegistry(async (bench) => {
      const id = await running(bench);
      await did(bench, id, "one");
      await begin(bench, id, "two");
      await bench.caller.cancel(CALLER, id, null);
      const cleanup = await cleanupOf(bench, id);
      expect(started(bench, cleanup)).toBe(0);
      await report(bench, id);
      await bench.settleBackground();
      expect(started(bench, cleanup)).toBe(1);
      expect((await statusOf(bench, id)).status).toBe("cancelled");
      await bench.runner.start(bench.ref(cleanup));
      expect(await numbersOf(bench, cleanup)).toEqual([
        ["one", 1],
        ["two", 2],
      ]);
      // Once is enough.
      expect(await finish(bench, id, "two", { other: true })).toEqual({ do: "stop" });
    }),
  );

  it.each([
    [false, []],
    [true, ["two"]],
  ])("begins when the time of what is in flight is over; unknown: %s", (unknown, known) =>
    inRegistry(async (bench) => {
      const id = await running(
        bench,
        planOf([acting("one"), acting("two", { undo: { ...undo, ...(unknown && { unknown }) } })]),
      );
      await did(bench, id, "one");
      await begin(bench, id, "two");
      await bench.caller.cancel(CALLER, id, null);
      const cleanup = await cleanupOf(bench, id);
      expect((await statusOf(bench, cleanup)).run_at).toBe(new Date(START + 40_000).toISOString());
      bench.clock.now = START + 40_000;
      await bench.reconciler.onAlarm();
      expect(started(bench, cleanup)).toBe(1);
      const run = await bench.runner.start(bench.ref(cleanup));
      expect(run).toMatchObject({ do: "run", cleanup: { unknown: known, isUndoing: true } });
    }),
  );

  it("is there when only something unknown may have to be undone, and not when that had a definite answer", () =>
    inRegistry(async (bench) => {
      for (const [status, isThere] of [
        [500, true],
        [400, false],
      ] as const) {
        const id = await running(bench, planOf([acting("one", { undo: { ...undo, unknown: true } })]));
        await begin(bench, id, "one");
        await bench.runner.settle(bench.ref(id), { ...FAILURE, error: { ...FAILURE.error, status }, path: "one" }, []);
        expect((await cleanupOf(bench, id)) !== "none").toBe(isThere);
      }
    }));

  it("keeps its parent from being deleted, purged or retried until it has settled, and is not cancelled with relatives", () =>
    inRegistry(async (bench) => {
      const id = await running(bench);
      await did(bench, id, "one");
      await bench.runner.settle(bench.ref(id), FAILURE, []);
      const cleanup = await cleanupOf(bench, id);
      const refused = { ok: false, error: { code: "not_settled", status: "failed", cleanup_job_id: cleanup } };
      expect(await bench.caller.remove(CALLER, id)).toEqual(refused);
      expect(await bench.caller.retry(CALLER, id, AGAIN)).toEqual(refused);
      expect(await bench.caller.cancel(CALLER, id, null)).toMatchObject({ value: { changed: false } });
      expect((await statusOf(bench, cleanup)).status).toBe("queued");
      await bench.runner.start(bench.ref(cleanup));
      await bench.runner.rest(bench.ref(cleanup), "nap", START + 2 * RETENTION_MS, []);
      bench.storage.sql.exec(
        "UPDATE jobs SET due_at = ?, timeout_ms = ? WHERE job_id = ?",
        START + 2 * RETENTION_MS,
        3 * RETENTION_MS,
        cleanup,
      );
      const reopened = { ...bench, ...(await bench.reopen()) };
      bench.clock.now = START + RETENTION_MS;
      await reopened.reconciler.onAlarm();
      expect((await statusOf(reopened, id)).expires_at).toBe(new Date(bench.clock.now + CLEANUP_LOOK_MS).toISOString());
      await reopened.runner.settle(bench.ref(cleanup), { name: "succeeded", output: null }, []);
      bench.clock.now += CLEANUP_LOOK_MS;
      await reopened.reconciler.onAlarm();
      expect(await reopened.caller.status(CALLER, id, { steps: false, events: false })).toMatchObject({ ok: false });
    }));

  /** A parent that waits for a child, each of which has something to undo. */
  async function family(bench: Bench): Promise<[parent: string, child: string]> {
    const kid = { id: "kid", type: "job", blueprint: { name: "kid", steps: [acting("one")] } };
    const parent = await running(bench, planOf([acting("first"), kid]));
    await did(bench, parent, "first");
    const request = { name: "kid", blueprint: "inline", plan: planOf([acting("one")]), input: {} };
    await bench.runner.spawn(bench.ref(parent), "kid", request, []);
    await bench.settleBackground();
    const { jobs } = await bench.caller.list(CALLER, aListQuery());
    const child = jobs.find((job) => job.parent_id === parent)?.id ?? "";
    await bench.runner.start(bench.ref(child));
    await did(bench, child, "one");
    return [parent, child];
  }
  async function cleanUp(bench: Bench, id: string): Promise<void> {
    const cleanup = await cleanupOf(bench, id);
    await bench.runner.start(bench.ref(cleanup));
    await bench.runner.settle(bench.ref(cleanup), { name: "succeeded", output: null }, []);
    await bench.settleBackground();
  }

  it("holds up the step that waits for its parent", () =>
    inRegistry(async (bench) => {
      const [parent, child] = await family(bench);
      await bench.runner.settle(bench.ref(child), FAILURE, []);
      expect(await bench.runner.collect(bench.ref(parent), "kid")).toMatchObject({ do: "wait" });
      await cleanUp(bench, child);
      const failed = { do: "fail", error: { code: "child_failed" } };
      expect(await bench.runner.collect(bench.ref(parent), "kid")).toMatchObject(failed);
    }));

  it("comes after that of a child which was cancelled with the parent", () =>
    inRegistry(async (bench) => {
      const [parent, child] = await family(bench);
      await bench.caller.cancel(CALLER, parent, null);
      const own = await cleanupOf(bench, parent);
      expect([started(bench, await cleanupOf(bench, child)), started(bench, own)]).toEqual([1, 0]);
      await cleanUp(bench, child);
      expect(started(bench, own)).toBe(1);
    }));
});

describe("the journal that a cleanup job reads", () => {
  it.each([
    ["many", MAX_JOURNAL_ROWS + 1, 1, 2],
    ["large", 20, 1_000_000, 3],
  ])("comes in pages when its outputs are %s", (_, count, bytes, pages) =>
    inRegistry(async (bench) => {
      const id = await running(bench);
      await did(bench, id, "one");
      await bench.runner.settle(bench.ref(id), FAILURE, []);
      const cleanup = await cleanupOf(bench, id);
      await bench.runner.start(bench.ref(cleanup));
      const insert = "INSERT INTO job_values (job_id, path, value_json) VALUES (?, ?, ?)";
      for (let i = 0; i < count; i++) {
        bench.storage.sql.exec(insert, id, `all[${String(i).padStart(5, "0")}].x`, JSON.stringify("x".repeat(bytes)));
      }
      const seen: string[] = [];
      let read = 0;
      for (let after: string | null = ""; after !== null; read++) {
        const page: ParentPage | { do: "stop" } = await bench.runner.parentJournal(bench.ref(cleanup), after);
        if (page.do === "stop") throw new Error("stopped");
        seen.push(...page.values.map(({ path }) => path));
        after = page.next;
      }
      expect([new Set(seen).size, seen.length, read]).toEqual([count + 1, count + 1, pages]);
    }),
  );

  it("is nobody else's: neither of a job that cleans up after nothing, nor once it has settled", () =>
    inRegistry(async (bench) => {
      const id = await running(bench);
      await did(bench, id, "one");
      expect(await bench.runner.parentJournal(bench.ref(id), "")).toEqual({ do: "stop" });
      expect(await bench.runner.undone(bench.ref(id), "one", "one")).toEqual({ do: "stop" });
    }));
});

describe("a retry of what was undone", () => {
  it("begins at the first step that was undone, under new keys, and reuses nothing behind it", () =>
    inRegistry(async (bench) => {
      const plan = planOf(
        [
          { ...acting("zero"), undo: undefined } as unknown as Json,
          acting("one"),
          { id: "plain", type: "http", url: "https://example.com/" },
          acting("two"),
          acting("three"),
        ].map((step) => JSON.parse(JSON.stringify(step))),
      );
      const id = await running(bench, plan);
      for (const path of ["zero", "one", "plain", "two"]) await did(bench, id, path);
      await begin(bench, id, "three");
      await bench.runner.settle(bench.ref(id), FAILURE, []);
      const cleanup = await cleanupOf(bench, id);
      await bench.runner.start(bench.ref(cleanup));
      await did(bench, cleanup, "two.undo");
      await bench.runner.undone(bench.ref(cleanup), "two", "two");
      // This one has begun, and nobody knows how it came out.
      await begin(bench, cleanup, "one.undo");
      await bench.runner.settle(bench.ref(cleanup), { name: "failed", error: FAILURE.error, path: "one.undo" }, []);
      const again = await bench.caller.retry(CALLER, id, AGAIN);
      if (!again.ok) throw new Error(again.error.code);
      await bench.runner.start(bench.ref(again.value.id));
      expect(await begin(bench, again.value.id, "zero")).toMatchObject({ do: "reuse" });
      const keys: unknown[] = [];
      for (const path of ["one", "plain", "two", "three"]) {
        const begun = await begin(bench, again.value.id, path);
        keys.push(begun.do === "run" ? begun.key : begun.do);
        await finish(bench, again.value.id, path);
      }
      expect(keys).toEqual([`${id}.one`, `${id}.plain~1`, `${id}.two~1`, `${id}.three~1`]);
    }));
});
