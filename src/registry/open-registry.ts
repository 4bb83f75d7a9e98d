import { Batches } from "./calls/batches.ts";
import { Controls } from "./calls/controls.ts";
import { Hooks } from "./calls/hooks.ts";
import { ReadEvents } from "./calls/read-events.ts";
import { Revocations } from "./calls/revocations.ts";
import { SavedBlueprints } from "./calls/saved-blueprints.ts";
import { SubmitAndRead } from "./calls/submit-and-read.ts";
import { TenantStore } from "./calls/tenant-store.ts";
import { TenantTriggers } from "./calls/tenant-triggers.ts";
import { WorkerCalls } from "./calls/worker-calls.ts";
import type { RegistryContext, RegistryPorts } from "./context.ts";
import { Admission } from "./dispatch/admission.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { Firing } from "./fire/firing.ts";
import { AwaitReports } from "./run/await-reports.ts";
import { Reconciler } from "./run/reconciler.ts";
import { RoundReports } from "./run/round-reports.ts";
import { logSettlements } from "./run/settlements.ts";
import { StepReports } from "./run/step-reports.ts";
import { Actions } from "./storage/actions.ts";
import { Alarm } from "./storage/alarm.ts";
import { Audit } from "./storage/audit.ts";
import { EventLog } from "./storage/event-log.ts";
import { JobCounts } from "./storage/job-counts.ts";
import { JobStore } from "./storage/job-store.ts";
import { LastStates } from "./storage/last-states.ts";
import { migrate } from "./storage/migrations/migrate.ts";
import { StoreEntries } from "./storage/store-entries.ts";
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
  workerCalls: WorkerCalls;
  tenantTriggers: TenantTriggers;
  hooks: Hooks;
  batches: Batches;
  stepReports: StepReports;
  awaitReports: AwaitReports;
  roundReports: RoundReports;
  reconciler: Reconciler;
  changes: JobChanges;
  events: ReadEvents;
  revocations: Revocations;
  openWaits: OpenWaits;
  counts: JobCounts;
  /** Comes before every request. */
  enter: () => void;
}

/** Brings the schema up to date and makes sure that pending work has an alarm. */
export async function openRegistry(ports: RegistryPorts): Promise<Registry> {
  const { storage, now, background } = ports;
  migrate(storage);
  const tables = tablesOf(storage.sql);
  const actions = new Actions(storage.sql, tables.jobs);
  const [lastStates, audit] = [new LastStates(storage.sql), new Audit(storage.sql)];
  const storeEntries = new StoreEntries(storage.sql, ports.retentionMs);
  const eventLog = new EventLog({ sql: storage.sql, entropy: ports.entropy, kept: ports.quotas.eventsKept });
  const alarm = await Alarm.read(storage, now);
  const store = new JobStore({ storage, tables, actions, lastStates, audit, storeEntries, eventLog, alarm });
  store.rearm(now() + 1);
  const counts = new JobCounts(tables.jobs, () => background(dispatcher.dispatch([])));
  const admission = new Admission(ports.quotas, counts, () => storage.sql.databaseSize);
  const dispatcher = new Dispatcher({ ...ports, tables, store, admission });
  const waiters = new Waiters(tables.jobs);
  const context: RegistryContext = {
    ...ports,
    tables,
    actions,
    audit,
    eventLog,
    lastStates,
    storeEntries,
    store,
    admission,
    dispatcher,
    waiters,
    claimers: new KeyedWaits(),
  };
  const changes = new JobChanges(context);
  const firing = new Firing(context);
  const openWaits = new OpenWaits();
  const eventWaiters = new EventWaiters();
  const observers = [counts, waiters, logSettlements(ports.log), changes, recordJobEvents(context), eventWaiters];
  for (const observer of observers) store.observe(observer);
  return {
    submitAndRead: new SubmitAndRead(context),
    controls: new Controls(context),
    savedBlueprints: new SavedBlueprints(context),
    tenantStore: new TenantStore(context),
    workerCalls: new WorkerCalls(context),
    tenantTriggers: new TenantTriggers(context),
    hooks: new Hooks(context),
    batches: new Batches(context),
    stepReports: new StepReports(context),
    awaitReports: new AwaitReports(context),
    roundReports: new RoundReports(context),
    reconciler: new Reconciler(context, (time) => firing.ring(time)),
    changes,
    events: new ReadEvents(context, eventWaiters),
    revocations: new Revocations(context, (keyId) => {
      openWaits.endOfKey(keyId);
      // The streams of keys that stay valid are opened again at once.
      changes.endAll();
    }),
    openWaits,
    counts,
    enter: () => store.mendAlarm(now() + 1),
  };
}
