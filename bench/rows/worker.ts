import { DurableObject } from "cloudflare:workers";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { LAST_STATE_KEPT_MS } from "../../src/limits.ts";
import type { Caller, Finished, RunRef, SubmitRequest } from "../../src/registry/api/caller.ts";
import type { Engine } from "../../src/registry/dispatch/engine.ts";
import { openRegistry, type Registry } from "../../src/registry/open-registry.ts";
import { rowsOf } from "../../tooling/workerd/row-meter.ts";

const TENANT = "bench";
const CALLER: Caller = { tenant: TENANT, shard: 0, key_id: null, actor: null };
const DAY_MS = 86_400_000;
/** As many as one alarm looks at. */
const PURGED = 50;
/** What is claimed in all, and in one call: the most that there may be. */
const CLAIMED = 4_000;
const CLAIMED_AT_ONCE = 20;
const OFFER = {
  queue: "bench",
  input: { path: "/videos/one.mp4" },
  timeout_ms: DAY_MS,
  terms: { lease_ms: 300_000, retries: 3, delay_ms: 0, backoff: "fixed" as const },
};
const PLAN = { name: "bench", steps: [{ id: "one", type: "http", url: "https://example.com" }] };
const NO_LIMITS = {
  activeJobs: 0,
  runningJobs: 0,
  submitsPerMinute: 0,
  storedBytes: 0,
  requestsPerMinute: 0,
  treeJobs: 0,
  eventsKept: 0,
  hooksPerMinute: 0,
};

/** Takes what it is given: the reports come from the measurement itself. */
const engine: Engine = {
  startAll: async () => {},
  state: async () => ({ state: "running" }),
  send: async () => {},
  terminate: async () => {},
};

function aRequest(over: Partial<SubmitRequest> = {}): SubmitRequest {
  const checked = checkBlueprint(PLAN, { handlers: [] });
  if (!checked.ok) throw new Error("the plan of the bench is not valid");
  const fields = { name: "bench", blueprint: "inline", metadata: {}, run_at: null };
  return {
    ...fields,
    plan: checked.value,
    plan_hash: "p",
    input: { a: 1 },
    timeout_ms: DAY_MS,
    idempotency: null,
    ...over,
  };
}

const ended = (path: string): Finished => ({ path, output: { status: 200 }, error: null });

/** What each operation of the registry costs in rows: those that Cloudflare bills. */
export class MeteredRegistry extends DurableObject {
  readonly #background: Promise<void>[] = [];
  /** How far the clock was put forward. */
  #aheadMs = 0;

  async measure(): Promise<Record<string, number>> {
    const parts = await this.#open();
    // The first job brings what all jobs of an object share: its plan, and the alarm.
    await this.#submit(parts);
    const later = Date.now() + DAY_MS;
    const submit = await this.#cost(() => this.#submit(parts, { run_at: later }));
    const idempotency = { key: "k", request_hash: "h" };
    const keyed = await this.#cost(() => this.#submit(parts, { run_at: later, idempotency }));
    let ref: RunRef | undefined;
    const whole = await this.#cost(async () => {
      ref = await this.#running(parts);
      await parts.stepReports.settle(ref, { name: "succeeded", output_path: "one" }, [], ended("one"));
    });
    const other = await this.#running(parts);
    const further = await this.#cost(() =>
      parts.stepReports.begin(other, "two", crypto.randomUUID(), 30_000, [], "two", ended("one")),
    );
    const jobId = ref?.job_id ?? "";
    const status = await this.#cost(() => parts.submitAndRead.status(CALLER, jobId, { steps: false, events: false }));
    for (let i = 0; i < 100; i++) await this.#submit(parts, { run_at: later });
    const query = { statuses: [], blueprint: null, metadata: {}, submitted_after: null, submitted_before: null };
    const list = await this.#cost(() => parts.submitAndRead.list(CALLER, { limit: 50, after: null, ...query }));
    const remove = await this.#cost(() => parts.controls.remove(CALLER, jobId));
    return {
      submit: submit.written,
      submit_with_key: keyed.written,
      one_step_job: whole.written,
      extra_step: further.written,
      delete_one_step_job: remove.written,
      status: status.read,
      list50: list.read,
    };
  }

  /** Rows that the purge of a job of three steps writes, and what forgets it an hour later. Of an object of its own. */
  async measurePurge(): Promise<number> {
    const parts = await this.#open();
    for (let i = 0; i < PURGED; i++) {
      const ref = await this.#running(parts);
      for (const [ending, beginning] of [
        ["one", "two"],
        ["two", "three"],
      ] as const) {
        const token = crypto.randomUUID();
        await parts.stepReports.begin(ref, beginning, token, 30_000, [], beginning, ended(ending));
      }
      await parts.stepReports.settle(ref, { name: "succeeded", output_path: "three" }, [], ended("three"));
    }
    let written = 0;
    for (const ms of [DAY_MS, 3 * LAST_STATE_KEPT_MS]) {
      this.#aheadMs += ms;
      written += (await this.#cost(() => parts.reconciler.onAlarm())).written;
    }
    // Alarms are set once for all that is due.
    return Math.floor(written / PURGED);
  }

  /** What a worker is given in a call of twenty, beside so many bare inserts in as many transactions. Of an object of its own. */
  async measureClaims(): Promise<Record<string, number>> {
    const parts = await this.#open();
    for (let job = 0; job < CLAIMED / CLAIMED_AT_ONCE; job++) {
      const ref = await this.#running(parts);
      for (let i = 0; i < CLAIMED_AT_ONCE; i++) await parts.awaitReports.offer(ref, `rows[${i}].work`, OFFER, []);
    }
    const request = { queues: [OFFER.queue], max: CLAIMED_AT_ONCE, room_bytes: 1_000_000, worker: "bench" };
    const { storage } = this.ctx;
    storage.sql.exec("CREATE TABLE bare (id INTEGER PRIMARY KEY, value TEXT NOT NULL)");
    const start = performance.now();
    let claimed = 0;
    for (let found = CLAIMED_AT_ONCE; found === CLAIMED_AT_ONCE; claimed += found) {
      found = (await parts.workerCalls.claimWork(CALLER, request, 0)).length;
      await storage.sync();
    }
    const middle = performance.now();
    for (let inserted = 0; inserted < claimed; inserted += CLAIMED_AT_ONCE) {
      storage.transactionSync(() => {
        for (let i = 0; i < CLAIMED_AT_ONCE; i++) storage.sql.exec("INSERT INTO bare (value) VALUES (?)", "a value");
      });
      await storage.sync();
    }
    const end = performance.now();
    if (claimed !== CLAIMED) throw new Error(`${claimed} of ${CLAIMED} were claimed`);
    const perSecond = (ms: number) => Math.round((claimed * 1_000) / ms);
    return {
      claims_per_second: perSecond(middle - start),
      inserts_per_second: perSecond(end - middle),
      claims_against_inserts: Number(((end - middle) / (middle - start)).toFixed(3)),
    };
  }

  #open(): Promise<Registry> {
    return openRegistry({
      storage: this.ctx.storage,
      engine,
      now: () => Date.now() + this.#aheadMs,
      entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
      background: (work) => this.#background.push(work),
      log: () => {},
      findNewest: async () => undefined,
      retentionMs: DAY_MS,
      quotas: NO_LIMITS,
    });
  }

  /** What goes on after the reply belongs to the price of a call. */
  #cost(work: () => Promise<unknown>) {
    return rowsOf(this.ctx.storage, async () => {
      await work();
      await this.#settleBackground();
    });
  }

  async #settleBackground(): Promise<void> {
    await Promise.all(this.#background.splice(0));
  }

  async #submit(parts: Registry, over: Partial<SubmitRequest> = {}): Promise<string> {
    const submitted = await parts.submitAndRead.submit(CALLER, aRequest(over));
    if (!submitted.ok) throw new Error(submitted.error.code);
    await this.#settleBackground();
    return submitted.value.id;
  }

  async #running(parts: Registry): Promise<RunRef> {
    const ref = { tenant: TENANT, job_id: await this.#submit(parts), attempt: 1 };
    await parts.stepReports.start(ref, { process: "bench", token: crypto.randomUUID() });
    return { ...ref, run: 1 };
  }
}

export default {
  fetch: async (_request, { METERED }) => {
    const [rows, purge_three_step_job] = await Promise.all([
      METERED.getByName("bench").measure(),
      METERED.getByName("purge").measurePurge(),
    ]);
    const claims = await METERED.getByName("claims").measureClaims();
    return Response.json({ rows: { ...rows, purge_three_step_job }, claims });
  },
} satisfies ExportedHandler<{ METERED: DurableObjectNamespace<MeteredRegistry> }>;
