import { describe, expect, it } from "vitest";
import { newJobId } from "../../../src/jobs/id.ts";
import { MAX_LIST_SCAN } from "../../../src/limits.ts";
import type { ListQuery } from "../../../src/registry/api/caller.ts";
import { aListQuery, type Bench, CALLER, callerOf, inRegistry, START } from "../bench.ts";
import { copyFirstJob } from "../copies.ts";

/** Jobs a second apart: a few of each status, blueprint and metadata. Ids oldest first. */
async function seed(bench: Bench, count = 12): Promise<string[]> {
  const blueprints = ["alpha@1", "alpha@2", "beta@1", "inline"];
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    bench.clock.now = START + i * 1_000;
    const blueprint = blueprints[i % blueprints.length] ?? "inline";
    const { id } = await bench.submit({ blueprint, metadata: { team: i % 2 ? "red" : "blue", n: i } });
    if (i % 3 !== 0) await bench.runner.start(bench.ref(id));
    if (i % 3 === 2) await bench.runner.settle(bench.ref(id), { name: "succeeded", output: {} }, []);
    ids.push(id);
  }
  return ids;
}

const pick = (ids: string[], keep: (i: number) => boolean): string[] => ids.filter((_, i) => keep(i)).reverse();
const idsOf = async (bench: Bench, over: Partial<ListQuery>) =>
  (await bench.caller.list(CALLER, aListQuery(over))).jobs.map((job) => job.id);

describe("list", () => {
  it("gives the newest first, as short rows without payloads", () =>
    inRegistry(async (bench) => {
      const ids = await seed(bench);
      const page = await bench.caller.list(CALLER, aListQuery());
      expect(page.jobs.map((job) => job.id)).toEqual([...ids].reverse());
      expect(page.next_after).toBeNull();
      expect(Object.keys(page.jobs[0] ?? {}).sort()).toEqual(
        ["blueprint", "completed_at", "error", "id", "name", "parent_id", "progress", "status", "submitted_at"].sort(),
      );
    }));

  it("filters by one status and by several, in one order", () =>
    inRegistry(async (bench) => {
      const ids = await seed(bench);
      expect(await idsOf(bench, { statuses: ["running"] })).toEqual(pick(ids, (i) => i % 3 === 1));
      expect(await idsOf(bench, { statuses: ["succeeded", "queued"] })).toEqual(pick(ids, (i) => i % 3 !== 1));
    }));

  it("filters by blueprint: a name means all its versions", () =>
    inRegistry(async (bench) => {
      const ids = await seed(bench);
      expect(await idsOf(bench, { blueprint: "alpha" })).toEqual(pick(ids, (i) => i % 4 < 2));
      expect(await idsOf(bench, { blueprint: "alpha@2" })).toEqual(pick(ids, (i) => i % 4 === 1));
      expect(await idsOf(bench, { blueprint: "inline" })).toEqual(pick(ids, (i) => i % 4 === 3));
      expect(await idsOf(bench, { blueprint: "alph" })).toEqual([]);
    }));

  it("filters by metadata, time, and all together", () =>
    inRegistry(async (bench) => {
      const ids = await seed(bench);
      expect(await idsOf(bench, { metadata: { team: "red" } })).toEqual(pick(ids, (i) => i % 2 === 1));
      expect(await idsOf(bench, { metadata: { constructor: "red" } })).toEqual([]);
      const after = START + 2_000;
      expect(await idsOf(bench, { submitted_after: after })).toEqual(pick(ids, (i) => i > 2));
      expect(await idsOf(bench, { submitted_before: after })).toEqual(pick(ids, (i) => i < 2));
      expect(
        await idsOf(bench, { blueprint: "alpha", statuses: ["succeeded"], metadata: { n: 5 }, submitted_after: after }),
      ).toEqual(pick(ids, (i) => i === 5));
    }));

  it("pages through everything once, with every filter", () =>
    inRegistry(async (bench) => {
      const ids = await seed(bench, 25);
      for (const over of [{}, { statuses: ["running", "succeeded"] }, { blueprint: "alpha" }] as Partial<ListQuery>[]) {
        const whole = await idsOf(bench, over);
        const paged: string[] = [];
        let after: string | null = null;
        do {
          const page = await bench.caller.list(CALLER, aListQuery({ ...over, limit: 4, after }));
          paged.push(...page.jobs.map((job) => job.id));
          after = page.next_after;
        } while (after !== null);
        expect(paged).toEqual(whole);
      }
      expect(ids).toHaveLength(25);
    }));

  it("shows nothing of another tenant", () =>
    inRegistry(async (bench) => {
      await seed(bench, 3);
      const { jobs } = await bench.caller.list(callerOf("other"), aListQuery());
      expect(jobs).toEqual([]);
    }));

  it("looks at a bounded number of rows and says where to go on", () =>
    inRegistry(async (bench) => {
      const { id: oldest } = await bench.submit({ metadata: { wanted: true } });
      const newer = Array.from({ length: MAX_LIST_SCAN }, (_, i) => newJobId(START + 1 + i, new Uint8Array(10), 0));
      copyFirstJob(bench.storage, newer);
      let turns = 0;
      const timer = setInterval(() => {
        turns += 1;
      }, 0);
      const first = await bench.caller.list(CALLER, aListQuery({ metadata: { wanted: true } }));
      clearInterval(timer);
      expect(turns, "others were served").toBeGreaterThan(4);
      expect(first).toEqual({ jobs: [], next_after: newer[0] });
      const second = await bench.caller.list(
        CALLER,
        aListQuery({ metadata: { wanted: true }, after: first.next_after }),
      );
      expect(second.jobs.map((job) => job.id)).toEqual([oldest]);
    }));
});

describe("a page that ends before the rows do", () => {
  /** SQLite takes no index away from under a cursor. */
  const takeIndexAway = ({ storage }: Bench) => storage.sql.exec("DROP INDEX jobs_by_due");

  const filters: [string, Partial<ListQuery>][] = [
    ["all", {}],
    ["one status", { statuses: ["queued"] }],
    ["several statuses", { statuses: ["queued", "running", "failed"] }],
    ["a blueprint", { blueprint: "test-plan" }],
  ];

  it.each(filters)("leaves no cursor open, which would keep SQLite from reusing its log: %s", (_name, filter) =>
    inRegistry(async (bench) => {
      for (let i = 0; i < 10; i++) await bench.submit();
      const { jobs } = await bench.caller.list(CALLER, aListQuery({ ...filter, limit: 3 }));
      expect(jobs).toHaveLength(3);
      expect(() => takeIndexAway(bench)).not.toThrow();
    }),
  );

  it("would be noticed", () =>
    inRegistry(async (bench) => {
      for (let i = 0; i < 10; i++) await bench.submit();
      const cursor = bench.storage.sql.exec("SELECT * FROM jobs");
      cursor.next();
      expect(() => takeIndexAway(bench)).toThrow("locked");
      cursor.toArray();
    }));
});
