import { describe, expect, it } from "vitest";
import { jobNumber } from "../../src/jobs/id.ts";
import type { ListPage } from "../../src/registry/api/caller.ts";
import { MIGRATIONS } from "../../src/registry/storage/migrations/index.ts";
import { migrate } from "../../src/registry/storage/migrations/migrate.ts";
import { recordFigures } from "../../tooling/figures.ts";
import { isOn } from "../support/setting.ts";
import { aListQuery, aRequest, type Bench, CALLER, inRegistry, START, statusOf } from "./bench.ts";
import schema1 from "./recorded/schema-0001.sql?raw";
import schema2 from "./recorded/schema-0002.sql?raw";
import schema3 from "./recorded/schema-0003.sql?raw";
import schema4 from "./recorded/schema-0004.sql?raw";
import schema5 from "./recorded/schema-0005.sql?raw";
import schema6 from "./recorded/schema-0006.sql?raw";
import schema7 from "./recorded/schema-0007.sql?raw";
import schema8 from "./recorded/schema-0008.sql?raw";
import schema9 from "./recorded/schema-0009.sql?raw";
import schema10 from "./recorded/schema-0010.sql?raw";
import schema11 from "./recorded/schema-0011.sql?raw";
import schema12 from "./recorded/schema-0012.sql?raw";
import schema13 from "./recorded/schema-0013.sql?raw";
import schema14 from "./recorded/schema-0014.sql?raw";
import schema15 from "./recorded/schema-0015.sql?raw";
import schema16 from "./recorded/schema-0016.sql?raw";
import schema17 from "./recorded/schema-0017.sql?raw";
import schema18 from "./recorded/schema-0018.sql?raw";
import schema19 from "./recorded/schema-0019.sql?raw";
import schema20 from "./recorded/schema-0020.sql?raw";
import schema21 from "./recorded/schema-0021.sql?raw";
import schema22 from "./recorded/schema-0022.sql?raw";
import schema23 from "./recorded/schema-0023.sql?raw";
import schema24 from "./recorded/schema-0024.sql?raw";
import schema25 from "./recorded/schema-0025.sql?raw";
import schema26 from "./recorded/schema-0026.sql?raw";
import schema27 from "./recorded/schema-0027.sql?raw";
import { dump, load, writeState } from "./recorded/state.ts";

/**
 * What each schema left behind, by the number of its migrations. Frozen. A release with a new schema adds its own: with
 * RECORD=1 this file prints the state that the present build writes.
 */
const STATES: [migrations: number, dump: string][] = [
  [1, schema1],
  [2, schema2],
  [3, schema3],
  [4, schema4],
  [5, schema5],
  [6, schema6],
  [7, schema7],
  [8, schema8],
  [9, schema9],
  [10, schema10],
  [11, schema11],
  [12, schema12],
  [13, schema13],
  [14, schema14],
  [15, schema15],
  [16, schema16],
  [17, schema17],
  [18, schema18],
  [19, schema19],
  [20, schema20],
  [21, schema21],
  [22, schema22],
  [23, schema23],
  [24, schema24],
  [25, schema25],
  [26, schema26],
  [27, schema27],
];

/** Opens the state under this build. */
async function opened(bench: Bench, state: string): Promise<Bench> {
  await load(bench.storage, state);
  bench.clock.now = START + 1_000;
  bench.engine.started.splice(0);
  return { ...bench, ...(await bench.reopen()) };
}

const rowsOf = ({ storage }: Bench) => storage.sql.exec("SELECT * FROM jobs ORDER BY job_id").toArray();

const numbersOf = ({ storage }: Bench) =>
  storage.sql
    .exec<{ job_id: string; number: string }>("SELECT job_id, CAST(job_number AS TEXT) AS number FROM jobs")
    .toArray();

/** The job of this name, in its first attempt. */
function find({ storage, ref }: Bench, name: string) {
  const found = storage.sql.exec<{ job_id: string }>("SELECT job_id FROM jobs WHERE name = ? ORDER BY job_id", name);
  return ref(found.toArray()[0]?.job_id ?? "");
}

describe.each(STATES)("state of %i migrations", (applied, state) => {
  it("opens with every job as it was, as often as it is opened", (test) =>
    inRegistry(async (bench) => {
      await load(bench.storage, state);
      const before = rowsOf(bench);
      const after = await opened(bench, state);
      await bench.reopen();
      expect(rowsOf(after)).toEqual(before.map((row) => expect.objectContaining(row)));
      for (const { job_id, number } of numbersOf(after)) expect(number).toBe(String(jobNumber(job_id)));
      const { jobs } = await after.caller.list(CALLER, aListQuery());
      expect(jobs.map((job) => job.status).sort()).toEqual(before.map((row) => row.status).sort());
      for (const { id } of jobs) expect((await statusOf(after, id)).events?.[0]?.type).toBe("accepted");
      expect(await bench.storage.getAlarm()).not.toBeNull();
      recordFigures(test, {
        harness: "state of earlier schemas",
        seed: null,
        counts: { states: 1, jobs: jobs.length },
      });
    }));

  it("lets a job that was running go on where it was", () =>
    inRegistry(async (bench) => {
      const { runner, ...rest } = await opened(bench, state);
      const acting = find(bench, "acting");
      expect(await runner.start(acting)).toMatchObject({ do: "run" });
      expect(await runner.begin(acting, "first", "t3", 30_000, [])).toEqual({ do: "reuse", output: { status: 200 } });
      expect(await runner.begin(acting, "second", "t4", 30_000, [])).toMatchObject({ do: "run" });
      await runner.finish(acting, "second", { status: 201 }, null);
      await runner.settle(acting, { name: "succeeded", output_path: "second" }, []);
      expect(await statusOf(rest, acting.job_id)).toMatchObject({ status: "succeeded", result: { status: 201 } });
    }));

  it("keeps what waits: a sleep, a question, a child", () =>
    inRegistry(async (bench) => {
      const { runner, caller } = await opened(bench, state);
      const slept = await runner.rest(find(bench, "sleeping"), "first", START + 99_000, []);
      expect(slept).toEqual({ do: "rest", wake_at: START + 60_000 });
      const asking = find(bench, "asking");
      await caller.respond(CALLER, asking.job_id, { request_id: "q", action: "accept", content: {} });
      expect(await runner.collect(asking, "first")).toMatchObject({ do: "done" });
      const child = find(bench, "child");
      await runner.start(child);
      await runner.settle(child, { name: "succeeded", output: { grown: true } }, []);
      expect(await runner.collect(find(bench, "parent"), "first")).toEqual({
        at: expect.any(Number),
        do: "done",
        output: { grown: true },
      });
    }));

  it("still knows keys and hands over what was not", () =>
    inRegistry(async (bench) => {
      const { caller, reconciler } = await opened(bench, state);
      const again = await caller.submit(CALLER, aRequest({ idempotency: { key: "order 17", request_hash: "h" } }));
      expect(again).toMatchObject({ ok: true, value: { id: find(bench, "queued").job_id, deduplicated: true } });
      bench.clock.now = START + 60_000;
      await reconciler.onAlarm();
      await bench.settleBackground();
      expect(bench.engine.started).toContainEqual(find(bench, "unsent"));
    }));

  it("is as it was when its migration is killed after any statement, and opens the next time", (test) =>
    inRegistry(async (bench) => {
      await load(bench.storage, state);
      const before = dump(bench.storage);
      let kills = 0;
      for (const broken of killed(applied)) {
        expect(() => migrate(bench.storage, broken)).toThrow("killed");
        expect(dump(bench.storage)).toBe(before);
        kills += 1;
      }
      const { caller } = await bench.reopen();
      expect(await caller.savedBlueprints(CALLER, "", 10)).toHaveLength(applied < 3 ? 0 : 1);
      recordFigures(test, { harness: "migrations killed after any statement", seed: null, counts: { kills } });
    }));
});

/** Every way in which the migrations after the first ones may die: after each statement of each of them. */
function killed(applied: number) {
  return MIGRATIONS.flatMap((migration, i) => {
    if (i < applied) return [];
    const statements = migration.sql
      .replaceAll(/--.*$/gm, "")
      .split(";")
      .filter((text) => text.trim() !== "");
    return statements.map((_, last) => {
      const sql = `${statements.slice(0, last + 1).join(";")}; SELECT * FROM killed;`;
      return [...MIGRATIONS.slice(0, i), { id: migration.id, sql }];
    });
  });
}

describe("jobs that would get the same number", () => {
  /** The state of an earlier schema with so many jobs of the name, whose ids begin alike. */
  async function withTwins(bench: Bench, name: string, copies: number): Promise<Bench> {
    await load(bench.storage, schema4);
    const { columnNames } = bench.storage.sql.exec("SELECT * FROM jobs LIMIT 0");
    for (const last of ["x", "y", "z"].slice(3 - copies)) {
      const columns = columnNames.map((column) =>
        column === "job_id" ? `substr(job_id, 1, 29) || '${last}00'` : column,
      );
      bench.storage.sql.exec(
        `INSERT INTO jobs SELECT ${columns.join(", ")} FROM jobs WHERE name = ? ORDER BY job_id LIMIT 1`,
        name,
      );
    }
    bench.clock.now = START + 1_000;
    return { ...bench, ...(await bench.reopen()) };
  }
  const idsOf = ({ storage }: Bench, name: string) =>
    storage.sql
      .exec<{ job_id: string }>("SELECT job_id FROM jobs WHERE name = ? ORDER BY job_number DESC", name)
      .toArray()
      .map(({ job_id }) => job_id);

  it.each([1, 2, 3])("are all kept when there are %i of them beside the first, in the order of their ids", (copies) =>
    inRegistry(async (bench) => {
      const after = await withTwins(bench, "cancelled", copies);
      const ids = idsOf(after, "cancelled");
      expect(ids).toHaveLength(1 + copies);
      expect(ids).toEqual(ids.toSorted().reverse());
      for (const limit of [1, 100]) {
        const listed: string[] = [];
        for (let next: string | null = null; ; ) {
          const page: ListPage = await after.caller.list(
            CALLER,
            aListQuery({ statuses: ["cancelled"], limit, after: next }),
          );
          listed.push(...page.jobs.map(({ id }) => id));
          next = page.next_after;
          if (next === null) break;
        }
        expect(listed).toEqual(ids);
      }
      for (const id of ids) {
        expect((await statusOf(after, id)).id).toBe(id);
        expect(await after.caller.remove(CALLER, id)).toMatchObject({ ok: true });
      }
      expect(idsOf(after, "cancelled")).toEqual([]);
    }),
  );

  it("run and settle, each for itself", () =>
    inRegistry(async (bench) => {
      const after = await withTwins(bench, "queued", 1);
      const [second = "", first = ""] = idsOf(after, "queued");
      await after.runner.start(after.ref(second));
      await after.runner.settle(after.ref(second), { name: "succeeded", output: 1 }, []);
      expect([(await statusOf(after, first)).status, (await statusOf(after, second)).status]).toEqual([
        "queued",
        "succeeded",
      ]);
      const again = { ...after, ...(await bench.reopen()) };
      expect((await statusOf(again, second)).status).toBe("succeeded");
    }));
});

describe("the present schema", () => {
  it("has its own state recorded, and a dump opens as what it was taken of", () =>
    inRegistry(async (bench) => {
      expect(STATES.at(-1)?.[0]).toBe(MIGRATIONS.length);
      await writeState(bench);
      await bench.settleBackground();
      const text = dump(bench.storage);
      if (isOn("RECORD")) console.info(text);
      await load(bench.storage, text);
      expect(dump(bench.storage)).toBe(text);
    }));

  it("is made whole although its first migration was killed after any statement", () =>
    inRegistry(async (bench) => {
      await bench.storage.deleteAll();
      for (const broken of killed(0)) expect(() => migrate(bench.storage, broken)).toThrow("killed");
      const { caller } = await bench.reopen();
      expect(await caller.submit(CALLER, aRequest())).toMatchObject({ ok: true });
    }));
});
