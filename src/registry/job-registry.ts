import type { Blueprint } from "../blueprint/blueprint.ts";
import type { ClaimRef } from "../jobs/claim.ts";
import type { Grouping } from "../jobs/statistics.ts";
import type { JsonObject } from "../lib/json.ts";
import type { BulkRequest } from "./api/batch-calls.ts";
import type {
  Answer,
  Caller,
  Idempotency,
  Include,
  LinkAnswer,
  ListQuery,
  ResultPart,
  RetryRequest,
  SubmitRequest,
} from "./api/caller.ts";
import type { RegistryApi } from "./api/client.ts";
import type { Emitted, EventQuery } from "./api/event-calls.ts";
import type { Followed } from "./api/followed-changes.ts";
import type { SealedSecret, StoreWrite } from "./api/store-calls.ts";
import type { SubscriptionRequest } from "./api/subscription-calls.ts";
import type { Delivery, FireRequest, TriggerCopy, TriggerToSave } from "./api/trigger-calls.ts";
import type { ClaimRequest, WorkReport } from "./api/worker-api.ts";
import { CallerEntry } from "./caller-entry.ts";

/** The object that owns the jobs of one tenant and shard. Only forwards. */
export class JobRegistry extends CallerEntry implements RegistryApi {
  submit(caller: Caller, request: SubmitRequest) {
    return this.serve(caller, ({ submitAndRead }) => submitAndRead.submit(caller, request));
  }

  findKey(caller: Caller, idempotency: Idempotency) {
    return this.serve(caller, ({ submitAndRead }) => submitAndRead.findKey(caller, idempotency));
  }

  status(caller: Caller, jobId: string, include: Include) {
    return this.serve(caller, ({ submitAndRead }) => submitAndRead.status(caller, jobId, include));
  }

  list(caller: Caller, query: ListQuery) {
    return this.serve(caller, ({ submitAndRead }) => submitAndRead.list(caller, query));
  }

  explain(caller: Caller, jobId: string) {
    return this.serve(caller, ({ submitAndRead }) => submitAndRead.explain(caller, jobId));
  }

  follow(caller: Caller, jobs: Followed[]) {
    return this.serve(caller, ({ changes }) => changes.follow(caller, jobs));
  }

  cancel(caller: Caller, jobId: string, reason: string | null) {
    return this.serve(caller, ({ controls }) => controls.cancel(caller, jobId, reason));
  }

  remove(caller: Caller, jobId: string) {
    return this.serve(caller, ({ controls }) => controls.remove(caller, jobId));
  }

  lastState(caller: Caller, jobId: string) {
    return this.serve(caller, ({ controls }) => controls.lastState(caller, jobId));
  }

  readResult(caller: Caller, jobId: string, part: ResultPart) {
    return this.serve(caller, ({ controls }) => controls.readResult(caller, jobId, part));
  }

  retry(caller: Caller, jobId: string, request: RetryRequest) {
    return this.serve(caller, ({ controls }) => controls.retry(caller, jobId, request));
  }

  respond(caller: Caller, jobId: string, answer: Answer) {
    return this.serve(caller, ({ controls }) => controls.respond(caller, jobId, answer));
  }

  openLink(caller: Caller, jobId: string, path: string) {
    return this.serve(caller, ({ links }) => links.openLink(caller, jobId, path));
  }

  answerLink(caller: Caller, jobId: string, path: string, answer: LinkAnswer) {
    return this.serve(caller, ({ links }) => links.answerLink(caller, jobId, path, answer));
  }

  saveBlueprint(caller: Caller, document: JsonObject, plan: Blueprint) {
    return this.serve(caller, ({ savedBlueprints }) => savedBlueprints.saveBlueprint(caller, document, plan));
  }

  deleteBlueprint(caller: Caller, name: string, version: number | null) {
    return this.serve(caller, ({ savedBlueprints }) => savedBlueprints.deleteBlueprint(caller, name, version));
  }

  savedBlueprint(caller: Caller, name: string, version: number | null) {
    return this.serve(caller, ({ savedBlueprints }) => savedBlueprints.savedBlueprint(caller, name, version));
  }

  savedBlueprints(caller: Caller, after: string, limit: number) {
    return this.serve(caller, ({ savedBlueprints }) => savedBlueprints.savedBlueprints(caller, after, limit));
  }

  useStore(caller: Caller, key: string, write: StoreWrite | null) {
    return this.serve(caller, ({ tenantStore }) => tenantStore.useStore(caller, key, write));
  }

  putSecret(caller: Caller, secret: Pick<SealedSecret, "name" | "sealed" | "hosts">) {
    return this.serve(caller, ({ secretCalls }) => secretCalls.putSecret(caller, secret));
  }

  secretNames(caller: Caller) {
    return this.serve(caller, ({ secretCalls }) => secretCalls.secretNames());
  }

  sealedSecrets(caller: Caller) {
    return this.serve(caller, ({ secretCalls }) => secretCalls.sealedSecrets());
  }

  deleteSecret(caller: Caller, name: string) {
    return this.serve(caller, ({ secretCalls }) => secretCalls.deleteSecret(caller, name));
  }

  sealedUnder(caller: Caller, keyName: string) {
    return this.serve(caller, ({ secretCalls }) => secretCalls.sealedUnder(caller, keyName));
  }

  revokeKey(caller: Caller, keyId: string, now: number) {
    return this.serve(caller, ({ revocations }) => revocations.revokeKey(caller, keyId, now));
  }

  revokedKeys(caller: Caller) {
    return this.serve(caller, ({ revocations }) => revocations.revokedKeys());
  }

  keyShards(caller: Caller) {
    return this.serve(caller, ({ revocations }) => revocations.keyShards());
  }

  admitShard(caller: Caller, shard: number) {
    return this.serve(caller, ({ revocations }) => revocations.admitShard(caller, shard));
  }

  checkKey(caller: Caller) {
    return this.serve(caller, ({ revocations }) => revocations.checkKey());
  }

  audit(caller: Caller, before: number, limit: number) {
    return this.serve(caller, ({ revocations }) => revocations.audit(caller, before, limit));
  }

  spendCode(caller: Caller, grantId: string, now: number) {
    return this.serve(caller, ({ revocations }) => revocations.spendCode(caller, grantId, now));
  }

  readEvents(caller: Caller, query: EventQuery, waitMs: number, released?: () => Promise<void>) {
    return this.serveWait(caller, released, ({ events }, over) => events.readEvents(query, waitMs, over));
  }

  emitEvent(caller: Caller, event: Emitted) {
    return this.serve(caller, ({ events }) => events.emitEvent(caller, event));
  }

  emittedNames(caller: Caller) {
    return this.serve(caller, ({ events }) => events.emittedNames());
  }

  listening(caller: Caller, after: string) {
    return this.serve(caller, ({ introduction }) => introduction.listening(after));
  }

  subscription(caller: Caller, subscriptionId: string) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.subscription(caller, subscriptionId));
  }

  subscribe(caller: Caller, request: SubscriptionRequest) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.subscribe(caller, request));
  }

  unsubscribe(caller: Caller, subscriptionId: string) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.unsubscribe(caller, subscriptionId));
  }

  subscriptions(caller: Caller, after: string, limit: number) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.subscriptions(caller, after, limit));
  }

  deliveries(caller: Caller, subscriptionId: string, before: number, limit: number) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.deliveries(caller, subscriptionId, before, limit));
  }

  replay(caller: Caller, subscriptionId: string, number: number) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.replay(caller, subscriptionId, number));
  }

  addSubscriber(caller: Caller, shard: number) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.addSubscriber(caller, shard));
  }

  wakeSubscriptions(caller: Caller) {
    return this.serve(caller, ({ subscriptions }) => subscriptions.wakeSubscriptions());
  }

  wait(caller: Caller, jobId: string, waitMs: number, released?: () => Promise<void>) {
    return this.serveWait(caller, released, ({ submitAndRead }, over) =>
      submitAndRead.wait(caller, jobId, waitMs, over),
    );
  }

  waitFor(caller: Caller, jobIds: string[], until: "any" | "all", waitMs: number, released?: () => Promise<void>) {
    return this.serveWait(caller, released, ({ submitAndRead }, over) =>
      submitAndRead.waitFor(caller, jobIds, until, waitMs, over),
    );
  }

  submitBatch(caller: Caller, request: SubmitRequest, inputs: JsonObject[]) {
    return this.serve(caller, ({ batches }) => batches.submitBatch(caller, request, inputs));
  }

  findBatchKey(caller: Caller, idempotency: Idempotency) {
    return this.serve(caller, ({ batches }) => batches.findBatchKey(caller, idempotency));
  }

  waitBatch(caller: Caller, batchId: string, until: "any" | "all", waitMs: number, released?: () => Promise<void>) {
    return this.serveWait(caller, released, ({ batches }, over) =>
      batches.waitBatch(caller, batchId, until, waitMs, over),
    );
  }

  bulk(caller: Caller, request: BulkRequest, isDry: boolean) {
    return this.serve(caller, ({ bulkCalls }) => bulkCalls.bulk(caller, request, isDry));
  }

  statistics(caller: Caller, since: number, grouping: Grouping | null) {
    return this.serve(caller, ({ jobStatistics }) => jobStatistics.statistics(caller, since, grouping));
  }

  claimWork(caller: Caller, request: ClaimRequest, waitMs: number, released?: () => Promise<void>) {
    return this.serveWait(caller, released, ({ workerCalls }, over) =>
      workerCalls.claimWork(caller, request, waitMs, over),
    );
  }

  waitingWork(caller: Caller, queues: string[], max: number, waitMs: number, released?: () => Promise<void>) {
    return this.serveWait(caller, released, ({ workerCalls }, over) =>
      workerCalls.waitingWork(caller, queues, max, waitMs, over),
    );
  }

  reportWork(caller: Caller, claim: ClaimRef, report: WorkReport) {
    return this.serve(caller, ({ workerCalls }) => workerCalls.reportWork(caller, claim, report));
  }

  saveTrigger(caller: Caller, trigger: TriggerToSave) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.saveTrigger(caller, trigger));
  }

  findTrigger(caller: Caller, name: string) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.findTrigger(caller, name));
  }

  listTriggers(caller: Caller, after: string, limit: number) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.listTriggers(caller, after, limit));
  }

  triggerLedger(caller: Caller, name: string, before: number | null, limit: number) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.triggerLedger(caller, name, before, limit));
  }

  fireTrigger(caller: Caller, name: string, request: FireRequest) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.fireTrigger(caller, name, request));
  }

  deleteTrigger(caller: Caller, name: string) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.deleteTrigger(caller, name));
  }

  keepCopy(caller: Caller, copy: TriggerCopy) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.keepCopy(caller, copy));
  }

  dropCopy(caller: Caller, name: string, at: number) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.dropCopy(caller, name, at));
  }

  triggersUsing(caller: Caller, blueprint: string, version: number | null) {
    return this.serve(caller, ({ tenantTriggers }) => tenantTriggers.triggersUsing(caller, blueprint, version));
  }

  openHook(caller: Caller, hookId: string) {
    return this.serve(caller, ({ hooks }) => hooks.openHook(caller, hookId));
  }

  deliver(caller: Caller, delivery: Delivery) {
    return this.serve(caller, ({ hooks }) => hooks.deliver(caller, delivery));
  }
}
