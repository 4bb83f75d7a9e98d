import { describe, expect, it } from "vitest";
import { MAX_RECENT_JOB_CHARS, MAX_RECENT_JOBS } from "../../../src/limits.ts";
import { Actions } from "../../../src/registry/storage/actions.ts";
import { Alarm } from "../../../src/registry/storage/alarm.ts";
import { Audit } from "../../../src/registry/storage/audit.ts";
import { EventLog } from "../../../src/registry/storage/event-log.ts";
import { EventLook } from "../../../src/registry/storage/event-look.ts";
import { EventWaits } from "../../../src/registry/storage/event-wait-rows.ts";
import { JobCache } from "../../../src/registry/storage/job-cache.ts";
import { JobStore } from "../../../src/registry/storage/job-store.ts";
import { LastStates } from "../../../src/registry/storage/last-states.ts";
import { migrate } from "../../../src/registry/storage/migrations/migrate.ts";
import { type JobRecord, toRecord } from "../../../src/registry/storage/rows.ts";
import { TenantSecrets } from "../../../src/registry/storage/secret-rows.ts";
import { StoreEntries } from "../../../src/registry/storage/store-entries.ts";
import { Subscriptions } from "../../../src/registry/storage/subscriptions.ts";
import { tablesOf } from "../../../src/registry/storage/tables.ts";
import { aJob } from "../../support/jobs.ts";
import { CALLER, inObject, inRegistry, START, statusOf, TENANT } from "../bench.ts";

const record = (job_id: string, over: Partial<JobRecord> = {}): JobRecord => ({
  ...toRecord(aJob({ tenant: TENANT, job_id })),
  ...over,
});

async function storeOf(storage: DurableObjectStorage) {
  migrate(storage);
  const tables = tablesOf(storage.sql, false);
  const actions = new Actions(storage.sql, tables);
  const alarm = await Alarm.read(storage, () => START);
  const parts = { lastStates: new LastStates(storage.sql), audit: new Audit(storage.sql) };
  const storeEntries = new StoreEntries(storage.sql, 1);
  const subscriptions = new Subscriptions(storage.sql);
  const tenantSecrets = new TenantSecrets(storage.sql, undefined);
  const entropy = (bytes: number) => new Uint8Array(bytes);
  const eventLog = new EventLog({ sql: storage.sql, entropy, kept: 0, isWanted: () => false });
  const eventLook = new EventLook(storage.sql, eventLog, tables.triggers);
  return {
    store: new JobStore({
      storage,
      tables,
      actions,
      ...parts,
      storeEntries,
      eventLog,
      eventLook,
      eventWaits: new EventWaits(storage.sql),
      subscriptions,
      tenantSecrets,
      alarm,
    }),
    tables,
  };
}

describe("recent jobs", () => {
  it("are those of the tenant that asks", () => {
    const recent = new JobCache();
    const job = recent.keep(record("job_1"));
    expect([recent.get(TENANT, "job_1"), recent.get("globex", "job_1")]).toEqual([job, undefined]);
  });

  it("are so many, and the oldest is forgotten for one more", () => {
    const recent = new JobCache();
    for (let n = 0; n <= MAX_RECENT_JOBS; n++) recent.keep(record(`job_${n}`));
    const known = [0, 1, MAX_RECENT_JOBS].map((n) => recent.get(TENANT, `job_${n}`)?.job_id);
    expect(known).toEqual([undefined, "job_1", `job_${MAX_RECENT_JOBS}`]);
  });

  it("are small: one that is not is read each time", () => {
    const recent = new JobCache();
    const { run_json, events_json } = record("job_1");
    const room = MAX_RECENT_JOB_CHARS - run_json.length - events_json.length;
    const metadata = (chars: number) => ({ metadata_json: JSON.stringify({ m: "x".repeat(chars - 8) }) });
    recent.keep(record("job_1", metadata(room)));
    recent.keep(record("job_2", metadata(room + 1)));
    expect([recent.get(TENANT, "job_1")?.job_id, recent.get(TENANT, "job_2")]).toEqual(["job_1", undefined]);
  });
});

describe("a job that is asked for again and again", () => {
  const rename = (storage: DurableObjectStorage, name: string) => storage.sql.exec("UPDATE jobs SET name = ?", name);

  it("is read from its row once, whatever is written of it", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ run_at: bench.clock.now + 60_000 });
      const { name } = await statusOf(bench, id);
      rename(bench.storage, "behind its back");
      expect((await statusOf(bench, id)).name).toBe(name);
      await bench.caller.cancel(CALLER, id, null);
      expect(await statusOf(bench, id)).toMatchObject({ name, status: "cancelled" });
    }));

  it("is not remembered as it was inside a transaction that was undone", () =>
    inObject(async (storage) => {
      const { store, tables } = await storeOf(storage);
      const job = aJob({ tenant: TENANT, due_at: START + 60_000 });
      store.transact(() => store.insert(job));
      const undone = () =>
        store.transact(() => {
          store.save(job, { ...job, name: "never stored" });
          throw new Error(`of ${tables.jobs.find(TENANT, job.job_id)?.name}`);
        });
      expect(undone).toThrow("of never stored");
      expect(tables.jobs.find(TENANT, job.job_id)?.name).toBe(job.name);
    }));
});

describe("a job that the alarm puts off", () => {
  it("is read anew, and looked at by then", () =>
    inObject(async (storage) => {
      const { store, tables } = await storeOf(storage);
      const job = aJob({ tenant: TENANT, due_at: START });
      store.transact(() => store.insert(job));
      expect(tables.jobs.find(TENANT, job.job_id)?.due_at).toBe(START);
      store.putOff(job.job_id, START + 30_000);
      expect(tables.jobs.find(TENANT, job.job_id)?.due_at).toBe(START + 30_000);
      store.putOff(job.job_id, START + 10_000);
      expect(tables.jobs.find(TENANT, job.job_id)?.due_at).toBe(START + 30_000);
    }));
});

describe("whoever observes the store", () => {
  it("hears of each write in its transaction, of each change once that is over, and of what was undone", () =>
    inObject(async (storage) => {
      const { store } = await storeOf(storage);
      const heard: string[] = [];
      store.observe({
        onWritten: (before, after) => heard.push(`written ${before?.name} ${after?.name}`),
        onCommitted: (before, after) => heard.push(`committed ${before.name} ${after.name}`),
        onUndone: () => heard.push("undone"),
      });
      const job = aJob({ tenant: TENANT, name: "a" });
      store.transact(() => {
        store.insert(job);
        store.save(job, { ...job, name: "b" });
        heard.push("end");
      });
      expect(heard.splice(0)).toEqual(["written undefined a", "written a b", "end", "committed a b"]);
      const undone = () =>
        store.transact(() => {
          store.delete({ ...job, name: "b" }, START);
          throw new Error("no");
        });
      expect(undone).toThrow("no");
      expect(heard).toEqual(["written b undefined", "undone"]);
    }));
});
