import { DurableObject } from "cloudflare:workers";
import { type Env, readSettings } from "../env.ts";
import type { SlotRequest } from "../jobs/flow/slot.ts";
import type { RateTerms } from "../jobs/flow/turns.ts";
import type { StepError } from "../jobs/job.ts";
import type { Mark } from "../jobs/run/reports.ts";
import type { Taker } from "../jobs/run/takeover.ts";
import type { Json } from "../lib/json.ts";
import { log } from "../lib/log.ts";
import type {
  AskRequest,
  Finished,
  RoundEnd,
  RunnerApi,
  RunOutcome,
  RunRef,
  SpawnRequest,
  StepFailure,
  Watched,
} from "./api/caller.ts";
import { registryOf } from "./api/client.ts";
import type { EventRequest } from "./api/event-calls.ts";
import type { LimitsApi, SlotPlace } from "./api/limit-calls.ts";
import type { FindNewest } from "./api/trigger-calls.ts";
import type { OfferRequest } from "./api/worker-api.ts";
import { callbackPort } from "./deliver/callback-port.ts";
import { traceExport } from "./deliver/trace-export.ts";
import { WorkflowEngine } from "./dispatch/engine.ts";
import { siblingPort } from "./fire/sibling-port.ts";
import { openRegistry, type Registry } from "./open-registry.ts";
import { sealingPort } from "./sealing-port.ts";

/** The registry, for a request that comes in. */
export async function entered(opened: Promise<Registry>): Promise<Registry> {
  const registry = await opened;
  registry.enter();
  return registry;
}

/** What the runner, the alarm, and other objects of the tenant ask of the object. Only forwards. */
export class RunnerEntry extends DurableObject<Env> implements RunnerApi, LimitsApi {
  /** Of the instance, so that nobody reaches it over RPC. */
  protected readonly registry: Promise<Registry>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const settings = readSettings(env);
    this.registry = ctx.blockConcurrencyWhile(async () =>
      openRegistry({
        storage: ctx.storage,
        engine: new WorkflowEngine(env.JOB_WORKFLOW, (ms, signal) => scheduler.wait(ms, { signal })),
        now: Date.now,
        entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
        background: (work) => ctx.waitUntil(work),
        log: (line) => log({ ...line, object: ctx.id.toString() }),
        findNewest: (tenant, name) => this.findNewest(tenant, name),
        owners: { shards: settings.shards, of: (tenant, shard) => registryOf(env.JOB_REGISTRY, tenant, shard) },
        delivery: callbackPort(env, ctx.id.name, async (query) => (await this.registry).events.readEvents(query, 0)),
        exportTrace: traceExport(env, log),
        sealing: await sealingPort(env, ctx.id.name),
        siblings: siblingPort(env, ctx.id.name),
        retentionMs: settings.retentionMs,
        quotas: settings.quotas,
        textSearch: settings.textSearch,
      }),
    );
  }

  /** For triggers that ask for it at each run: blueprints are looked up a floor above, where this is said. */
  protected findNewest(...[_tenant, _name]: Parameters<FindNewest>): ReturnType<FindNewest> {
    throw new Error("no blueprints are known here");
  }

  override async alarm(): Promise<void> {
    await (await this.registry).reconciler.onAlarm();
  }

  async start(ref: RunRef, taker?: Taker) {
    return (await entered(this.registry)).stepReports.start(ref, taker);
  }

  async journal(ref: RunRef, from: string) {
    return (await entered(this.registry)).stepReports.journal(ref, from);
  }

  async awake(ref: RunRef) {
    return (await entered(this.registry)).stepReports.awake(ref);
  }

  async begin(
    ref: RunRef,
    path: string,
    token: string,
    withinMs: number,
    marks: Mark[],
    keyPath?: string,
    finished?: Finished,
    rate?: RateTerms,
  ) {
    return (await entered(this.registry)).stepReports.begin(ref, path, token, withinMs, marks, keyPath, finished, rate);
  }

  async retrying(ref: RunRef, path: string, error: StepError, delayMs: number, withinMs: number) {
    return (await entered(this.registry)).stepReports.retrying(ref, path, error, delayMs, withinMs);
  }

  async polled(ref: RunRef, path: string, everyMs: number, withinMs: number) {
    return (await entered(this.registry)).stepReports.polled(ref, path, everyMs, withinMs);
  }

  async finish(ref: RunRef, path: string, output: Json, error: StepError | null, at?: number) {
    return (await entered(this.registry)).stepReports.finish(ref, path, output, error, at);
  }

  async rest(ref: RunRef, path: string, wakeAt: number, marks: Mark[], keyPath?: string, finished?: Finished) {
    return (await entered(this.registry)).stepReports.rest(ref, path, wakeAt, marks, keyPath, finished);
  }

  async ask(ref: RunRef, path: string, request: AskRequest, marks: Mark[], keyPath?: string, finished?: Finished) {
    return (await entered(this.registry)).awaitReports.ask(ref, path, request, marks, keyPath, finished);
  }

  async awaitEvent(ref: RunRef, path: string, request: EventRequest, marks: Mark[], keyPath?: string) {
    return (await entered(this.registry)).awaitReports.awaitEvent(ref, path, request, marks, keyPath);
  }

  async spawn(ref: RunRef, path: string, request: SpawnRequest, marks: Mark[], keyPath?: string, finished?: Finished) {
    return (await entered(this.registry)).awaitReports.spawn(ref, path, request, marks, keyPath, finished);
  }

  async offer(
    ref: RunRef,
    path: string,
    request: OfferRequest,
    marks: Mark[],
    keyPath?: string,
    rate?: RateTerms,
    finished?: Finished,
  ) {
    return (await entered(this.registry)).awaitReports.offer(ref, path, request, marks, keyPath, rate, finished);
  }

  async collect(ref: RunRef, path: string) {
    return (await entered(this.registry)).awaitReports.collect(ref, path);
  }

  async halt(ref: RunRef, path: string, error: StepError | "won" | null, finished: number[], marks: Mark[]) {
    return (await entered(this.registry)).rowReports.halt(ref, path, error, finished, marks);
  }

  async abandon(ref: RunRef, path: string) {
    return (await entered(this.registry)).rowReports.abandon(ref, path);
  }

  async rowFailed(ref: RunRef, path: string, failure: StepFailure, marks: Mark[]) {
    return (await entered(this.registry)).rowReports.rowFailed(ref, path, failure, marks);
  }

  async within(ref: RunRef, path: string, until: number, marks: Mark[]) {
    return (await entered(this.registry)).rowReports.within(ref, path, until, marks);
  }

  async repeating(ref: RunRef, path: string, marks: Mark[], keyPath?: string) {
    return (await entered(this.registry)).rowReports.repeating(ref, path, marks, keyPath);
  }

  async roundEnded(ref: RunRef, path: string, end: RoundEnd, marks: Mark[], keyPath?: string) {
    return (await entered(this.registry)).rowReports.roundEnded(ref, path, end, marks, keyPath);
  }

  async parentJournal(ref: RunRef, after: string) {
    return (await entered(this.registry)).cleanupReports.parentJournal(ref, after);
  }

  async undone(ref: RunRef, path: string, keyPath: string) {
    return (await entered(this.registry)).cleanupReports.undone(ref, path, keyPath);
  }

  async mark(ref: RunRef, marks: Mark[]) {
    return (await entered(this.registry)).stepReports.mark(ref, marks);
  }

  async settle(ref: RunRef, outcome: RunOutcome, marks: Mark[], finished?: Finished, watched?: Watched) {
    return (await entered(this.registry)).stepReports.settle(ref, outcome, marks, finished, watched);
  }

  async takeTurn(tenant: string, holder: string, rate: RateTerms) {
    return (await entered(this.registry)).limitHome.takeTurn(tenant, holder, rate);
  }

  async giveTurns(tenant: string, key: string | null, jobId: string) {
    return (await entered(this.registry)).limitHome.giveTurns(tenant, key, jobId);
  }

  async surrenderTurns(tenant: string, rate: RateTerms) {
    return (await entered(this.registry)).limitHome.surrenderTurns(tenant, rate);
  }

  async takeSlot(tenant: string, request: SlotRequest) {
    return (await entered(this.registry)).limitHome.takeSlot(tenant, request);
  }

  async giveSlot(tenant: string, place: SlotPlace) {
    return (await entered(this.registry)).limitHome.giveSlot(tenant, place);
  }

  async lookAtSlots(tenant: string, places: SlotPlace[]) {
    return (await entered(this.registry)).limitHome.lookAtSlots(tenant, places);
  }

  async surrenderSlots(tenant: string, key: string) {
    return (await entered(this.registry)).limitHome.surrenderSlots(tenant, key);
  }

  async slotsWanted(tenant: string, jobIds: string[]) {
    return (await entered(this.registry)).limitHome.slotsWanted(tenant, jobIds);
  }

  async makeRoom(tenant: string, jobIds: string[]) {
    return (await entered(this.registry)).limitHome.makeRoom(tenant, jobIds);
  }
}
