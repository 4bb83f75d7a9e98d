import { CATALOG } from "../../src/catalog/index.ts";
import type { Env } from "../../src/env.ts";
import server, { JobRegistry as Shipped } from "../../src/index.ts";
import { jobIdFloor, jobNumber, parseJobId } from "../../src/jobs/id.ts";
import type { Result } from "../../src/lib/result.ts";
import type { Caller, CallerApi, SubmitRequest } from "../../src/registry/api/caller.ts";
import { tablesOf } from "../../src/registry/storage/tables.ts";
import { seeded } from "../../tooling/random.ts";
import { rowsOf } from "../../tooling/workerd/row-meter.ts";
import { type Ground, READ_CASES } from "../../tooling/workerd/scale/cases.ts";
import { Filler, labelOf, teamOf } from "../../tooling/workerd/scale/fill.ts";

export { JobWorkflow } from "../../src/index.ts";

const DAY = 86_400_000;
const SAMPLED_IDS = 50_000;
const RECENT = 1_000;
/** The numbers from a small index, and so few rows of the table: most of it stays out of the caches. */
const SAMPLE = `SELECT job_id FROM jobs WHERE job_number IN (
  SELECT job_number FROM (SELECT job_number, row_number() OVER () AS n FROM jobs INDEXED BY jobs_by_due) WHERE n % ? = 0)`;
/** A JSON list of numbers. */
const LISTED = "(SELECT CAST(value AS INTEGER) FROM json_each(?))";
const SUBMITS = 500;
/** As many as one alarm purges, and how often. */
const PURGED = 50;
const PURGES = 30;
/** Node's fetch waits five minutes for an answer. */
const CALL_MS = 60_000;

export interface Wanted {
  count: number;
  /** Where the webhook goes. */
  url: string;
  /** How long the job sleeps first. */
  seconds: number;
  /** Starts only in so many days; null: now. */
  days: number | null;
  withKey: boolean;
}

export interface Measured {
  /** Of one operation. */
  ms: number;
  rowsRead: number;
}

async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) await work();
  return (performance.now() - start) / times;
}

async function served<T>(asked: Promise<Result<T, string>>): Promise<T> {
  const reply = await asked;
  if (!reply.ok) throw new Error(reply.error);
  return reply.value;
}

/** The object as it ships, which can also be filled, and measured from inside: no call to it is part of the measure. */
export class JobRegistry extends Shipped {
  readonly #random = seeded(1);
  #ground: Ground | undefined;
  #templates: Filler | undefined;
  #submitted = 0;
  #turns = 0;

  get #caller(): Caller {
    return { tenant: this.ctx.id.name?.split("/")[0] ?? "", shard: 0, key_id: null, actor: null };
  }

  get #sql(): SqlStorage {
    return this.ctx.storage.sql;
  }

  /** Of an object that was thrown out since {@link fill}, too. */
  get #filled(): Ground {
    this.#ground ??= this.#survey();
    return this.#ground;
  }

  get #filler(): Filler {
    this.#templates ??= new Filler(this.#sql, this.#random);
    return this.#templates;
  }

  #survey(): Ground {
    const settled = "SELECT min(job_id) AS oldest, max(job_id) AS newest, count(*) AS n FROM jobs WHERE settled_at > 0";
    const { oldest, newest, n } = this.#sql.exec<{ oldest: string; newest: string; n: number }>(settled).one();
    const sampled = this.#sql.exec<{ job_id: string }>(SAMPLE, Math.ceil(n / SAMPLED_IDS)).toArray();
    const ids = sampled.map(({ job_id }) => job_id);
    const [from = 0, to = 0] = [oldest, newest].map((id) => parseJobId(id)?.time);
    const rows = this.#sql.exec<{ job_id: string }>("SELECT job_id FROM jobs ORDER BY job_number DESC LIMIT ?", RECENT);
    const recent = rows.toArray().map(({ job_id }) => job_id);
    // Of a small shard both are the same list, and a walk over one goes on in the other.
    ids.sort();
    recent.sort();
    const registry = {
      status: (...args: Parameters<CallerApi["status"]>) => served(this.status(...args)),
      list: (...args: Parameters<CallerApi["list"]>) => served(this.list(...args)),
    };
    return { caller: this.#caller, registry, ids, recent, from, to, turn: () => this.#turns++ };
  }

  async size(): Promise<{ jobs: number; live: number; bytes: number }> {
    const active = "count(*) FILTER (WHERE status IN ('queued', 'running'))";
    const counts = this.#sql.exec<{ jobs: number; live: number }>(
      `SELECT count(*) AS jobs, ${active} AS live FROM jobs`,
    );
    return { ...counts.one(), bytes: this.#sql.databaseSize };
  }

  /** Real jobs of a blueprint of the catalogue, which the engine runs. */
  async submitMany({ count, ...wanted }: Wanted): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) ids.push(await this.#submit(wanted));
    return ids;
  }

  async cancelAll(ids: string[]): Promise<void> {
    for (const id of ids) await served(this.cancel(this.#caller, id, null));
  }

  /** Copies of the jobs that are there, until there are so many in all, so many of them live. */
  async fill(jobs: number, live: number): Promise<void> {
    const to = Date.now();
    // None is due for its purge while this runs.
    const from = to - 28 * DAY;
    const before = await this.size();
    const settled = jobs - live - (before.jobs - before.live);
    this.#filler.fill({ settled, live: live - before.live, from, to });
  }

  /** All jobs but the newest into the index of texts, without its pauses. @returns whether some are left when the time of a call is over; else the object ends: it would not know of them */
  async indexTexts(): Promise<boolean> {
    const { texts } = tablesOf(this.#sql, true);
    const end = Date.now() + CALL_MS;
    while (texts.firstDue() !== undefined) {
      if (Date.now() > end) return true;
      this.ctx.storage.transactionSync(() => texts.addDue(Number.POSITIVE_INFINITY));
      await scheduler.wait(0);
    }
    this.ctx.abort("indexed");
    return false;
  }

  /** Of jobs, evenly from all times. */
  async ids(): Promise<readonly string[]> {
    return this.#filled.ids;
  }

  async cases(): Promise<string[]> {
    return READ_CASES.map(({ name }) => name);
  }

  async read(name: string): Promise<Measured> {
    const found = READ_CASES.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no case ${name}`);
    const { read } = await rowsOf(this.ctx.storage, () => found.run(this.#filled));
    return { ms: await timed(found.block, () => found.run(this.#filled)), rowsRead: read };
  }

  /** Jobs for later, with a key each. They are taken away afterwards. */
  async submits(): Promise<Measured> {
    const since = jobIdFloor(Date.now());
    const submit = () => this.#submit({ url: "https://example.com/hook", seconds: 1, days: 30, withKey: true });
    const { read } = await rowsOf(this.ctx.storage, submit);
    const ms = await timed(SUBMITS, submit);
    this.#sql.exec("DELETE FROM jobs WHERE job_number >= ?", String(jobNumber(since)));
    for (const table of ["idempotency_keys", "job_values"]) {
      this.#sql.exec(`DELETE FROM ${table} WHERE job_id >= ?`, since);
    }
    return { ms, rowsRead: read };
  }

  /**
   * Alarms with jobs that are due: older than all others, so that the rest stays as it is. Nothing here looks at the
   * whole table, which would leave a large shard with cold caches.
   */
  async purges(): Promise<Measured> {
    const { from } = this.#filled;
    const settled = PURGES * PURGED;
    const ids = this.#filler.fill({ settled, live: 0, from: from - DAY, to: from });
    const filled = JSON.stringify(ids.map((id) => String(jobNumber(id))));
    this.#sql.exec(`UPDATE jobs SET due_at = 1 WHERE job_number IN ${LISTED}`, filled);
    let ms = 0;
    const { read } = await rowsOf(this.ctx.storage, async () => {
      ms = await timed(PURGES, () => this.alarm());
    });
    const count = `SELECT count(*) AS n FROM jobs WHERE job_number IN ${LISTED}`;
    const { n } = this.#sql.exec<{ n: number }>(count, filled).one();
    if (n > 0) throw new Error(`${n} of ${settled} jobs are there after the purges`);
    // What is remembered of them for an hour would be due in the next run.
    this.#sql.exec("DELETE FROM last_states");
    return { ms: ms / PURGED, rowsRead: read / settled };
  }

  async #submit(wanted: Omit<Wanted, "count">): Promise<string> {
    const reply = await served(this.submit(this.#caller, this.#request(wanted)));
    if (!reply.ok) throw new Error(JSON.stringify(reply.error));
    return reply.value.id;
  }

  #request({ url, seconds, days, withKey }: Omit<Wanted, "count">): SubmitRequest {
    const blueprint = CATALOG.blueprints.find(({ name }) => name === "delayed-webhook");
    if (blueprint === undefined) throw new Error("delayed-webhook is not in the catalogue");
    const n = this.#submitted++;
    return {
      name: blueprint.name,
      blueprint: labelOf(n),
      plan: blueprint.plan,
      plan_hash: "as-long-as-a-hash-isxx",
      input: { url, delay: `${seconds} seconds`, payload: { text: "Stand-up in ten minutes", n } },
      metadata: { team: teamOf(n), n },
      run_at: days === null ? null : Date.now() + days * DAY,
      timeout_ms: 7 * DAY,
      idempotency: withKey ? { key: crypto.randomUUID(), request_hash: "0".repeat(64) } : null,
    };
  }
}

type Method =
  | ("ids" | "size" | "cases" | "submitMany" | "cancelAll")
  | ("fill" | "indexTexts" | "read" | "submits" | "purges");
/** Whose object, its method, and the arguments. */
export type Call = [tenant: string, method: Method, ...args: unknown[]];

interface ScaleEnv extends Env {
  JOB_REGISTRY: DurableObjectNamespace<JobRegistry>;
}

export default {
  async fetch(request: Request, env: ScaleEnv, ctx: ExecutionContext): Promise<Response> {
    if (new URL(request.url).pathname === "/mcp") return server.fetch(request, env, ctx);
    const [tenant, method, ...args]: Call = await request.json();
    const call = env.JOB_REGISTRY.getByName(`${tenant}/0`)[method] as (...args: unknown[]) => Promise<unknown>;
    return Response.json((await call(...args)) ?? null);
  },
};
