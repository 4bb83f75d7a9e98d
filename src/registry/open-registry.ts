import { BulkTurns } from "./bulk/bulk-turns.ts";
import { BulkCalls } from "./bulk/count-and-begin.ts";
import { Batches } from "./calls/batches.ts";
import { Controls } from "./calls/controls.ts";
import { EventSubscriptions } from "./calls/event-subscriptions.ts";
import { Hooks } from "./calls/hooks.ts";
import { SecretCalls } from "./calls/keep-secrets.ts";
import { ReadEvents } from "./calls/read-events.ts";
import { Revocations } from "./calls/revocations.ts";
import { SavedBlueprints } from "./calls/saved-blueprints.ts";
import { SubmitAndRead } from "./calls/submit-and-read.ts";
import { TenantStore } from "./calls/tenant-store.ts";
import { TenantTriggers } from "./calls/tenant-triggers.ts";
import { WorkerCalls } from "./calls/worker-calls.ts";
import type { RegistryContext, RegistryPorts } from "./context.ts";
import { EventDeliveries } from "./deliver/event-deliveries.ts";
import { EventWaitLooks } from "./deliver/event-wait-looks.ts";
import { TellSubscribers } from "./deliver/tell-subscribers.ts";
import { Admission } from "./dispatch/admission.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { EventFiring } from "./fire/event-firing.ts";
import { Firing } from "./fire/firing.ts";
import { Introduction } from "./fire/introduction.ts";
import { TriggerCopies } from "./fire/trigger-copies.ts";
import { LimitHome } from "./flow/limit-home.ts";
import { LimitHomes } from "./flow/limit-homes.ts";
import { SlotAsker } from "./flow/slot-asker.ts";
import { TurnReturns } from "./flow/turn-returns.ts";
import { AnswerLinks } from "./run/answer-links.ts";
import { AwaitReports } from "./run/await-reports.ts";
import { CleanupReports } from "./run/cleanup-reports.ts";
import type { FromNow } from "./run/event-waits.ts";
import { Reconciler } from "./run/reconciler.ts";
import { RowReports } from "./run/row-reports.ts";
import { tellSettlements } from "./run/settlements.ts";
import { StepReports } from "./run/step-reports.ts";
import { Undoables } from "./run/undoables.ts";
import { JobStatistics } from "./statistics/job-statistics.ts";
import { JobWindows } from "./statistics/job-windows.ts";
import { Actions } from "./storage/actions.ts";
import { Alarm } from "./storage/alarm.ts";
import { Audit } from "./storage/audit.ts";
import { EventLog } from "./storage/event-log.ts";
import { EventLook } from "./storage/event-look.ts";
import { EventWaits } from "./storage/event-wait-rows.ts";
import { JobCounts } from "./storage/job-counts.ts";
import { JobStore } from "./storage/job-store.ts";
import type { JobKey } from "./storage/jobs.ts";
import { LastStates } from "./storage/last-states.ts";
import { migrate } from "./storage/migrations/migrate.ts";
import { TenantSecrets } from "./storage/secret-rows.ts";
import { StoreEntries } from "./storage/store-entries.ts";
import { Subscriptions } from "./storage/subscriptions.ts";
import { tablesOf } from "./storage/tables.ts";
import { EventWaiters } from "./watch/event-waiters.ts";
import { JobChanges } from "./watch/job-changes.ts";
import { recordJobEvents } from "./watch/job-events.ts";
import { KeyedWaits } from "./watch/keyed-waits.ts";
import { OpenWaits } from "./watch/open-waits.ts";
import { Waiters } from "./watch/waiters.ts";

/** The parts of a registry by whom they serve. */
export interface Registry {
  submitAndRead: SubmitAndRead;
  controls: Controls;
  savedBlueprints: SavedBlueprints;
  tenantStore: TenantStore;
  secretCalls: SecretCalls;
  workerCalls: WorkerCalls;
  tenantTriggers: TenantTriggers;
  hooks: Hooks;
  links: AnswerLinks;
  batches: Batches;
  bulkCalls: BulkCalls;
  jobStatistics: JobStatistics;
  limitHome: LimitHome;
  stepReports: StepReports;
  awaitReports: AwaitReports;
  rowReports: RowReports;
  cleanupReports: CleanupReports;
  reconciler: Reconciler;
  changes: JobChanges;
  events: ReadEvents;
  introduction: Introduction;
  revocations: Revocations;
  openWaits: OpenWaits;
  counts: JobCounts;
  subscriptions: EventSubscriptions;
  deliveries: EventDeliveries;
  /** Comes before every request. */
  enter: () => void;
}

/** The object's tables, and the one door through which they are written. */
async function openStorage({ storage, now, entropy, quotas, retentionMs, sealing, textSearch }: RegistryPorts) {
  const isNew = migrate(storage);
  const tables = tablesOf(storage.sql, textSearch === true);
  const { triggers } = tables;
  const isWanted = (event: string) => triggers.wantsEvent(event);
  const eventLog = new EventLog({ sql: storage.sql, entropy, kept: quotas.eventsKept, isWanted });
  const parts = {
    tables,
    actions: new Actions(storage.sql, tables),
    lastStates: new LastStates(storage.sql),
    audit: new Audit(storage.sql),
    storeEntries: new StoreEntries(storage.sql, retentionMs),
    eventLog,
    eventLook: new EventLook(storage.sql, eventLog, triggers),
    eventWaits: new EventWaits(storage.sql),
    subscriptions: new Subscriptions(storage.sql),
    tenantSecrets: new TenantSecrets(storage.sql, sealing?.previousKey),
  };
  const alarm = await Alarm.read(storage, now);
  return { ...parts, isNew, store: new JobStore({ storage, ...parts, alarm }) };
}

/** What starts jobs by itself, and what the alarm does besides looking after jobs. */
function openTriggers(context: RegistryContext, deliveries: EventDeliveries) {
  const firing = new Firing(context);
  const eventFiring = new EventFiring(context);
  const copies = new TriggerCopies(context);
  context.store.observe(eventFiring);
  const ring = async (now: number): Promise<void> => {
    deliveries.onAlarm(now);
    await Promise.all([firing.ring(now), eventFiring.look(), copies.ring(now)]);
  };
  return { copies, ring };
}

/** What runners report. */
const openReports = (context: RegistryContext, fromNow: FromNow) => ({
  stepReports: new StepReports(context),
  awaitReports: new AwaitReports(context, fromNow),
  rowReports: new RowReports(context),
  cleanupReports: new CleanupReports(context),
});

/** What the alarm does: about jobs, and besides. */
function alarmWork(context: RegistryContext, others: readonly ((now: number) => Promise<void>)[]): Reconciler {
  const bulkTurns = new BulkTurns(context);
  return new Reconciler(context, {
    ring: async (now) => {
      await Promise.all(others.map((other) => other(now)));
    },
    takeBulkTurn: (job, now) => bulkTurns.take(job, now),
  });
}

/** What the parts of the object share, and the limits that it keeps for others. */
async function openContext(ports: RegistryPorts) {
  const { storage, now, background } = ports;
  const { isNew, ...kept } = await openStorage(ports);
  const { tables, store } = kept;
  store.transact(() => tables.texts.clearIfOff());
  store.rearm(now() + 1);
  const counts = new JobCounts(tables.jobs, () => background(dispatcher.dispatch([])));
  const admission = new Admission(ports.quotas, counts, () => storage.sql.databaseSize);
  const askSlots = (jobs: readonly JobKey[]) => background(slots.ask(jobs));
  const dispatcher = new Dispatcher({ ...ports, tables, store, admission, askSlots });
  store.observe(dispatcher);
  const context: RegistryContext = {
    ...ports,
    ...kept,
    undoables: new Undoables(tables),
    admission,
    dispatcher,
    limits: new LimitHomes(() => limitHome, ports.owners),
    waiters: new Waiters(tables.jobs),
    claimers: new KeyedWaits(),
  };
  const slots = new SlotAsker(context);
  const limitHome = new LimitHome(context, slots, isNew);
  return { context, counts, slots, limitHome };
}

/** Brings the schema up to date and makes sure that pending work has an alarm. */
export async function openRegistry(ports: RegistryPorts): Promise<Registry> {
  const { context, counts, slots, limitHome } = await openContext(ports);
  const { store, now } = context;
  const changes = new JobChanges(context);
  const windows = new JobWindows(context.tables.jobs);
  const openWaits = new OpenWaits();
  const eventWaiters = new EventWaiters();
  const revocations = new Revocations(context, (keyId) => {
    openWaits.endOfKey(keyId);
    // The streams of keys that stay valid are opened again at once.
    changes.endAll();
  });
  const deliveries = new EventDeliveries(context, (keyId) => revocations.isRevoked(keyId));
  const events = new ReadEvents(context, eventWaiters);
  const eventLooks = new EventWaitLooks(context, (query) => events.readEvents(query, 0));
  store.observe(
    counts,
    slots,
    new TurnReturns(context),
    context.waiters,
    tellSettlements(ports),
    changes,
    recordJobEvents(context),
    eventWaiters,
    new TellSubscribers(context, () => deliveries.wakeAll()),
    eventLooks,
    windows,
  );
  const { copies, ring } = openTriggers(context, deliveries);
  const secretCalls = new SecretCalls(context);
  return {
    submitAndRead: new SubmitAndRead(context),
    controls: new Controls(context),
    savedBlueprints: new SavedBlueprints(context),
    tenantStore: new TenantStore(context),
    secretCalls,
    workerCalls: new WorkerCalls(context),
    tenantTriggers: new TenantTriggers(context, copies),
    hooks: new Hooks(context),
    links: new AnswerLinks(context),
    batches: new Batches(context),
    bulkCalls: new BulkCalls(context),
    jobStatistics: new JobStatistics(context, windows),
    limitHome,
    ...openReports(context, (open) => eventLooks.opening(open)),
    reconciler: alarmWork(context, [
      ring,
      () => secretCalls.onAlarm(),
      (time) => limitHome.onAlarm(time),
      (time) => eventLooks.onAlarm(time),
    ]),
    changes,
    events,
    introduction: new Introduction(context, copies),
    revocations,
    subscriptions: new EventSubscriptions(context, deliveries, eventLooks),
    deliveries,
    openWaits,
    counts,
    enter: () => store.mendAlarm(now() + 1),
  };
}
