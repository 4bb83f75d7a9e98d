import { describe, expect, it } from "vitest";
import { MAX_BACKLOG_CHARS, MAX_LISTENERS, MAX_LISTENERS_PER_KEY } from "../../../src/limits.ts";
import { type Bench, CALLER, callerOf, inRegistry, statusOf, TENANT } from "../bench.ts";
import { follow } from "./change-reader.ts";

const QUESTION = {
  request_id: "q1",
  message: "Go on?",
  schema: { type: "object" },
  timeout_ms: 60_000,
  fallback: null,
};
const ACCEPT = { request_id: "q1", action: "accept" as const, content: {} };
const DONE = { name: "succeeded" as const, output: { ok: true } };

/** From its start over a question to its end. */
const LIFE: ((bench: Bench, id: string) => Promise<unknown>)[] = [
  ({ runner, ref }, id) => runner.start(ref(id)),
  ({ runner, ref }, id) => runner.ask(ref(id), "first", QUESTION, []),
  ({ caller }, id) => caller.respond(CALLER, id, ACCEPT),
  ({ runner, ref }, id) => runner.collect(ref(id), "first"),
  ({ runner, ref }, id) => runner.settle(ref(id), DONE, []),
];

const LIFE_STATUSES = ["running", "input_required", "running", "succeeded"];

async function live(bench: Bench, id: string, from = 0, to = LIFE.length): Promise<void> {
  for (const act of LIFE.slice(from, to)) await act(bench, id);
}

const withoutRepeats = (statuses: string[]): string[] => statuses.filter((status, i) => status !== statuses[i - 1]);

describe("a listener", () => {
  it("gets the present state, then every status once and in order, with all that goes with it, then the end", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const reader = await follow(bench.caller, [id]);
      expect(await reader.next()).toMatchObject({
        status: "queued",
        job: { id, status: "queued", events: [{ seq: 2 }] },
      });
      await live(bench, id);
      const seen = await reader.rest();
      expect(withoutRepeats(seen.map(({ status }) => status))).toEqual(LIFE_STATUSES);
      expect(seen.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq).toSorted((a, b) => a - b));
      expect(seen.find(({ status }) => status === "input_required")).toMatchObject({
        job: { input_requests: [{ request_id: "q1", message: "Go on?" }] },
      });
      expect(seen.at(-1)).toMatchObject({ job: { result: { ok: true }, progress: expect.any(Number) } });
      expect(bench.changes.listeners).toBe(0);
    }));

  it("hears of progress between two statuses", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const reader = await follow(bench.caller, [id]);
      await reader.next();
      await bench.runner.mark(bench.ref(id), [
        { path: "first", status: "running", items: { total: 4, done: 1, failed: 0 } },
      ]);
      expect(await reader.next()).toMatchObject({ status: "running", job: { progress: 0.13 } });
      await bench.runner.mark(bench.ref(id), [
        { path: "first", status: "running", items: { total: 4, done: 2, failed: 0 } },
      ]);
      expect(await reader.next()).toMatchObject({ status: "running", job: { progress: 0.25 } });
    }));

  it("hears nothing of a change that was undone", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const reader = await follow(bench.caller, [id]);
      await reader.next();
      const { transactionSync } = bench.storage;
      bench.storage.transactionSync = <T>(work: () => T): T =>
        transactionSync.call(bench.storage, () => {
          work();
          throw new Error("no room on the disk");
        }) as T;
      await expect(bench.runner.start(bench.ref(id))).rejects.toThrow("no room");
      bench.storage.transactionSync = transactionSync;
      await bench.caller.cancel(CALLER, id, null);
      expect((await reader.rest()).map(({ status }) => status)).toEqual(["cancelled"]);
    }));

  it("of several jobs gets those of each, and ends with the last", () =>
    inRegistry(async (bench) => {
      const [one, two] = [await bench.submit(), await bench.submit()];
      const reader = await follow(bench.caller, [one.id, two.id]);
      await reader.take(2);
      await bench.caller.cancel(CALLER, one.id, null);
      expect(await reader.next()).toMatchObject({ job_id: one.id, status: "cancelled" });
      await bench.caller.cancel(CALLER, two.id, null);
      expect((await reader.rest()).map((change) => change.job_id)).toEqual([two.id]);
    }));

  it("that goes is forgotten", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const readers = await Promise.all([follow(bench.caller, [id]), follow(bench.caller, [id])]);
      expect(bench.changes.listeners).toBe(2);
      for (const [left, reader] of [...readers.entries()].reverse()) {
        await reader.cancel();
        expect(bench.changes.listeners).toBe(left);
      }
      await live(bench, id);
      expect(await statusOf(bench, id)).toMatchObject({ status: "succeeded" });
    }));

  it("is one of a hundred that all get the same", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const readers = await Promise.all(Array.from({ length: 100 }, () => follow(bench.caller, [id])));
      expect(bench.changes.listeners).toBe(100);
      await live(bench, id);
      const all = await Promise.all(readers.map((reader) => reader.rest()));
      expect(new Set(all.map((seen) => JSON.stringify(seen))).size).toBe(1);
      expect(all[0]?.at(-1)).toMatchObject({ status: "succeeded" });
      expect(bench.changes.listeners).toBe(0);
    }));

  it("above the most of one object is refused, until another one goes", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const readers = await Promise.all(Array.from({ length: MAX_LISTENERS }, () => follow(bench.caller, [id])));
      const asked = [{ job_id: id, after: null }];
      expect(await bench.caller.follow(CALLER, asked)).toEqual({
        ok: false,
        error: { code: "too_many_listeners", limit: MAX_LISTENERS },
      });
      await readers[0]?.cancel();
      expect(await bench.caller.follow(CALLER, asked)).toMatchObject({ ok: true });
    }));

  it("of one key above its own most is refused, another key's is not, and a place is free when one goes", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const asked = [{ job_id: id, after: null }];
      const listen = (owner: string) => bench.caller.follow(callerOf(TENANT, { key_id: owner }), asked);
      const open = await Promise.all(Array.from({ length: MAX_LISTENERS_PER_KEY }, () => listen("key_1")));
      expect(await listen("key_1")).toEqual({
        ok: false,
        error: { code: "too_many_listeners", limit: MAX_LISTENERS_PER_KEY },
      });
      expect(await listen("key_2")).toMatchObject({ ok: true });
      if (open[0]?.ok) open[0].value.lease[Symbol.dispose]();
      expect(await listen("key_1")).toMatchObject({ ok: true });
    }));

  it("learns nothing of jobs that are not its tenant's, and ends when there are no others", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const stranger = await follow(bench.caller, [id, "job_nowhere"], new Map(), callerOf("globex"));
      await live(bench, id);
      expect(stranger.jobIds).toEqual([]);
      expect(await stranger.rest()).toEqual([]);
    }));
});

describe("a listener that comes again", () => {
  it("gets every status that it missed, once and in order, after its object was made anew", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const first = await follow(bench.caller, [id]);
      expect(await first.take(1)).toMatchObject([{ status: "queued" }]);
      await live(bench, id, 0, 1);
      expect(await first.take(1)).toMatchObject([{ status: "running" }]);
      await live(bench, id, 1, 4);
      const reopened = { ...bench, ...(await bench.reopen()) };
      const second = await follow(reopened.caller, [id], first.places);
      const missed = [await second.next(), await second.next()];
      expect(missed).toMatchObject([
        { status: "input_required", past: { step: "first", message: "Go on?", at: expect.any(String) } },
        { status: "running", job: { status: "running" } },
      ]);
      await live(reopened, id, 4);
      expect((await second.rest()).map(({ status }) => status)).toEqual(["succeeded"]);
    }));

  it.each([0, 1, 2, 3, 4, 5])("misses and repeats nothing when it was cut off behind change %i", (cut) =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const first = await follow(bench.caller, [id]);
      await first.next();
      await live(bench, id);
      const seen = await first.take(cut);
      await first.cancel();
      const second = await follow(bench.caller, [id], first.places);
      const all = [...seen, ...(await second.rest())];
      expect(withoutRepeats(all.map(({ status }) => status))).toEqual(LIFE_STATUSES);
      const places = all.map(({ seq }) => seq);
      expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    }),
  );

  it("gets nothing at all, and the end, when nothing has changed since a job's end", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const first = await follow(bench.caller, [id]);
      await live(bench, id);
      await first.rest();
      const second = await follow(bench.caller, [id], first.places);
      expect([second.jobIds, await second.rest()]).toEqual([[id], []]);
    }));

  it("is told that a job is gone that was deleted meanwhile", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const first = await follow(bench.caller, [id]);
      await first.next();
      await live(bench, id);
      await bench.caller.remove(CALLER, id);
      const second = await follow(bench.caller, [id], first.places);
      expect([second.jobIds, await second.rest()]).toEqual([[], []]);
    }));
});

describe("a listener that does not read", () => {
  const POLLS = 200;

  it("gets every status and the newest of what passed between them", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      const reader = await follow(bench.caller, [id]);
      await reader.next();
      for (let i = 1; i <= POLLS; i++) {
        const items = { total: POLLS, done: i, failed: 0 };
        await bench.runner.mark(bench.ref(id), [{ path: "first", status: "running", items }]);
      }
      await bench.runner.settle(bench.ref(id), DONE, []);
      const seen = await reader.rest();
      expect(seen.length).toBeLessThan(10);
      expect(seen.at(-1)).toMatchObject({ status: "succeeded" });
    }));

  it("is ended when too much is kept for it, and misses nothing when it comes again", () =>
    inRegistry(async (bench) => {
      const metadata = { note: "x".repeat(12_000) };
      const count = Math.ceil(MAX_BACKLOG_CHARS / 12_000) + 5;
      const ids = await Promise.all(Array.from({ length: count }, async () => (await bench.submit({ metadata })).id));
      const first = await follow(bench.caller, ids);
      for (const id of ids) await bench.caller.cancel(CALLER, id, null);
      const seen = await first.rest();
      expect(seen.length).toBeLessThan(count);
      const second = await follow(bench.caller, ids, first.places);
      seen.push(...(await second.rest()));
      expect(seen.length).toBeLessThan(2 * count);
      const third = await follow(bench.caller, ids, new Map([...first.places, ...second.places]));
      const cancelled = [...seen, ...(await third.rest())].filter(({ status }) => status === "cancelled");
      expect(cancelled.map(({ job_id }) => job_id).toSorted()).toEqual(ids.toSorted());
    }));
});
