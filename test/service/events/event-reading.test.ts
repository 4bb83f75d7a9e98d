import { describe, expect, it } from "vitest";
import type { EventRecord } from "../../../src/events/event.ts";
import { type EventsWanted, readEvents } from "../../../src/service/events/event-reading.ts";
import { deployment, submitMany } from "../../mcp/deployment.ts";
import { callTool } from "../../mcp/support.ts";

const HERE = new AbortController().signal;
const wanted = (over: Partial<EventsWanted> = {}): EventsWanted => ({
  names: null,
  filter: {},
  cursor: null,
  since: null,
  limit: 100,
  waitMs: 0,
  ...over,
});

/** A tenant whose Worker has so many shards. */
function tenant() {
  const { worker, calls } = deployment();
  const read = async (shards: number, over: Partial<EventsWanted> = {}, signal = HERE) => {
    const answer = await readEvents(worker(shards), wanted(over), signal);
    if (!answer.ok) throw new Error(answer.error.code);
    return answer.value;
  };
  const settle = async (shards: number, count: number) => {
    const ids = await submitMany(worker(shards), count);
    for (const job_id of ids) await callTool(worker(shards), "jobs_cancel", { job_id });
    return ids;
  };
  return { worker, calls, read, settle };
}

const idsOf = (events: readonly EventRecord[]) => events.map(({ data }) => data.job_id);

describe.each([1, 4])("reading events of %i shards", (shards) => {
  it("begins with the present, and gives each event once, in pages of any size", async () => {
    const { read, settle } = tenant();
    await settle(shards, 3);
    const first = await read(shards);
    expect(first).toMatchObject({ events: [], has_more: false, truncated: false });
    const ids = await settle(shards, 9);
    for (const limit of [1, 4, 100]) {
      const had: EventRecord[] = [];
      for (let cursor = first.cursorAfter(); ; ) {
        const page = await read(shards, { cursor, limit });
        expect(page.truncated).toBe(false);
        had.push(...page.events);
        cursor = page.cursorAfter();
        if (!page.has_more) break;
      }
      expect(idsOf(had).toSorted()).toEqual(ids.toSorted());
      expect(new Set(had.map(({ event_id }) => event_id)).size).toBe(9);
    }
  });

  it("goes on behind as many events as were shown", async () => {
    const { read, settle } = tenant();
    const cursor = (await read(shards)).cursorAfter();
    await settle(shards, 6);
    const all = await read(shards, { cursor });
    for (let shown = 0; shown <= 6; shown++) {
      const rest = await read(shards, { cursor: all.cursorAfter(shown) });
      expect(idsOf(rest.events)).toEqual(idsOf(all.events.slice(shown)));
    }
  });

  it("ends a wait with the first event, wherever it happens", async () => {
    const { read, settle } = tenant();
    const cursor = (await read(shards)).cursorAfter();
    const waiting = read(shards, { cursor, waitMs: 50_000 });
    const ids = await settle(shards, 1);
    const { events } = await waiting;
    expect(idsOf(events)).toEqual(ids);
  });

  it("ends a wait when its caller has gone", async () => {
    const { read } = tenant();
    const gone = new AbortController();
    const waiting = read(shards, { waitMs: 50_000 }, gone.signal);
    gone.abort();
    expect((await waiting).events).toEqual([]);
  });
});

describe("a reader of events", () => {
  it("loses none while the shards are raised from 1 to 4", async () => {
    const { read, settle } = tenant();
    let cursor = (await read(1)).cursorAfter();
    const ids = await settle(1, 2);
    // The Worker with four shards serves already, and the reader has not asked since.
    ids.push(...(await settle(4, 12)));
    const had: unknown[] = [];
    for (const shards of [1, 4]) {
      const page = await read(shards, { cursor });
      expect(page.truncated).toBe(false);
      had.push(...idsOf(page.events));
      cursor = page.cursorAfter();
    }
    expect(had.toSorted()).toEqual(ids.toSorted());
  });

  it("of names and filters gets those only", async () => {
    const { read, settle } = tenant();
    const cursor = (await read(4)).cursorAfter();
    const [one = ""] = await settle(4, 3);
    expect(idsOf((await read(4, { cursor, filter: { job_id: one } })).events)).toEqual([one]);
    expect((await read(4, { cursor, names: ["order.shipped"] })).events).toEqual([]);
  });

  it("is refused a cursor that is none", async () => {
    const { worker } = tenant();
    const answer = await readEvents(worker(1), wanted({ cursor: "ev1_x y" }), HERE);
    expect(answer).toEqual({ ok: false, error: { code: "invalid_cursor" } });
  });
});
