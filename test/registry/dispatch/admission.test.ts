import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Env, readSettings } from "../../../src/env.ts";
import { MAX_SAVED_BLUEPRINTS } from "../../../src/limits.ts";
import type { SubmitRequest } from "../../../src/registry/api/caller.ts";
import { aRequest, type Bench, CALLER, inRegistry, START } from "../bench.ts";
import { end, spawn } from "../job-lives.ts";

const KEY = { key: "k1", request_hash: "h1" };

const trySubmit = (bench: Bench, over: Partial<SubmitRequest> = {}) => bench.caller.submit(CALLER, aRequest(over));
const stored = (bench: Bench) => bench.storage.sql.exec("SELECT count(*) AS n FROM jobs").one().n;

describe("the limits in the Worker's variables", () => {
  const quotasOf = (vars: Partial<Record<keyof Env, unknown>>) => readSettings({ ...env, ...vars } as Env).quotas;

  it("are the documented ones when nothing is said", () => {
    const unset = { MAX_ACTIVE_JOBS: undefined, MAX_RUNNING_JOBS: undefined };
    const rates = { SUBMITS_PER_MINUTE: undefined, REQUESTS_PER_MINUTE: undefined };
    expect(quotasOf({ ...unset, ...rates, MAX_STORED_BYTES: undefined, MAX_TREE_JOBS: undefined })).toEqual({
      activeJobs: 10_000,
      runningJobs: 100,
      submitsPerMinute: 600,
      storedBytes: 1_073_741_824,
      requestsPerMinute: 3_000,
      treeJobs: 1_000,
      eventsKept: 100_000,
      hooksPerMinute: 600,
    });
  });

  it("are read as whole numbers, 0 as well", () => {
    expect(quotasOf({ MAX_ACTIVE_JOBS: "7", MAX_RUNNING_JOBS: 0 })).toMatchObject({ activeJobs: 7, runningJobs: 0 });
  });

  it.each(["", " ", "-1", "1.5", "1e3", "none", "1000 "])("are refused by name when one is %j", (value) => {
    expect(() => quotasOf({ SUBMITS_PER_MINUTE: value })).toThrow("SUBMITS_PER_MINUTE");
  });
});

describe("the limit of active jobs", () => {
  it("lets the last one in, refuses the next with nothing stored, and lets one in again when one settles", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        await bench.submit({ run_at: START + 60_000 });
        const last = await bench.submit();
        const refused = { ok: false, error: { code: "too_many_active", active: 3, limit: 3 } };
        expect(await trySubmit(bench, { input: { a: 1 }, idempotency: KEY })).toEqual(refused);
        expect(stored(bench)).toBe(3);
        await end(bench, id);
        expect((await trySubmit(bench)).ok).toBe(true);
        expect(await trySubmit(bench)).toEqual(refused);
        await bench.caller.cancel(CALLER, last.id, null);
        expect((await trySubmit(bench)).ok).toBe(true);
      },
      { activeJobs: 3 },
    ));

  it("is kept by an object that starts anew", () =>
    inRegistry(
      async (bench) => {
        await bench.submit();
        await bench.submit();
        const { caller } = await bench.reopen();
        expect(await caller.submit(CALLER, aRequest())).toMatchObject({
          ok: false,
          error: { code: "too_many_active" },
        });
      },
      { activeJobs: 2 },
    ));

  it("holds for retries; the same retry again returns its job at any limit", () =>
    inRegistry(
      async (bench) => {
        const first = await bench.submit();
        const second = await bench.submit();
        await bench.caller.cancel(CALLER, first.id, null);
        await bench.caller.cancel(CALLER, second.id, null);
        const request = { from_step: null, input: null };
        const again = await bench.caller.retry(CALLER, first.id, request);
        if (!again.ok) throw new Error(again.error.code);
        await bench.submit();
        expect(await bench.caller.retry(CALLER, second.id, request)).toEqual({
          ok: false,
          error: { code: "too_many_active", active: 2, limit: 2 },
        });
        expect(stored(bench)).toBe(4);
        expect(await bench.caller.retry(CALLER, first.id, request)).toMatchObject({ value: { id: again.value.id } });
      },
      { activeJobs: 2 },
    ));

  it("fails the step of a parent that asks for one child too many", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit();
        await bench.runner.start(bench.ref(id));
        expect(await spawn(bench, id, "first")).toMatchObject({ do: "wait" });
        const message = "No child was started: there are 2 unsettled jobs, the most is 2. Retry when some have.";
        expect(await spawn(bench, id, "second")).toEqual({ do: "fail", error: { code: "too_many_active", message } });
        expect(await spawn(bench, id, "first")).toMatchObject({ do: "wait" });
        expect(stored(bench)).toBe(2);
      },
      { activeJobs: 2 },
    ));
});

describe("the limit of submits a minute", () => {
  it("lets a minute's worth in at once, then one at a time, and says when, to the millisecond", () =>
    inRegistry(
      async (bench) => {
        for (let i = 0; i < 3; i++) await bench.submit();
        const refused = { ok: false, error: { code: "too_many_submits", limit: 3, retry_after_ms: 20_000 } };
        expect(await trySubmit(bench)).toEqual(refused);
        expect(stored(bench)).toBe(3);
        bench.clock.now += 19_999;
        expect(await trySubmit(bench)).toMatchObject({ error: { retry_after_ms: 1 } });
        bench.clock.now += 1;
        await bench.submit();
        expect(await trySubmit(bench)).toMatchObject({ error: { retry_after_ms: 20_000 } });
        bench.clock.now += 40_000;
        await bench.submit();
        await bench.submit();
        expect((await trySubmit(bench)).ok).toBe(false);
      },
      { submitsPerMinute: 3 },
    ));

  it("counts neither a repeated submit nor a refused one; a child and a retry it does", () =>
    inRegistry(
      async (bench) => {
        const { id } = await bench.submit({ idempotency: KEY });
        expect(await trySubmit(bench, { idempotency: KEY })).toMatchObject({ value: { id, deduplicated: true } });
        await trySubmit(bench, { idempotency: { ...KEY, request_hash: "other" } });
        await bench.runner.start(bench.ref(id));
        expect(await spawn(bench, id)).toMatchObject({ do: "wait" });
        expect(await trySubmit(bench)).toMatchObject({ error: { code: "too_many_active" } });
        await bench.caller.cancel(CALLER, id, null);
        expect((await bench.caller.retry(CALLER, id, { from_step: null, input: null })).ok).toBe(true);
        expect(await trySubmit(bench)).toMatchObject({ error: { code: "too_many_submits" } });
        expect(await trySubmit(bench, { idempotency: KEY })).toMatchObject({ value: { id, deduplicated: true } });
      },
      { submitsPerMinute: 3, activeJobs: 2 },
    ));
});

describe("the limit of jobs in one tree", () => {
  const LIMIT = 4;
  const treeOf = async (bench: Bench) => {
    const { id } = await bench.submit();
    await bench.runner.start(bench.ref(id));
    await spawn(bench, id, "a");
    const kid = bench.engine.started[1]?.job_id ?? "";
    await bench.runner.start(bench.ref(kid));
    return { id, kid };
  };

  it("counts all generations, also those that have ended, and says what to do", () =>
    inRegistry(
      async (bench) => {
        const { id, kid } = await treeOf(bench);
        expect(await spawn(bench, kid, "a")).toMatchObject({ do: "wait" });
        await end(bench, bench.engine.started[2]?.job_id ?? "");
        expect(await spawn(bench, id, "b")).toMatchObject({ do: "wait" });
        const full = {
          do: "fail",
          error: { code: "limit_exceeded", message: expect.stringContaining("MAX_TREE_JOBS") },
        };
        expect(await spawn(bench, id, "c")).toEqual(full);
        expect(await spawn(bench, kid, "b")).toEqual(full);
        expect(await spawn(bench, id, "b")).toMatchObject({ do: "wait" });
        expect(stored(bench)).toBe(LIMIT);
      },
      { treeJobs: LIMIT },
    ));

  it("is another tree's affair, and none when it is 0", async () => {
    await inRegistry(
      async (bench) => {
        await treeOf(bench);
        const { id } = await bench.submit();
        await bench.runner.start(bench.ref(id));
        expect(await spawn(bench, id, "a")).toMatchObject({ do: "wait" });
      },
      { treeJobs: 2 },
    );
    await inRegistry(async (bench) => {
      const { id } = await treeOf(bench);
      for (let i = 0; i < 20; i++) expect(await spawn(bench, id, `m[${i}].j`)).toMatchObject({ do: "wait" });
    });
  });
});

describe("the limit of stored bytes", () => {
  const bytesOf = async (prepare: (bench: Bench) => Promise<unknown>): Promise<number> => {
    let bytes = 0;
    await inRegistry(async (bench) => {
      await prepare(bench);
      bytes = bench.storage.sql.databaseSize;
    });
    return bytes;
  };

  it.each([
    [-1, false],
    [0, false],
    [1, true],
  ])("of the present size %i: a submit is taken: %s", async (more, isTaken) => {
    const size = await bytesOf(async () => undefined);
    await inRegistry(
      async (bench) => {
        const reply = await trySubmit(bench);
        expect(reply.ok).toBe(isTaken);
        expect(stored(bench)).toBe(isTaken ? 1 : 0);
        const error = { code: "storage_full", stored_bytes: size, limit_bytes: size + more };
        if (!isTaken) expect(reply).toEqual({ ok: false, error });
      },
      { storedBytes: size + more },
    );
  });

  it("refuses a child too, gives a known key its job, and is met no more once a job is deleted", async () => {
    const LARGE = { text: "x".repeat(100_000) };
    const prepare = (bench: Bench) => bench.submit({ input: LARGE, idempotency: KEY });
    await inRegistry(
      async (bench) => {
        const { id } = await prepare(bench);
        await bench.runner.start(bench.ref(id));
        expect(await spawn(bench, id)).toMatchObject({ do: "fail", error: { code: "storage_full" } });
        expect(await trySubmit(bench)).toMatchObject({ error: { code: "storage_full" } });
        expect(await trySubmit(bench, { input: LARGE, idempotency: KEY })).toMatchObject({ value: { id } });
        await bench.runner.settle(bench.ref(id), { name: "succeeded", output: {} }, []);
        expect(await trySubmit(bench)).toMatchObject({ error: { code: "storage_full" } });
        await bench.caller.remove(CALLER, id);
        expect((await trySubmit(bench)).ok).toBe(true);
      },
      { storedBytes: await bytesOf(prepare) },
    );
  });
});

describe("what is stored beside jobs", () => {
  const LIMIT = 3_000_000;
  const WIDE = "x".repeat(300_000);
  const started = async (bench: Bench) => {
    const { id } = await bench.submit();
    await bench.runner.start(bench.ref(id));
    return id;
  };
  const finish = (bench: Bench, id: string, path: string) => bench.runner.finish(bench.ref(id), path, WIDE, null);
  /** Outputs until one is not kept. @returns how many were */
  const fill = async (bench: Bench, id: string) => {
    for (let kept = 0; ; kept++) if ((await finish(bench, id, `m[${kept}].a`)).do !== "go") return kept;
  };

  it("a step whose output does not fit fails, and says what to do", () =>
    inRegistry(
      async (bench) => {
        const id = await started(bench);
        expect(await fill(bench, id)).toBeGreaterThan(5);
        expect(bench.storage.sql.databaseSize).toBeLessThanOrEqual(LIMIT + 100_000);
        expect(await finish(bench, id, "m[0].a")).toEqual({ do: "go" });
        const error = { code: "storage_full", message: expect.stringContaining("jobs_delete") };
        expect(await finish(bench, id, "m[100].a")).toEqual({ do: "fail", error });
        await bench.runner.settle(bench.ref(id), { name: "succeeded", output: WIDE }, []);
        expect(await bench.caller.status(CALLER, id, { steps: false, events: false })).toMatchObject({
          value: { status: "failed", error_code: "storage_full" },
        });
        expect((await bench.caller.remove(CALLER, id)).ok).toBe(true);
        const next = await started(bench);
        expect(await finish(bench, next, "first")).toEqual({ do: "go" });
      },
      { storedBytes: LIMIT },
    ));

  it("a child's result that does not fit fails its parent's step", () =>
    inRegistry(
      async (bench) => {
        const id = await started(bench);
        await spawn(bench, id, "second");
        const kid = bench.ref(bench.engine.started[1]?.job_id ?? "");
        await bench.runner.start(kid);
        await finish(bench, kid.job_id, "first");
        await fill(bench, id);
        await bench.runner.settle(kid, { name: "succeeded", output_path: "first" }, []);
        expect(await bench.runner.collect(bench.ref(id), "second")).toMatchObject({
          do: "fail",
          error: { code: "storage_full" },
        });
      },
      { storedBytes: LIMIT },
    ));

  it("an answer that does not fit is refused and can be sent again; to decline is always possible", () =>
    inRegistry(
      async (bench) => {
        const [id, other] = [await started(bench), await started(bench)];
        for (const job of [id, other]) {
          const schema = { type: "object", properties: { text: { type: "string" } } };
          const question = { message: "Which?", schema, timeout_ms: 3_600_000, fallback: null };
          await bench.runner.ask(bench.ref(job), "second", { request_id: "q", ...question }, []);
        }
        const filled = await started(bench);
        await fill(bench, filled);
        const accept = { request_id: "q", action: "accept" as const, content: { text: WIDE } };
        const answer = () => bench.caller.respond(CALLER, id, accept);
        expect(await answer()).toMatchObject({ ok: false, error: { code: "storage_full", limit_bytes: LIMIT } });
        const decline = { request_id: "q", action: "decline" as const, content: null };
        expect(await bench.caller.respond(CALLER, other, decline)).toMatchObject({ ok: true });
        await bench.caller.cancel(CALLER, filled, null);
        await bench.caller.remove(CALLER, filled);
        expect(await answer()).toMatchObject({ ok: true, value: { status: "running" } });
      },
      { storedBytes: LIMIT },
    ));

  it("a retry whose reused outputs do not fit makes no job, and one that reuses none does", () =>
    inRegistry(
      async (bench) => {
        const id = await started(bench);
        await bench.runner.begin(bench.ref(id), "first", "t", 30_000, []);
        for (let kept = 0; kept < 6; kept++) await finish(bench, id, `first.part${kept}`);
        await bench.runner.finish(bench.ref(id), "first", {}, null);
        const error = { code: "http_status", message: "HTTP 500" };
        await bench.runner.settle(bench.ref(id), { name: "failed", error, path: "second" }, []);
        const jobs = stored(bench);
        const retry = (from_step: string | null) => bench.caller.retry(CALLER, id, { from_step, input: null });
        expect(await retry(null)).toMatchObject({ ok: false, error: { code: "storage_full", limit_bytes: LIMIT } });
        expect(stored(bench)).toBe(jobs);
        expect(await retry("first")).toMatchObject({ ok: true });
      },
      { storedBytes: LIMIT },
    ));

  const document = (name: string, wide = "") => ({ name, steps: [{ id: "a", type: "transform", value: wide }] });
  const save = (bench: Bench, name: string, wide?: string) =>
    bench.caller.saveBlueprint(CALLER, document(name, wide), { ...bench.plan, name });

  it("saved blueprints stop at the quota; deleting some makes room, and numbers are not given again", () =>
    inRegistry(
      async (bench) => {
        let saved = 0;
        while (!("refused" in (await save(bench, "wide", `${saved}${WIDE}`)))) saved += 1;
        expect(saved).toBeGreaterThan(3);
        expect(await save(bench, "wide", `again ${WIDE}`)).toMatchObject({ refused: { code: "storage_full" } });
        expect(await bench.caller.deleteBlueprint(CALLER, "wide", saved)).toBe(true);
        expect(await bench.caller.deleteBlueprint(CALLER, "wide", saved)).toBe(false);
        expect(await bench.caller.savedBlueprint(CALLER, "wide", saved)).toBe(null);
        expect(await save(bench, "wide", "small")).toEqual({ name: "wide", version: saved + 1 });
        expect(await bench.caller.deleteBlueprint(CALLER, "wide", null)).toBe(true);
        expect(await bench.caller.savedBlueprints(CALLER, "", 10)).toEqual([]);
        expect(await save(bench, "wide", "small")).toEqual({ name: "wide", version: saved + 2 });
        expect(await bench.caller.deleteBlueprint(CALLER, "none", null)).toBe(false);
      },
      { storedBytes: LIMIT },
    ));

  it("saved blueprints stop at their number", () =>
    inRegistry(async (bench) => {
      for (let i = 1; i <= MAX_SAVED_BLUEPRINTS; i++)
        expect(await save(bench, `plan-${i}`)).toMatchObject({ version: 1 });
      const full = {
        refused: { code: "too_many_blueprints", saved: MAX_SAVED_BLUEPRINTS, limit: MAX_SAVED_BLUEPRINTS },
      };
      expect(await save(bench, "one-more")).toEqual(full);
      expect(await save(bench, "plan-7")).toEqual({ name: "plan-7", version: 1 });
      await bench.caller.deleteBlueprint(CALLER, "plan-7", 1);
      expect(await save(bench, "one-more")).toMatchObject({ version: 1 });
    }));
});

describe("a limit of 0", () => {
  it("is no limit", () =>
    inRegistry(async (bench) => {
      for (let i = 0; i < 700; i++) await trySubmit(bench);
      await bench.settleBackground();
      expect(bench.engine.started).toHaveLength(700);
    }));
});

describe("a submit at limits that are not met", () => {
  it("reads and writes as many rows as without limits", async () => {
    const rows = async (limits: Parameters<typeof inRegistry>[1]) => {
      let cost = { read: 0, written: 0 };
      await inRegistry(async (bench) => {
        for (let i = 0; i < 3; i++) await bench.submit();
        const { sql } = bench.storage;
        const exec = sql.exec.bind(sql);
        const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
        sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
          const cursor = exec(query, ...bindings);
          cursors.push(cursor);
          return cursor;
        }) as typeof sql.exec;
        await bench.submit();
        const sum = (field: "rowsRead" | "rowsWritten") => cursors.reduce((total, cursor) => total + cursor[field], 0);
        cost = { read: sum("rowsRead"), written: sum("rowsWritten") };
      }, limits);
      return cost;
    };
    const limits = {
      ...{ activeJobs: 10, runningJobs: 10, submitsPerMinute: 10, storedBytes: 1_000_000_000 },
      ...{ requestsPerMinute: 10, treeJobs: 10 },
    };
    const limited = await rows(limits);
    expect(limited).toEqual(await rows({}));
    expect(limited.written).toBeGreaterThan(0);
  });
});
