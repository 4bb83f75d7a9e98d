import type { Caller, ListQuery, RunRef, SubmitRequest } from "../../../src/registry/api/caller.ts";
import type { RegistryApi } from "../../../src/registry/api/client.ts";
import { planOf } from "../bench.ts";

/**
 * Calls of every method, as the Worker, the runner and other objects of the tenant make them: what a release records. It goes on
 * with the registry; what was recorded of it does not.
 */

const HOUR_MS = 3_600_000;
const EMPTY = { type: "object", properties: {} };
const ERROR = { code: "http_status", message: "HTTP 503", status: 503 };
const rest = planOf([{ id: "rest", type: "sleep", for: "1 hour" }]);
const plan = planOf([
  { id: "fetch", type: "http", url: "https://example.com/{% $input.page %}" },
  { id: "nap", type: "sleep", for: "1 hour" },
  { id: "ask", type: "input", message: "Go on?", schema: EMPTY, link: true },
  { id: "kid", type: "job", blueprint: { name: "kid", steps: [{ id: "rest", type: "sleep", for: "1 hour" }] } },
  { id: "paid", type: "input", event: { name: "order.paid" } },
  { id: "work", type: "worker", queue: "q" },
  { id: "loop", type: "repeat", limit: 3, steps: [{ id: "turn", type: "http", url: "https://example.com/turn" }] },
  {
    id: "undoable",
    type: "http",
    method: "POST",
    url: "https://example.com/",
    undo: { type: "http", url: "https://example.com/undo" },
  },
]);

export class Course {
  readonly #registry: RegistryApi;
  readonly #caller: Caller;
  readonly #now: number;

  /** @param now epoch ms */
  constructor(registry: RegistryApi, caller: Caller, now: number) {
    this.#registry = registry;
    this.#caller = caller;
    this.#now = now;
  }

  async run(): Promise<void> {
    await this.#listen();
    // Later there are jobs that the engine has, and it is as fast as it is.
    await this.#registry.statistics(this.#caller, 0, null);
    const ref = await this.#jobThatDoesEverything();
    await this.#afterItsEnd(ref);
    await this.#many();
    await this.#triggers();
    await this.#limits();
    await this.#tenant();
  }

  #request(over: Partial<SubmitRequest> = {}): SubmitRequest {
    const times = { run_at: this.#now + HOUR_MS, timeout_ms: 24 * HOUR_MS };
    const known = { blueprint: "recorded@1", plan, plan_hash: "hash-of-recorded", origin: "https://jobs.example.com" };
    return {
      name: "recorded",
      ...known,
      input: { page: "1" },
      metadata: { batch: 7 },
      idempotency: null,
      ...times,
      ...over,
    };
  }

  async #submitted(over: Partial<SubmitRequest> = {}): Promise<RunRef> {
    const submitted = await this.#registry.submit(this.#caller, this.#request(over));
    if (!submitted.ok || !submitted.value.ok) throw new Error("a submit was refused");
    return { tenant: this.#caller.tenant, job_id: submitted.value.value.id, attempt: 1 };
  }

  async #listen(): Promise<void> {
    const query = { after: null, names: null, filter: {}, since: null, limit: 20 };
    await this.#registry.listening(this.#caller, "");
    await this.#registry.readEvents(this.#caller, query, 0);
    const subscription = { subscription_id: "sub_1", url: "https://example.com/hook", name: "job.settled", filter: {} };
    const held = { ...subscription, sealed_secret: "key.iv.text", positions: [], expires_at: this.#now + HOUR_MS };
    await this.#registry.addSubscriber(this.#caller, 0);
    await this.#registry.subscribe(this.#caller, held);
    await this.#registry.subscription(this.#caller, "sub_1");
    await this.#registry.subscriptions(this.#caller, "", 10);
    await this.#registry.wakeSubscriptions(this.#caller);
    await this.#registry.deliveries(this.#caller, "sub_1", 1_000, 10);
    await this.#registry.replay(this.#caller, "sub_1", 1);
    await this.#registry.unsubscribe(this.#caller, "sub_1");
  }

  async #jobThatDoesEverything(): Promise<RunRef> {
    const [registry, caller] = [this.#registry, this.#caller];
    const idempotency = { key: "order 17", request_hash: "a" };
    const ref = await this.#submitted({ idempotency });
    await registry.findKey(caller, idempotency);
    await registry.status(caller, ref.job_id, { steps: true, events: true, blueprint: true });
    await registry.list(caller, LIST);
    await registry.start(ref);
    await registry.journal(ref, "");
    await registry.begin(ref, "fetch", "t1", 30_000, [], "fetch");
    await registry.retrying(ref, "fetch", ERROR, 1, 30_000);
    await registry.begin(ref, "fetch", "t2", 30_000, [], "fetch");
    await registry.polled(ref, "fetch", 10_000, 30_000);
    await registry.finish(ref, "fetch", { status: 200 }, null, this.#now);
    await registry.rest(ref, "nap", this.#now + HOUR_MS, [], "nap");
    await registry.mark(ref, [{ path: "nap", status: "succeeded" }]);
    await this.#answered(ref);
    const kid = { name: "kid", blueprint: "inline", plan: rest, input: {} };
    await registry.spawn(ref, "kid", kid, [], "kid");
    await registry.collect(ref, "kid");
    await registry.awake(ref);
    await registry.abandon(ref, "kid");
    await registry.rowFailed(ref, "race.slow", { path: "race.slow.fetch", error: ERROR }, []);
    await this.#toldAndWorked(ref);
    await registry.within(ref, "loop", this.#now + HOUR_MS, []);
    await registry.repeating(ref, "loop", [], "loop");
    await registry.roundEnded(ref, "loop", { round: 1, state: { n: 1 }, over: false }, [], "loop");
    await registry.halt(ref, "loop", ERROR, [], []);
    await registry.begin(ref, "undoable", "t3", 30_000, [], "undoable");
    await registry.finish(ref, "undoable", { status: 201 }, null, this.#now);
    await registry.settle(ref, { name: "failed", error: ERROR, path: "undoable" }, []);
    return ref;
  }

  async #answered(ref: RunRef): Promise<void> {
    const [registry, caller] = [this.#registry, this.#caller];
    const question = { request_id: "ask", message: "Go on?", schema: EMPTY, timeout_ms: HOUR_MS, fallback: null };
    await registry.openLink(caller, ref.job_id, "ask");
    await registry.ask(ref, "ask", { ...question, link: true }, [], "ask");
    await registry.openLink(caller, ref.job_id, "ask");
    await registry.wait(caller, ref.job_id, 1_000);
    await registry.waitFor(caller, [ref.job_id], "any", 1_000);
    await registry.respond(caller, ref.job_id, { request_id: "other", action: "decline", content: null });
    await registry.respond(caller, ref.job_id, { request_id: "ask", action: "accept", content: {} });
    await registry.answerLink(caller, ref.job_id, "ask", { action: "decline" });
    await registry.collect(ref, "ask");
  }

  async #toldAndWorked(ref: RunRef): Promise<void> {
    const [registry, caller] = [this.#registry, this.#caller];
    const scope = { input: {}, steps: {}, job: { id: "j", attempt: 1, submitted_at: "" }, now: 1 };
    const event = { request_id: "paid", name: "order.paid", when: null, scope, timeout_ms: HOUR_MS, fallback: null };
    await registry.awaitEvent(ref, "paid", event, [], "paid");
    const told = { job_id: ref.job_id, key: "told", name: "order.paid", data: { order: 17 } };
    await registry.emitEvent(caller, told);
    await registry.emittedNames(caller);
    const terms = { lease_ms: HOUR_MS, retries: 3, delay_ms: 0, backoff: "fixed" as const };
    await registry.offer(ref, "work", { queue: "q", input: {}, timeout_ms: HOUR_MS, terms }, [], "work");
    await registry.waitingWork(caller, ["q"], 1, 0);
    await registry.claimWork(caller, { queues: ["q"], max: 1, room_bytes: 1_000, worker: "gpu" }, 0);
    const claim = { job_id: ref.job_id, path: "work", token: 1 };
    await registry.reportWork(caller, claim, { action: "heartbeat" });
    await registry.reportWork(caller, claim, { action: "complete", output: { done: true } });
    await registry.reportWork(caller, claim, { action: "release" });
  }

  async #afterItsEnd(ref: RunRef): Promise<void> {
    const [registry, caller] = [this.#registry, this.#caller];
    const failed = await registry.status(caller, ref.job_id, { steps: true, events: true });
    const cleanup = failed.ok && failed.value.ok ? (failed.value.value.cleanup_job_id ?? "") : "";
    // The engine has its first attempt.
    const cleaning = { ...ref, job_id: cleanup, attempt: 2 };
    await registry.start(cleaning);
    await registry.parentJournal(cleaning, "");
    await registry.undone(cleaning, "undoable", "undoable");
    await registry.settle(cleaning, { name: "succeeded", output: null }, []);
    await registry.explain(caller, ref.job_id);
    await registry.readResult(caller, ref.job_id, { pointer: "", offset: 0, max_bytes: 10 });
    const short = await this.#submitted({ plan: rest, plan_hash: "hash-of-rest", blueprint: "inline", input: {} });
    await registry.start(short);
    await registry.settle(short, { name: "succeeded", output: ["one", "two"] }, []);
    await registry.readResult(caller, short.job_id, { pointer: "/1", offset: 0, max_bytes: 10 });
    await registry.remove(caller, short.job_id);
    await registry.lastState(caller, short.job_id);
    const unwanted = await this.#submitted();
    await registry.cancel(caller, unwanted.job_id, "not needed");
    await registry.retry(caller, unwanted.job_id, { from_step: "nope", input: null });
    await registry.retry(caller, unwanted.job_id, { from_step: null, input: null });
  }

  async #many(): Promise<void> {
    const idempotency = { key: "batch 1", request_hash: "b" };
    const submitted = await this.#registry.submitBatch(this.#caller, this.#request({ idempotency }), [
      { page: "1" },
      { page: "2" },
    ]);
    const batch = submitted.ok && submitted.value.ok ? submitted.value.value.batch_id : "";
    await this.#registry.findBatchKey(this.#caller, idempotency);
    await this.#registry.waitBatch(this.#caller, batch, "any", 0);
    const { limit: _, after: __, ...where } = LIST;
    const bulk = {
      action: "cancel" as const,
      where: { ...where, error_code: "none" },
      patch: { input: null },
      per_minute: null,
    };
    await this.#registry.bulk(this.#caller, bulk, true);
  }

  async #triggers(): Promise<void> {
    const [registry, caller] = [this.#registry, this.#caller];
    const document = { name: "on-push", paused: false, blueprint: "recorded", webhook: { verify: null } };
    const ready = { label: "recorded@1", plan: rest, plan_hash: "hash-of-rest", timeout_ms: HOUR_MS };
    const saved = await registry.saveTrigger(caller, { document, plan: ready, isNewest: false, rotate: false });
    await registry.findTrigger(caller, "on-push");
    await registry.listTriggers(caller, "", 10);
    await registry.triggersUsing(caller, "recorded", null);
    await registry.openHook(caller, (saved.ok && saved.value.ok && saved.value.value.hook_id) || "");
    await registry.deliver(caller, { name: "on-push", version: 2, key: "k", event: {} });
    await registry.fireTrigger(caller, "none", { now: true, span: null });
    await registry.triggerLedger(caller, "on-push", null, 10);
    await registry.deleteTrigger(caller, "on-push");
    await registry.dropCopy(caller, "on-push", this.#now);
  }

  async #limits(): Promise<void> {
    const { tenant } = this.#caller;
    const request = {
      key: "k",
      holder: "job_00000000000000000000000000zz",
      limit: 1,
      rank: 0,
      since: 1,
      when_full: "queue" as const,
    };
    await this.#registry.takeSlot(tenant, request);
    await this.#registry.lookAtSlots(tenant, [request]);
    await this.#registry.slotsWanted(tenant, [request.holder]);
    await this.#registry.makeRoom(tenant, [request.holder]);
    await this.#registry.giveSlot(tenant, request);
    await this.#registry.surrenderSlots(tenant, "k");
    await this.#registry.giveTurns(tenant, null, request.holder);
  }

  async #tenant(): Promise<void> {
    const [registry, caller] = [this.#registry, this.#caller];
    await registry.saveBlueprint(caller, { name: "kept", steps: [] }, { ...rest, name: "kept" });
    await registry.savedBlueprint(caller, "kept", null);
    await registry.savedBlueprints(caller, "", 10);
    await registry.deleteBlueprint(caller, "kept", 1);
    await registry.useStore(caller, "lock", { id: "job.lock", value: 1, version: 0, lifetime_ms: null });
    await registry.useStore(caller, "lock", null);
    await registry.putSecret(caller, { name: "TOKEN", sealed: "key.iv.text", hosts: ["api.example.com"] });
    await registry.secretNames(caller);
    await registry.sealedSecrets(caller);
    await registry.sealedUnder(caller, "key");
    await registry.deleteSecret(caller, "TOKEN");
    await registry.admitShard(caller, 1);
    await registry.keyShards(caller);
    await registry.checkKey(caller);
    await registry.spendCode(caller, "grant 1", this.#now);
    await registry.audit(caller, this.#now + HOUR_MS, 2);
    await registry.revokeKey(caller, "key 1", this.#now);
    await registry.revokedKeys(caller);
    await registry.status({ ...caller, key_id: "key 1" }, "job_00000000000000000000000000zz", {
      steps: false,
      events: false,
    });
  }
}

const LIST: ListQuery = {
  statuses: [],
  blueprint: null,
  metadata: {},
  submitted_after: null,
  submitted_before: null,
  limit: 10,
  after: null,
};
