import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { newJobId } from "../../../src/jobs/id.ts";
import {
  MAX_LIST_SCAN,
  MAX_UNINDEXED_JOBS,
  TEXT_INDEX_BATCH,
  TEXT_INDEX_PAUSE_MS,
  TEXT_INDEX_RETRY_MS,
} from "../../../src/limits.ts";
import type { ListQuery } from "../../../src/registry/api/caller.ts";
import { JOB_TEXTS_SQL } from "../../../src/registry/storage/job-texts.ts";
import { JOBS_SQL } from "../../../src/registry/storage/jobs.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { setting } from "../../support/setting.ts";
import type { apisOf } from "../apis.ts";
import { aListQuery, aRequest, type Bench, CALLER, inRegistry, RETENTION_MS, START, statusOf } from "../bench.ts";
import { copyFirstJob } from "../copies.ts";

type Apis = ReturnType<typeof apisOf>;

/** The object again, with TEXT_SEARCH on. */
const searching = (bench: Bench) => bench.reopen({ textSearch: true });

/** Rings the alarm until nothing more is to be added to the index. */
async function index({ clock }: Bench, apis: Apis): Promise<void> {
  for (let rings = 0; rings < 20; rings++) {
    clock.now += TEXT_INDEX_PAUSE_MS;
    await apis.reconciler.onAlarm();
  }
}

/** So many newer jobs of no text, as copies of the first, so that what is older comes into the index. */
function bury({ storage, clock }: Bench, count: number): void {
  const from = clock.now + 1;
  const entropy = new Uint8Array(10);
  copyFirstJob(
    storage,
    Array.from({ length: count }, (_, i) => newJobId(from + i, entropy, 0)),
  );
  storage.sql.exec(
    "UPDATE jobs SET name = '-' WHERE submitted_at < ? AND job_id > ?",
    from,
    newJobId(from - 1, entropy.fill(255), 0),
  );
  clock.now = from + count;
}

/** Every page. */
async function found({ caller }: Pick<Apis, "caller">, over: Partial<ListQuery>): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page = await caller.list(CALLER, aListQuery({ limit: 7, ...over, after }));
    ids.push(...page.jobs.map((job) => job.id));
    after = page.next_after;
  } while (after !== null);
  return ids;
}

const indexed = ({ storage }: Bench): number =>
  storage.sql.exec<{ count: number }>("SELECT count(*) AS count FROM job_texts_docsize").one().count;

async function fail({ runner, ref }: Bench, id: string, message: string): Promise<void> {
  await runner.start(ref(id));
  await runner.settle(ref(id), { name: "failed", error: { code: "http_status", message }, path: "first" }, []);
}

/** Letters that SQLite and JavaScript fold in their own ways, what a query of FTS5 is made of, halves and nothing. */
const CHARACTERS = [..."abAB \"'*^():-+{}.%_\\İIıßẞΣσςÄäéе́日本😀", "\0", "\ud83d", "\ude00", "\uffff", "\n"];
const text = fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 12 });

const PLAN = fc.array(fc.record({ name: text, note: text, error: text }), { minLength: 4, maxLength: 8 });
/** A text that SQLite would end early, and one half of a character. */
const ODD = [
  { name: "ab\0cdef", note: "", error: "" },
  { name: "x", note: "", error: "\ud83dabc 😀abc" },
];

/** Jobs of any texts. @returns what may be looked for: the texts and parts of them */
async function sow(bench: Bench): Promise<string[]> {
  const [some = []] = fc.sample(PLAN, { numRuns: 1, seed: setting("SEED") });
  const texts: string[] = ["ab", "abc", "cde", "\ude00abc"];
  for (const { name, note, error } of [...ODD, ...some]) {
    bench.clock.now += 1;
    const { id } = await bench.submit({ name: name || "x", metadata: { note } });
    if (error !== "") await fail(bench, id, error);
    texts.push(name, note, error, name.slice(1), note.slice(1, 5), JSON.stringify(note).slice(0, 4));
  }
  return texts.filter((each) => each !== "").map((each) => each.toLowerCase());
}

describe("a listing by text with an index", () => {
  it("finds what a look at every job finds, whatever the text, in the index and before it", () =>
    inRegistry(async (bench) => {
      const queries = await sow(bench);
      bury(bench, MAX_UNINDEXED_JOBS);
      const off = await bench.reopen();
      const wanted = new Map<string, string[]>();
      for (const each of queries) wanted.set(each, await found(off, { text: each }));
      const on = await searching(bench);
      for (const each of queries)
        expect(await found(on, { text: each }), JSON.stringify(each)).toEqual(wanted.get(each));
      await index(bench, on);
      expect(indexed(bench)).toBe(TEXT_INDEX_BATCH);
      for (const each of queries)
        expect(await found(on, { text: each }), JSON.stringify(each)).toEqual(wanted.get(each));
    }));

  it("goes with the other filters", () =>
    inRegistry(async (bench) => {
      const ids: string[] = [];
      for (let i = 0; i < 12; i++) {
        bench.clock.now = START + i * 1_000;
        const blueprint = i % 2 ? "alpha@1" : "alphabet@1";
        const { id } = await bench.submit({ blueprint, metadata: { n: i, of: i % 3 ? "needle" : "hay" } });
        if (i % 4 === 0) await fail(bench, id, "HTTP 500");
        ids.push(id);
      }
      bury(bench, MAX_UNINDEXED_JOBS);
      const on = await searching(bench);
      await index(bench, on);
      const pick = (keep: (i: number) => boolean) => ids.filter((_, i) => i % 3 !== 0 && keep(i)).reverse();
      const by = (over: Partial<ListQuery>) => found(on, { text: "needle", ...over });
      expect(await by({})).toEqual(pick(() => true));
      expect(await by({ blueprint: "alpha" })).toEqual(pick((i) => i % 2 === 1));
      expect(await by({ statuses: ["failed"] })).toEqual(pick((i) => i % 4 === 0));
      expect(await by({ submitted_after: START + 4_000 })).toEqual(pick((i) => i > 4));
      expect(await by({ submitted_before: START + 4_000 })).toEqual(pick((i) => i < 4));
      expect(await by({ metadata: { n: 7 } })).toEqual(pick((i) => i === 7));
      expect(await by({ error_code: "http_status" })).toEqual(pick((i) => i % 4 === 0));
    }));

  it("finds an old job at once, where a look at every job would be a thousand rows away from it", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ name: "the needle" });
      bury(bench, 2 * MAX_LIST_SCAN);
      const look = aListQuery({ text: "needle", limit: 5 });
      const off = await (await bench.reopen()).caller.list(CALLER, look);
      expect(off.jobs).toEqual([]);
      const on = await searching(bench);
      await index(bench, on);
      const page = await on.caller.list(CALLER, look);
      expect(page.jobs.map((job) => job.id)).toEqual([id]);
      expect(page.next_after).toBeNull();
    }));
});

describe("the index of texts", () => {
  it("is not asked for what most jobs have, and for all of it where there is nothing else", () =>
    inRegistry(async (bench) => {
      await bench.submit({ name: "order 471" });
      bury(bench, MAX_UNINDEXED_JOBS);
      bench.storage.sql.exec("UPDATE jobs SET name = 'order' WHERE name = '-'");
      const on = await searching(bench);
      await index(bench, on);
      const exec = vi.spyOn(bench.storage.sql, "exec");
      const [one] = await found(on, { text: "order 471" });
      expect((await found(on, { text: "order" })).length).toBe(MAX_UNINDEXED_JOBS + 1);
      const asked = exec.mock.calls.filter(([query]) => query === JOBS_SQL.listByText).map(([, match]) => match);
      vi.restoreAllMocks();
      expect(one).toBeDefined();
      expect([...new Set(asked)]).toEqual(['"er " "r 4" " 47" "471"', '"ord" "rde" "der"']);
    }));

  it("follows what a job becomes after it was added, and forgets it with the job", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ name: "early" });
      bury(bench, MAX_UNINDEXED_JOBS);
      const on = await searching(bench);
      await index(bench, on);
      expect(await found(on, { text: "broken pipe" })).toEqual([]);
      await fail({ ...bench, ...on }, id, "a Broken pipe");
      expect(await found(on, { text: "broken pipe" })).toEqual([id]);
      const before = indexed(bench);
      bench.clock.now += RETENTION_MS + 1;
      bench.storage.sql.exec("UPDATE jobs SET due_at = due_at + 1e12 WHERE job_id <> ?", id);
      await on.reconciler.onAlarm();
      expect(await found(on, { text: "broken pipe" })).toEqual([]);
      expect(indexed(bench)).toBe(before - 1);
    }));

  it("adds a job at once that a clock which went back puts among those that it has", () =>
    inRegistry(async (bench) => {
      await bench.submit();
      bury(bench, MAX_UNINDEXED_JOBS);
      const on = await searching(bench);
      await index(bench, on);
      bench.clock.now = START + 5;
      const reply = await on.caller.submit(CALLER, aRequest({ name: "from before" }));
      if (!reply.ok) throw new Error("not submitted");
      expect(await found(on, { text: "from before" })).toEqual([reply.value.id]);
    }));

  it("is emptied when the setting is off, and made anew when it is on again", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ name: "the needle" });
      bury(bench, 2 * MAX_UNINDEXED_JOBS);
      await index(bench, await searching(bench));
      expect(indexed(bench)).toBeGreaterThan(0);
      const off = await bench.reopen();
      expect(indexed(bench)).toBe(0);
      // What happens meanwhile is not written to it.
      await fail({ ...bench, ...off }, id, "while it was off");
      const on = await searching(bench);
      await index(bench, on);
      expect(indexed(bench)).toBeGreaterThan(0);
      expect(await found(on, { text: "while it was off" })).toEqual([id]);
    }));

  it("costs a submit no row, and the alarm is set for it once", () =>
    inRegistry(async (bench) => {
      await bench.submit();
      const on = await searching(bench);
      const request = aRequest({ run_at: bench.clock.now + 3_600_000 });
      const cost = await rowsOf(bench.storage, () => on.caller.submit(CALLER, request));
      expect(cost.written).toBe(4);
      bury(bench, MAX_UNINDEXED_JOBS + 1);
      const full = await searching(bench);
      expect(await bench.storage.getAlarm()).toBeLessThanOrEqual(bench.clock.now + 1);
      bench.clock.now += TEXT_INDEX_PAUSE_MS;
      const added = await rowsOf(bench.storage, () => full.reconciler.onAlarm());
      expect(added.written).toBeLessThanOrEqual(TEXT_INDEX_BATCH + 10);
    }));

  it("sets the alarm when there are too many jobs that it has not", () =>
    inRegistry(async (bench) => {
      await bench.submit({ run_at: START + 86_400_000 });
      bury(bench, MAX_UNINDEXED_JOBS - 3);
      const on = await searching(bench);
      const request = aRequest({ run_at: bench.clock.now + 86_400_000 });
      await on.caller.submit(CALLER, request);
      expect(await bench.storage.getAlarm()).toBeGreaterThan(bench.clock.now);
      await on.caller.submit(CALLER, request);
      expect(await bench.storage.getAlarm()).toBeLessThanOrEqual(bench.clock.now);
    }));

  it("has a batch whole or not at all, whatever dies in it, and holds up no job", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ name: "the needle" });
      bury(bench, MAX_UNINDEXED_JOBS);
      const late = await bench.submit({ timeout_ms: 1_000 });
      await bench.runner.start(bench.ref(late.id));
      await bench.runner.rest(bench.ref(late.id), "first", bench.clock.now + 3_600_000, []);
      bench.clock.now += 1_000;
      let puts = 0;
      const exec = (query: string, ...bindings: unknown[]) => {
        if (query === JOB_TEXTS_SQL.put && ++puts === TEXT_INDEX_BATCH / 2) throw new Error("killed");
        return bench.storage.sql.exec(query, ...bindings);
      };
      const { sql } = bench.storage;
      const dying = new Proxy(bench.storage, {
        get: (storage, name) => {
          if (name === "sql")
            return {
              exec,
              get databaseSize() {
                return sql.databaseSize;
              },
            };
          const value = Reflect.get(storage, name);
          return typeof value === "function" ? value.bind(storage) : value;
        },
      });
      const on = await bench.reopen({ textSearch: true, storage: dying });
      vi.spyOn(console, "error").mockImplementation(() => undefined);
      await on.reconciler.onAlarm();
      expect(puts).toBe(TEXT_INDEX_BATCH / 2);
      expect(indexed(bench)).toBe(0);
      expect(await found(on, { text: "needle" })).toEqual([id]);
      expect((await statusOf({ ...bench, ...on }, late.id)).status).toBe("failed");
      await on.reconciler.onAlarm();
      expect(puts, "it does not come again at once").toBe(TEXT_INDEX_BATCH / 2);
      bench.clock.now += TEXT_INDEX_RETRY_MS;
      expect(await bench.storage.getAlarm()).toBeLessThanOrEqual(bench.clock.now);
      await on.reconciler.onAlarm();
      expect(indexed(bench)).toBe(TEXT_INDEX_BATCH);
      expect(await found(on, { text: "needle" })).toEqual([id]);
      vi.restoreAllMocks();
    }));
});
