import type { Quotas } from "../env.ts";
import type { Log } from "../lib/log.ts";
import { Controls } from "./calls/controls.ts";
import { Retries } from "./calls/retry.ts";
import { Revocations } from "./calls/revocations.ts";
import { Shelf } from "./calls/saved-blueprints.ts";
import { CallerDesk } from "./calls/submit-and-read.ts";
import { Gate } from "./dispatch/admission.ts";
import { Intake } from "./dispatch/create-job.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import type { Engine } from "./dispatch/engine.ts";
import { AwaitReports } from "./run/await-reports.ts";
import { Questions } from "./run/questions.ts";
import { Reconciler } from "./run/reconciler.ts";
import { Settlements } from "./run/settlements.ts";
import { RunReports } from "./run/step-reports.ts";
import { Actions } from "./storage/actions.ts";
import { AlarmClock } from "./storage/alarm.ts";
import { Audit } from "./storage/audit.ts";
import { Census } from "./storage/job-counts.ts";
import { Ledger } from "./storage/job-store.ts";
import { Viewer } from "./storage/job-view.ts";
import { LastStates } from "./storage/last-states.ts";
import { migrate } from "./storage/migrate.ts";
import { tablesOf } from "./storage/tables.ts";
import { Changes } from "./watch/job-changes.ts";
import { Waiters } from "./watch/waiters.ts";

/** What an object is made of; tests bring their own engine and clock. */
export interface RegistryPorts {
  storage: DurableObjectStorage;
  engine: Engine;
  /** Epoch ms. */
  now: () => number;
  entropy: (bytes: number) => Uint8Array;
  background: (work: Promise<void>) => void;
  log: Log;
  retentionMs: number;
  quotas: Quotas;
}

/** The parts of a registry by whom they serve. */
export interface RegistryRooms {
  caller: CallerDesk;
  controls: Controls;
  shelf: Shelf;
  runner: RunReports;
  awaiting: AwaitReports;
  reconciler: Reconciler;
  changes: Changes;
  revocations: Revocations;
  census: Census;
  /** Comes before every request. */
  enter: () => void;
}

/** Brings the schema up to date and makes sure that pending work has an alarm. */
export async function openRegistry(ports: RegistryPorts): Promise<RegistryRooms> {
  const { storage, engine, now, background, log } = ports;
  migrate(storage);
  const waiters = new Waiters();
  const tables = tablesOf(storage.sql);
  const census = new Census(tables, () => background(dispatcher.dispatch([])));
  const gate = new Gate(ports.quotas, census, () => storage.sql.databaseSize);
  const clock = await AlarmClock.read(storage, now);
  const viewer = new Viewer(tables);
  const changes = new Changes({ tables, viewer, now, durable: () => storage.sync(), log });
  const actions = new Actions(storage.sql, tables);
  const lastStates = new LastStates(storage.sql);
  const ledger = new Ledger({
    storage,
    tables,
    actions,
    lastStates,
    audit: new Audit(storage.sql),
    clock,
    waiters,
    changes,
    census,
    log,
  });
  ledger.rearm(now() + 1);
  const intake = new Intake(ledger, gate, ports.entropy);
  const random = () => (ports.entropy(1)[0] ?? 0) / 256;
  const dispatcher = new Dispatcher(ledger, engine, gate, { now, random });
  const settlements = new Settlements({ ledger, actions, engine, gate, retentionMs: ports.retentionMs });
  const questions = new Questions(ledger, engine);
  const retries = new Retries(ledger, actions, intake);
  const engines = { engine, settlements, questions, dispatcher };
  const shared = { gate, ledger, actions, intake, viewer, now, background, ...engines };
  return {
    caller: new CallerDesk({ ...shared, waiters }),
    controls: new Controls({ ...shared, retries }),
    shelf: new Shelf({ ledger, gate, now }),
    runner: new RunReports(shared),
    awaiting: new AwaitReports({ ...shared, retries }),
    reconciler: new Reconciler(shared),
    changes,
    revocations: new Revocations(storage.sql, ledger, () => changes.endAll()),
    census,
    enter: () => ledger.mendAlarm(now() + 1),
  };
}
