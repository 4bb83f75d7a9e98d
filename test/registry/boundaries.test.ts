import { describe, expect, it } from "vitest";
import { newJobId } from "../../src/jobs/id.ts";
import type { Job } from "../../src/jobs/job.ts";
import { ask } from "../../src/jobs/run/awaiting.ts";
import { begin, finish, retrying } from "../../src/jobs/run/reports.ts";
import {
  MAX_DISPATCH_BATCH,
  MAX_ERROR_CHARS,
  MAX_EVENTS,
  MAX_LISTED_KEYS,
  MAX_QUESTION_BYTES,
  MAX_STEPS,
} from "../../src/limits.ts";
import { JOB_COLUMNS } from "../../src/registry/storage/rows.ts";
import { tablesOf } from "../../src/registry/storage/tables.ts";
import { atBound } from "../support/boundaries.ts";
import { aRunningJob } from "../support/jobs.ts";
import { aListQuery, type Bench, CALLER, inRegistry, START, TENANT } from "./bench.ts";
import { STATEMENTS } from "./storage/statements.ts";

/** What Durable Objects take: https://developers.cloudflare.com/durable-objects/platform/limits/ (2026-11) */
const MAX_ROW_BYTES = 2_000_000;
const MAX_PARAMETERS = 100;

const newest = async ({ caller }: Bench): Promise<string> =>
  (await caller.list(CALLER, aListQuery({ limit: 1 }))).jobs[0]?.id ?? "";

atBound("MAX_JOB_DEPTH", {
  of: "jobs that start each other by name",
  refusal: /^job_depth Jobs nest at most 5 deep\. Put the child's steps into its parent\.$/,
  attempt: async (depth) => {
    let refusal: string | undefined;
    await inRegistry(async (bench) => {
      const child = { name: "child", blueprint: "child@1", plan: bench.plan, input: {} };
      let id = (await bench.submit()).id;
      for (let level = 2; level <= depth; level++) {
        bench.clock.now += 1;
        await bench.runner.start(bench.ref(id));
        const spawned = await bench.runner.spawn(bench.ref(id), "first", child, []);
        if (spawned.do === "fail") refusal = `${spawned.error.code} ${spawned.error.message}`;
        await bench.settleBackground();
        id = await newest(bench);
      }
    });
    return refusal;
  },
});

atBound("MAX_EVENT_WAITS", {
  of: "steps that wait for an event",
  refusal: /^limit_exceeded 10000 steps wait for events already, the most of one shard\./,
  attempt: async (waits) => {
    let refusal: string | undefined;
    await inRegistry(async (bench) => {
      const others = `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO event_waits SELECT 'job_of_' || i, 'wait', 'acme', 'order.paid', NULL, '{}', '[0]' FROM n`;
      bench.storage.sql.exec(others, waits);
      const { id } = await bench.submit();
      const { runner } = await bench.reopen();
      await runner.start(bench.ref(id));
      const scope = { input: {}, steps: {}, job: { id, attempt: 1, submitted_at: "" }, now: START };
      const asked = { request_id: "first", name: "order.sent", when: null, scope, timeout_ms: 1_000, fallback: null };
      const waiting = await runner.awaitEvent(bench.ref(id), "first", asked, []);
      if (waiting.do === "fail") refusal = `${waiting.error.code} ${waiting.error.message}`;
    });
    return refusal;
  },
});

describe("a hand-over to the engine", () => {
  it.each([MAX_DISPATCH_BATCH - 1, MAX_DISPATCH_BATCH, MAX_DISPATCH_BATCH + 1])(
    "of %i jobs takes at most 100 in one call, and leaves none behind",
    (count) =>
      inRegistry(async (bench) => {
        await Promise.all(Array.from({ length: count }, () => bench.submit()));
        await bench.settleBackground();
        expect(bench.engine.started).toHaveLength(count);
        expect(Math.max(...bench.engine.batches)).toBe(Math.min(count, MAX_DISPATCH_BATCH));
      }),
  );
});

/** The widest character that is kept, 4 bytes each. */
const wide = (chars: number): string => "𝒜".repeat(chars);
const ERROR = { code: "http_status", message: wide(MAX_ERROR_CHARS), status: 500 };

/** Its timeline is full of the longest messages, each of its steps has failed, and as many ask as a document has steps. */
function largestJob(id: string): Job {
  let job: Job = { ...aRunningJob({ job_id: id, tenant: TENANT }), metadata: { note: "m".repeat(16_000) } };
  for (let tries = 0; tries <= MAX_EVENTS; tries++) {
    job = retrying(begin(job, "s0", `${tries}`, 30_000, START).job, "s0", ERROR, 0, 30_000, START);
  }
  for (let i = 0; i < MAX_STEPS; i++) job = finish(job, `s${i}`, ERROR, START);
  // All schemas together are no longer than a document.
  const schema = { type: "object", properties: { a: { type: "string", description: "d".repeat(600) } } };
  for (let i = 0; i < MAX_STEPS; i++) {
    const message = wide(MAX_QUESTION_BYTES / 4);
    job = ask(job, `p.b${i}.q${i}`, { request_id: `q${i}`, message, schema, expires_at: START, fallback: null }, START);
  }
  return job;
}

describe("the largest job that can be", () => {
  const rowBytes = ({ storage }: Bench): number => {
    const columns = JOB_COLUMNS.map((column) => `coalesce(length(CAST(${column} AS BLOB)), 0)`).join(" + ");
    return storage.sql.exec<{ bytes: number }>(`SELECT ${columns} AS bytes FROM jobs`).one().bytes;
  };

  it("fits into its row, and settles", () =>
    inRegistry(async (bench) => {
      const id = newJobId(START, new Uint8Array(10), 0);
      tablesOf(bench.storage.sql, false).jobs.insert(largestJob(id));
      expect(rowBytes(bench)).toBeGreaterThan(1_000_000);
      expect(rowBytes(bench)).toBeLessThan(MAX_ROW_BYTES);
      await bench.runner.settle(bench.ref(id), { name: "failed", error: ERROR, path: "s0" }, []);
      const settled = tablesOf(bench.storage.sql, false).jobs.find(TENANT, id);
      expect(settled?.status).toBe("failed");
      expect(settled?.events).toHaveLength(MAX_EVENTS);
      expect(settled?.events.at(-1)?.[0]).toBe("settled");
      expect(rowBytes(bench)).toBeLessThan(MAX_ROW_BYTES);
    }));
});

describe("a list of revoked keys", () => {
  it("names the newest 1,000", () =>
    inRegistry(async ({ keys: revocations }) => {
      for (let i = 0; i <= MAX_LISTED_KEYS; i++) await revocations.revokeKey(CALLER, `key_${i}`, i);
      const listed = await revocations.revokedKeys();
      expect([listed.length, listed[0]?.key_id, listed.at(-1)?.key_id]).toEqual([MAX_LISTED_KEYS, "key_1000", "key_1"]);
    }));
});

describe("statements", () => {
  it("bind at most 100 parameters", () => {
    for (const statement of Object.values(STATEMENTS))
      expect(statement.split("?").length - 1).toBeLessThanOrEqual(MAX_PARAMETERS);
    // An update may set each column, and names the job and the statuses that it may leave.
    expect(JOB_COLUMNS.length + 1 + 6).toBeLessThanOrEqual(MAX_PARAMETERS);
  });
});
