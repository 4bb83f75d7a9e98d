import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import type { Known } from "../../src/blueprint/checks/document-checker.ts";
import type { Quotas } from "../../src/jobs/flow/quotas.ts";
import type { Json } from "../../src/lib/json.ts";
import type {
  Caller,
  CallerApi,
  LinkApi,
  ListQuery,
  RunnerApi,
  RunRef,
  SubmitRequest,
  Submitted,
} from "../../src/registry/api/caller.ts";
import type { EventPage, EventQuery } from "../../src/registry/api/event-calls.ts";
import type { TriggerApi } from "../../src/registry/api/trigger-calls.ts";
import type { RegistryPorts } from "../../src/registry/context.ts";
import type { DeliveryPort } from "../../src/registry/deliver/delivery-port.ts";
import type { Siblings } from "../../src/registry/fire/siblings.ts";
import { openRegistry, type Registry } from "../../src/registry/open-registry.ts";
import { apisOf } from "./apis.ts";
import { FakeEngine } from "./dispatch/fake-engine.ts";
import { underNemesis } from "./nemesis.ts";

export const TENANT = "acme";
/** Asks without a key, as this machine does. */
export const callerOf = (tenant: string, over: Partial<Caller> = {}): Caller => ({
  tenant,
  shard: 0,
  key_id: null,
  actor: null,
  ...over,
});
export const CALLER = callerOf(TENANT);
export const RETENTION_MS = 30 * 86_400_000;
/** Far ahead of the real clock, so that no real alarm rings inside a test. */
export const START = Date.UTC(2040, 0, 1);

export function planOf(steps: Json[], more: Record<string, Json> = {}, known: Known = { handlers: [] }) {
  const checked = checkBlueprint({ name: "test-plan", steps, ...more }, known);
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
}

const TWO_STEPS = planOf([
  { id: "first", type: "http", url: "https://example.com/1" },
  { id: "second", type: "http", url: "https://example.com/2" },
]);

export const aRequest = (over: Partial<SubmitRequest> = {}): SubmitRequest => ({
  name: "test-plan",
  blueprint: "test-plan@1",
  plan: TWO_STEPS,
  plan_hash: "hash-of-test-plan",
  input: {},
  metadata: {},
  run_at: null,
  timeout_ms: 3_600_000,
  idempotency: null,
  ...over,
});

export const NO_LIMITS: Quotas = {
  activeJobs: 0,
  runningJobs: 0,
  submitsPerMinute: 0,
  storedBytes: 0,
  requestsPerMinute: 0,
  treeJobs: 0,
  eventsKept: 0,
  hooksPerMinute: 0,
};

export interface Bench {
  caller: CallerApi & TriggerApi & LinkApi;
  runner: RunnerApi;
  reconciler: Registry["reconciler"];
  counts: Registry["counts"];
  changes: Registry["changes"];
  keys: Registry["revocations"];
  events: Registry["events"];
  introduction: Registry["introduction"];
  subscriptions: Registry["subscriptions"];
  workers: Registry["workerCalls"];
  batches: Registry["batches"];
  secrets: Registry["secretCalls"];
  bulk: Registry["bulkCalls"];
  stats: Registry["jobStatistics"];
  enter: Registry["enter"];
  engine: FakeEngine;
  /** Lines of the operator's log. */
  logged: { event: string }[];
  /** Of two http steps, `first` and `second`. */
  plan: SubmitRequest["plan"];
  storage: DurableObjectStorage;
  clock: { now: number };
  /** Submits and waits until the engine has it. */
  submit(over?: Partial<SubmitRequest>, by?: Caller): Promise<Submitted>;
  ref(id: string, attempt?: number): RunRef;
  /** All work that goes on after replies. */
  settleBackground(): Promise<void>;
  /** A new object over the same storage, as after an eviction. */
  reopen(over?: Partial<RegistryPorts>): Promise<ReturnType<typeof apisOf>>;
}

/** Runs the work inside an object of its own, which nothing but the work touches. */
export async function inObject<T>(work: (storage: DurableObjectStorage) => Promise<T>): Promise<T> {
  const stub = env.JOB_REGISTRY.getByName(`${crypto.randomUUID()}/0`);
  return runInDurableObject(stub, (_instance, state) => work(state.storage));
}

/** Of an object, which reads its own log through it. */
export type MakeDelivery = (readOwn: (query: EventQuery) => Promise<EventPage>) => DeliveryPort;

/** Runs the test inside an object of its own, with a fake engine, a clock that the test moves, and the limits given. */
export async function inRegistry(
  test: (bench: Bench) => Promise<void>,
  limits: Partial<Quotas> = {},
  delivery?: MakeDelivery,
  siblings?: Siblings,
): Promise<void> {
  await inObject(async (storage) => {
    const engine = new FakeEngine();
    const clock = { now: START };
    const background: Promise<void>[] = [];
    const logged: Bench["logged"] = [];
    const open = async (over: Partial<RegistryPorts>): Promise<Registry> => {
      const registry: Registry = await openRegistry({
        storage,
        engine,
        now: () => clock.now,
        entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        background: (work) => background.push(work),
        log: (line) => logged.push(line),
        findNewest: async () => undefined,
        retentionMs: RETENTION_MS,
        delivery: delivery?.((query) => registry.events.readEvents(query, 0)),
        siblings,
        quotas: { ...NO_LIMITS, ...limits },
        ...over,
      });
      return registry;
    };
    const reopen = async (over: Partial<RegistryPorts> = {}) => apisOf(await open(over));
    const settleBackground = async () => {
      await Promise.all(background.splice(0));
    };
    const parts = underNemesis(await reopen(), settleBackground, reopen);
    const submit = async (over: Partial<SubmitRequest> = {}, by = CALLER) => {
      const reply = await parts.caller.submit(by, aRequest(over));
      if (!reply.ok) throw new Error(JSON.stringify(reply.error));
      await settleBackground();
      return reply.value;
    };
    const ref = (id: string, attempt = 1) => ({ tenant: TENANT, job_id: id, attempt });
    await test({
      ...parts,
      // Of the object as it is then.
      get counts() {
        return parts.counts;
      },
      engine,
      logged,
      plan: TWO_STEPS,
      storage,
      clock,
      submit,
      ref,
      settleBackground,
      reopen,
    });
  });
}

/** The status of a job that must be there. */
export async function statusOf(bench: Pick<Bench, "caller">, id: string) {
  const reply = await bench.caller.status(CALLER, id, { steps: true, events: true });
  if (!reply.ok) throw new Error(`no job ${id}`);
  return reply.value;
}

export const eventTypes = (status: { events?: { type: string }[] | undefined }): string[] =>
  (status.events ?? []).map((event) => event.type);

/** A listing of all of the tenant's jobs, unless told otherwise. */
export const aListQuery = (over: Partial<ListQuery> = {}): ListQuery => ({
  statuses: [],
  blueprint: null,
  metadata: {},
  submitted_after: null,
  submitted_before: null,
  limit: 100,
  after: null,
  ...over,
});
