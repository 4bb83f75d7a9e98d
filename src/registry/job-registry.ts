import { DurableObject } from "cloudflare:workers";
import type { Blueprint } from "../blueprint/blueprint.ts";
import { type Env, readSettings } from "../env.ts";
import type { StepError } from "../jobs/job.ts";
import type { Mark } from "../jobs/run/reports.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import { log } from "../lib/log.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type {
  Answer,
  AskRequest,
  Idempotency,
  Include,
  ListQuery,
  RegistryApi,
  ResultPart,
  RetryRequest,
  RunOutcome,
  RunRef,
  SpawnRequest,
  SubmitRequest,
} from "./api/caller.ts";
import type { Followed } from "./api/followed-changes.ts";
import { type CallerMethod, callerRegistry, type GuardedApi, type KeyRefusal } from "./api/keys.ts";
import { WorkflowEngine } from "./dispatch/engine.ts";
import { openRegistry, type Registry } from "./open-registry.ts";

/** The object that owns the jobs of one tenant and shard. Only forwards. */
export class JobRegistry extends DurableObject<Env> implements RegistryApi, GuardedApi {
  readonly #registry: Promise<Registry>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#registry = ctx.blockConcurrencyWhile(() =>
      openRegistry({
        storage: ctx.storage,
        engine: new WorkflowEngine(env.JOB_WORKFLOW, (ms, signal) => scheduler.wait(ms, { signal })),
        now: Date.now,
        entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        background: (work) => ctx.waitUntil(work),
        log: (line) => log({ ...line, object: ctx.id.toString() }),
        ...readSettings(env),
      }),
    );
  }

  async submit(request: SubmitRequest) {
    return (await this.#enter()).submitAndRead.submit(request);
  }

  async findKey(tenant: string, idempotency: Idempotency) {
    return (await this.#registry).submitAndRead.findKey(tenant, idempotency);
  }

  async status(tenant: string, jobId: string, include: Include) {
    return (await this.#enter()).submitAndRead.status(tenant, jobId, include);
  }

  async wait(tenant: string, jobId: string, waitMs: number) {
    return (await this.#enter()).submitAndRead.wait(tenant, jobId, waitMs);
  }

  async list(query: ListQuery) {
    return (await this.#enter()).submitAndRead.list(query);
  }

  async explain(tenant: string, jobId: string) {
    return (await this.#enter()).submitAndRead.explain(tenant, jobId);
  }

  async waitFor(
    tenant: string,
    jobIds: string[],
    until: "any" | "all",
    waitMs: number,
    released?: () => Promise<void>,
  ) {
    return (await this.#enter()).submitAndRead.waitFor(tenant, jobIds, until, waitMs, released);
  }

  async follow(tenant: string, jobs: Followed[], owner: string | null = null) {
    return (await this.#enter()).changes.follow(tenant, jobs, owner);
  }

  async cancel(tenant: string, jobId: string, reason: string | null, by: string | null = null) {
    return (await this.#enter()).controls.cancel(tenant, jobId, reason, by);
  }

  async remove(tenant: string, jobId: string, by: string | null = null) {
    return (await this.#enter()).controls.remove(tenant, jobId, by);
  }

  async lastState(tenant: string, jobId: string) {
    return (await this.#enter()).controls.lastState(tenant, jobId);
  }

  async readResult(tenant: string, jobId: string, part: ResultPart) {
    return (await this.#enter()).controls.readResult(tenant, jobId, part);
  }

  async retry(tenant: string, jobId: string, request: RetryRequest, by: string | null = null) {
    return (await this.#enter()).controls.retry(tenant, jobId, request, by);
  }

  async respond(tenant: string, jobId: string, answer: Answer) {
    return (await this.#enter()).controls.respond(tenant, jobId, answer);
  }

  async saveBlueprint(tenant: string, document: JsonObject, plan: Blueprint, by: string | null = null) {
    return (await this.#enter()).savedBlueprints.saveBlueprint(tenant, document, plan, by);
  }

  async deleteBlueprint(tenant: string, name: string, version: number | null, by?: string | null) {
    return (await this.#enter()).savedBlueprints.deleteBlueprint(tenant, name, version, by);
  }

  async savedBlueprint(tenant: string, name: string, version: number | null) {
    return (await this.#enter()).savedBlueprints.savedBlueprint(tenant, name, version);
  }

  async savedBlueprints(tenant: string, after: string, limit: number) {
    return (await this.#enter()).savedBlueprints.savedBlueprints(tenant, after, limit);
  }

  async start(ref: RunRef) {
    return (await this.#enter()).stepReports.start(ref);
  }

  async begin(ref: RunRef, path: string, token: string, withinMs: number, marks: Mark[], keyPath?: string) {
    return (await this.#enter()).stepReports.begin(ref, path, token, withinMs, marks, keyPath);
  }

  async retrying(ref: RunRef, path: string, error: StepError, delayMs: number, withinMs: number) {
    return (await this.#enter()).stepReports.retrying(ref, path, error, delayMs, withinMs);
  }

  async polled(ref: RunRef, path: string, everyMs: number, withinMs: number) {
    return (await this.#enter()).stepReports.polled(ref, path, everyMs, withinMs);
  }

  async finish(ref: RunRef, path: string, output: Json, error: StepError | null) {
    return (await this.#enter()).stepReports.finish(ref, path, output, error);
  }

  async rest(ref: RunRef, path: string, wakeAt: number, marks: Mark[], keyPath?: string) {
    return (await this.#enter()).stepReports.rest(ref, path, wakeAt, marks, keyPath);
  }

  async ask(ref: RunRef, path: string, request: AskRequest, marks: Mark[]) {
    return (await this.#enter()).awaitReports.ask(ref, path, request, marks);
  }

  async spawn(ref: RunRef, path: string, request: SpawnRequest, marks: Mark[], keyPath?: string) {
    return (await this.#enter()).awaitReports.spawn(ref, path, request, marks, keyPath);
  }

  async collect(ref: RunRef, path: string) {
    return (await this.#enter()).awaitReports.collect(ref, path);
  }

  async halt(ref: RunRef, path: string, error: StepError | null, finished: number[], marks: Mark[]) {
    return (await this.#enter()).awaitReports.halt(ref, path, error, finished, marks);
  }

  async abandon(ref: RunRef, path: string) {
    return (await this.#enter()).awaitReports.abandon(ref, path);
  }

  async mark(ref: RunRef, marks: Mark[]) {
    return (await this.#enter()).stepReports.mark(ref, marks);
  }

  async settle(ref: RunRef, outcome: RunOutcome, marks: Mark[]) {
    return (await this.#enter()).stepReports.settle(ref, outcome, marks);
  }

  /** @param place of this object; absent from Workers of 0.1.0, which told each revocation to every shard */
  async withKey(
    keyId: string,
    method: CallerMethod,
    args: unknown[],
    place?: { tenant: string; shard: number },
  ): Promise<Result<unknown, KeyRefusal>> {
    const { revocations } = await this.#enter();
    if (place)
      await revocations.join(place.shard, () => callerRegistry(this.env.JOB_REGISTRY, { ...place, key_id: null }, 0));
    if (revocations.isRevoked(keyId)) return err("revoked");
    // The Worker's side of this call has typed the arguments: callerRegistry.
    const call = () => (this[method] as (...args: unknown[]) => Promise<unknown>)(...args);
    return method === "wait" || method === "waitFor" ? revocations.whileGood(keyId, call) : ok(await call());
  }

  async revokeKey(keyId: string, now: number, by: string | null = null) {
    return (await this.#enter()).revocations.revokeKey(keyId, now, by);
  }

  async keyShards() {
    return (await this.#enter()).revocations.keyShards();
  }

  async admitShard(shard: number) {
    return (await this.#enter()).revocations.admitShard(shard);
  }

  async checkKey() {
    return (await this.#enter()).revocations.checkKey();
  }

  async audit(before: number, limit: number) {
    return (await this.#enter()).revocations.audit(before, limit);
  }

  async revokedKeys() {
    return (await this.#enter()).revocations.revokedKeys();
  }

  async spendCode(grantId: string, now: number) {
    return (await this.#enter()).revocations.spendCode(grantId, now);
  }

  override async alarm(): Promise<void> {
    await (await this.#registry).reconciler.onAlarm();
  }

  async #enter(): Promise<Registry> {
    const registry = await this.#registry;
    registry.enter();
    return registry;
  }
}
