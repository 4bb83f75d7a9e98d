import { DurableObject } from "cloudflare:workers";
import { type Env, readSettings } from "../env.ts";
import type { StepError } from "../jobs/job.ts";
import type { Json } from "../jobs/json.ts";
import type { Mark } from "../jobs/reports.ts";
import { AlarmClock } from "./alarm-clock.ts";
import type {
  CallerApi,
  Include,
  ListQuery,
  RegistryApi,
  RunnerApi,
  RunOutcome,
  RunRef,
  SubmitRequest,
} from "./api.ts";
import { CallerDesk } from "./caller.ts";
import { Dispatcher } from "./dispatcher.ts";
import { type Engine, WorkflowEngine } from "./engine.ts";
import { Ledger } from "./ledger.ts";
import { migrate } from "./migrations.ts";
import { Queries } from "./queries.ts";
import { Reconciler } from "./reconciler.ts";
import { RunReports } from "./run-reports.ts";
import { Waiters } from "./waiters.ts";

/** What an object is made of; tests bring their own engine and clock. */
export interface RegistryPorts {
  storage: DurableObjectStorage;
  engine: Engine;
  /** Epoch ms. */
  now: () => number;
  entropy: (bytes: number) => Uint8Array;
  background: (work: Promise<void>) => void;
  retentionMs: number;
}

export interface RegistryRooms {
  caller: CallerApi;
  runner: RunnerApi;
  reconciler: Reconciler;
}

/** Brings the schema up to date and makes sure that pending work has an alarm. */
export async function openRegistry(ports: RegistryPorts): Promise<RegistryRooms> {
  const { storage, engine, now, retentionMs } = ports;
  migrate(storage);
  const waiters = new Waiters();
  const ledger = new Ledger(storage, new Queries(storage.sql), await AlarmClock.read(storage, now()), waiters);
  ledger.rearm(now() + 1);
  const dispatcher = new Dispatcher(ledger, engine, now);
  return {
    caller: new CallerDesk({ ledger, dispatcher, waiters, now, entropy: ports.entropy, background: ports.background }),
    runner: new RunReports(ledger, now, retentionMs),
    reconciler: new Reconciler(ledger, engine, dispatcher, now, retentionMs),
  };
}

/** The object that owns the jobs of one tenant and shard. Only forwards. */
export class JobRegistry extends DurableObject<Env> implements RegistryApi {
  readonly #rooms: Promise<RegistryRooms>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#rooms = ctx.blockConcurrencyWhile(() =>
      openRegistry({
        storage: ctx.storage,
        engine: new WorkflowEngine(env.JOB_WORKFLOW),
        now: Date.now,
        entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        background: (work) => ctx.waitUntil(work),
        retentionMs: readSettings(env).retentionMs,
      }),
    );
  }

  async submit(request: SubmitRequest) {
    return (await this.#rooms).caller.submit(request);
  }

  async status(tenant: string, jobId: string, include: Include) {
    return (await this.#rooms).caller.status(tenant, jobId, include);
  }

  async wait(tenant: string, jobId: string, waitMs: number) {
    return (await this.#rooms).caller.wait(tenant, jobId, waitMs);
  }

  async list(query: ListQuery) {
    return (await this.#rooms).caller.list(query);
  }

  async explain(tenant: string, jobId: string) {
    return (await this.#rooms).caller.explain(tenant, jobId);
  }

  async start(ref: RunRef) {
    return (await this.#rooms).runner.start(ref);
  }

  async begin(ref: RunRef, path: string, token: string, withinMs: number, marks: Mark[]) {
    return (await this.#rooms).runner.begin(ref, path, token, withinMs, marks);
  }

  async retrying(ref: RunRef, path: string, error: StepError, delayMs: number, withinMs: number) {
    return (await this.#rooms).runner.retrying(ref, path, error, delayMs, withinMs);
  }

  async finish(ref: RunRef, path: string, output: Json, error: StepError | null) {
    return (await this.#rooms).runner.finish(ref, path, output, error);
  }

  async rest(ref: RunRef, path: string, wakeAt: number, marks: Mark[]) {
    return (await this.#rooms).runner.rest(ref, path, wakeAt, marks);
  }

  async mark(ref: RunRef, marks: Mark[]) {
    return (await this.#rooms).runner.mark(ref, marks);
  }

  async settle(ref: RunRef, outcome: RunOutcome, marks: Mark[]) {
    return (await this.#rooms).runner.settle(ref, outcome, marks);
  }

  override async alarm(): Promise<void> {
    await (await this.#rooms).reconciler.ring();
  }
}
