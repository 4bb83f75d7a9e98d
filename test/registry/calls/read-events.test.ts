import { describe, expect, it } from "vitest";
import {
  EVENT_KEPT_MS,
  EVENT_PURGE_BATCH,
  LISTENING_MS,
  LISTENING_RENEWED_MS,
  MAX_EMITTED_NAMES,
  MAX_EVENT_PAGE_BYTES,
} from "../../../src/limits.ts";
import type { EventQuery } from "../../../src/registry/api/event-calls.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { aRequest, type Bench, CALLER, inRegistry, START } from "../bench.ts";
import { aTrigger, jobsOf, ring, save } from "../fire/trigger-bench.ts";

const query = (over: Partial<EventQuery> = {}): EventQuery => ({
  after: 0,
  names: null,
  filter: {},
  since: null,
  limit: 100,
  ...over,
});
const read = ({ events }: Pick<Bench, "events">, over: Partial<EventQuery> = {}, waitMs = 0) =>
  events.readEvents(query(over), waitMs);
const listen = async (bench: Pick<Bench, "events">) => (await read(bench, { after: null })).position;

/** A job that was submitted and then cancelled. */
async function settled(bench: Bench, name = "one"): Promise<string> {
  const { id } = await bench.submit({ name });
  await bench.caller.cancel(CALLER, id, null);
  return id;
}

const storedEvents = ({ storage }: Bench) => Number(storage.sql.exec("SELECT count(*) AS n FROM events").one().n);

describe("events", () => {
  it("of plans are told under any number of names, of which so many are listed", () =>
    inRegistry(async (bench) => {
      const tell = (name: string) => bench.events.emitEvent(CALLER, { job_id: "job_1", key: name, name, data: {} });
      for (let i = 0; i <= MAX_EMITTED_NAMES; i++) await tell(`order.n${i}`);
      await tell("order.n0");
      const names = await bench.events.emittedNames();
      expect([names.length, new Set(names).size, names.includes("order.n0")]).toEqual([
        MAX_EMITTED_NAMES,
        MAX_EMITTED_NAMES,
        true,
      ]);
    }));

  it("are not recorded while nobody listens, and from the first reader on they are", () =>
    inRegistry(async (bench) => {
      await settled(bench);
      const position = await listen(bench);
      expect(storedEvents(bench)).toBe(0);
      const id = await settled(bench);
      const page = await read(bench, { after: position });
      expect(page).toMatchObject({ has_more: false, truncated: false, position: position + 1 });
      expect(page.events).toMatchObject([{ event: { name: "job.settled", at: START, data: { job_id: id } } }]);
      expect(page.events[0]?.event.event_id).toMatch(/^evt_[0-9a-f]{32}$/);
    }));

  it("keep their ids and their order however often they are read", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      const ids = [await settled(bench), await settled(bench), await settled(bench)];
      const once = await read(bench, { after: position });
      expect(once.events.map(({ event }) => event.data.job_id)).toEqual(ids);
      const pages = [];
      for (let after = position; ; ) {
        const page = await read(bench, { after, limit: 1 });
        pages.push(...page.events);
        after = page.position;
        if (!page.has_more) break;
      }
      expect(pages).toEqual(once.events);
    }));

  it("of the names and filters that are wanted are given, and the others passed over", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      await settled(bench, "one");
      const two = await settled(bench, "two");
      const page = await read(bench, { after: position, names: ["job.settled"], filter: { name: "two" } });
      expect(page.events.map(({ event }) => event.data.job_id)).toEqual([two]);
      expect(await read(bench, { after: position, names: ["job.input_required"] })).toEqual({
        events: [],
        position: page.position,
        has_more: false,
        truncated: false,
      });
    }));

  it("of one batch, or of one trigger, are found among those of others", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      const filtered = async (filter: EventQuery["filter"]) =>
        (await read(bench, { after: position, filter })).events.map(({ event }) => event.data.job_id);
      const batch = await bench.batches.submitBatch(CALLER, aRequest(), [{ row: 1 }, { row: 2 }]);
      if (!batch.ok) throw new Error(batch.error.code);
      await save(bench, aTrigger());
      await ring(bench);
      const [started] = await jobsOf(bench);
      if (started === undefined) throw new Error("the trigger has started nothing");
      await settled(bench);
      for (const id of [...batch.value.job_ids, started.id]) await bench.caller.cancel(CALLER, id, null);
      expect(await filtered({ batch_id: batch.value.batch_id })).toEqual(batch.value.job_ids);
      expect(await filtered({ trigger: "report" })).toEqual([started.id]);
      expect(await filtered({ batch_id: batch.value.batch_id, trigger: "report" })).toEqual([]);
      expect(await filtered({})).toHaveLength(4);
    }));

  it("end a wait as soon as one is there", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      const waiting = read(bench, { after: position }, 50_000);
      const id = await settled(bench);
      expect((await waiting).events.map(({ event }) => event.data.job_id)).toEqual([id]);
    }));

  it("that nobody wants end no wait; its caller's end does", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      const gone = new AbortController();
      const waiting = bench.events.readEvents(query({ after: position, filter: { name: "two" } }), 50_000, gone.signal);
      await settled(bench, "one");
      gone.abort();
      expect((await waiting).events).toEqual([]);
    }));

  it("of an undone transaction are not there, and their positions are given again", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      const { id } = await bench.submit();
      const { sql } = bench.storage;
      sql.exec("CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'broken'); END");
      await expect(bench.caller.cancel(CALLER, id, null)).rejects.toThrow("broken");
      sql.exec("DROP TRIGGER broken");
      expect((await read(bench, { after: position })).events).toEqual([]);
      await bench.caller.cancel(CALLER, id, null);
      expect((await read(bench, { after: position })).events.map((each) => each.position)).toEqual([position + 1]);
    }));

  it("of many bytes come in several reads, and a large one alone", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      const metadata = { text: "a".repeat(16_000) };
      const count = Math.ceil(MAX_EVENT_PAGE_BYTES / 16_000) + 1;
      for (let i = 0; i < count; i++) {
        const { id } = await bench.submit({ metadata });
        await bench.caller.cancel(CALLER, id, null);
      }
      const page = await read(bench, { after: position });
      expect(page.has_more).toBe(true);
      const rest = await read(bench, { after: page.position });
      expect(page.events.length + rest.events.length).toBe(count);
      expect(rest.has_more).toBe(false);
    }));
});

describe("who listens", () => {
  it("costs a row at the first read and one a day, and an event one row", () =>
    inRegistry(async (bench) => {
      await settled(bench);
      const written = async (work: () => Promise<unknown>) => (await rowsOf(bench.storage, work)).written;
      expect(await written(() => listen(bench))).toBe(1);
      expect(await written(() => listen(bench))).toBe(0);
      bench.clock.now += LISTENING_RENEWED_MS - 1;
      expect(await written(() => listen(bench))).toBe(0);
      bench.clock.now += 1;
      expect(await written(() => listen(bench))).toBe(1);
      const silent = await bench.submit();
      const told = await bench.submit();
      bench.storage.sql.exec("UPDATE event_log SET listening_until = 0");
      const unheard = { ...bench, ...(await bench.reopen()) };
      const without = await written(() => unheard.caller.cancel(CALLER, silent.id, null));
      bench.storage.sql.exec("UPDATE event_log SET listening_until = ?", bench.clock.now + 1_000);
      const heard = { ...bench, ...(await bench.reopen()) };
      expect(await written(() => heard.caller.cancel(CALLER, told.id, null))).toBe(without + 1);
    }));

  it("and stays away for a week is told of the gap, once, and has what was recorded before it", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      bench.clock.now += LISTENING_MS - 1;
      const last = await settled(bench);
      bench.clock.now += 1;
      await settled(bench);
      const page = await read(bench, { after: position });
      expect(page).toMatchObject({ truncated: true, events: [{ event: { data: { job_id: last } } }] });
      const id = await settled(bench);
      const next = await read(bench, { after: page.position });
      expect(next).toMatchObject({ truncated: false, events: [{ event: { data: { job_id: id } } }] });
    }));

  it("comes with a place that nobody was given begins at the present, and is told so", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      await settled(bench);
      expect(await read(bench, { after: 1_000_000 })).toMatchObject({
        events: [],
        truncated: true,
        position: position + 1,
      });
    }));

  it("wants only what is young gets that, and is told whether something else was left out", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      const ids: string[] = [];
      for (let i = 0; i < 9; i++) {
        ids.push(await settled(bench));
        bench.clock.now += 1_000;
      }
      for (let i = 0; i < 9; i++) {
        const page = await read(bench, { after: position, since: START + i * 1_000 });
        expect(page.events.map(({ event }) => event.data.job_id)).toEqual(ids.slice(i));
        expect(page.truncated).toBe(i > 0);
      }
    }));
});

describe("what is kept", () => {
  it("is a week; the alarm takes what is older, in batches, and a reader of it is told", () =>
    inRegistry(async (bench) => {
      const position = await listen(bench);
      await settled(bench);
      bench.clock.now += LISTENING_RENEWED_MS;
      await listen(bench);
      const young = await settled(bench);
      bench.clock.now = START + EVENT_KEPT_MS - 1;
      await bench.reconciler.onAlarm();
      expect(storedEvents(bench)).toBe(2);
      bench.clock.now += 1;
      await bench.reconciler.onAlarm();
      const page = await read(bench, { after: position });
      expect(page).toMatchObject({ truncated: true, events: [{ event: { data: { job_id: young } } }] });
      bench.clock.now += LISTENING_RENEWED_MS;
      await bench.reconciler.onAlarm();
      expect(storedEvents(bench)).toBe(0);
      const again = { ...bench, ...(await bench.reopen()) };
      expect(await read(again, { after: page.position })).toMatchObject({ truncated: false, position: page.position });
    }));

  it("is so many as the deployment says, and the alarm takes the rest once they are a batch", () =>
    inRegistry(
      async (bench) => {
        const position = await listen(bench);
        for (let i = 0; i < 3; i++) await settled(bench);
        const page = await read(bench, { after: position });
        expect(page).toMatchObject({
          truncated: true,
          events: [{ position: position + 2 }, { position: position + 3 }],
        });
        for (let i = 3; i < EVENT_PURGE_BATCH + 2; i++) await settled(bench);
        expect(await bench.storage.getAlarm()).toBe(START);
        await bench.reconciler.onAlarm();
        expect(storedEvents(bench)).toBe(2);
        expect(await read(bench, { after: position + EVENT_PURGE_BATCH })).toMatchObject({ truncated: false });
      },
      { eventsKept: 2 },
    ));
});
