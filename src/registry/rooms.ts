import type { Quotas } from "../env.ts";
import type { Log } from "../lib/log.ts";
import { Actions } from "./actions.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { Audit } from "./audit.ts";
import { AwaitReports } from "./await-reports.ts";
import { CallerDesk } from "./caller.ts";
import { Census } from "./census.ts";
import { Changes } from "./changes.ts";
import { Controls } from "./controls.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Engine } from "./engine.ts";
import { Intake } from "./intake.ts";
import { LastStates } from "./last-states.ts";
import { Ledger } from "./ledger.ts";
import { migrate } from "./migrate.ts";
import { Queries } from "./queries.ts";
import { Questions } from "./questions.ts";
import { Gate } from "./quotas.ts";
import { Reconciler } from "./reconciler.ts";
import { Retries } from "./retries.ts";
import { Revocations } from "./revocations.ts";
import { RunReports } from "./run-reports.ts";
import { Settlements } from "./settlements.ts";
import { Shelf } from "./shelf.ts";
import { Viewer } from "./viewer.ts";
import { Waiters } from "./waiters.ts";

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
  const queries = new Queries(storage.sql);
  const census = new Census(queries, () => background(dispatcher.dispatch([])));
  const gate = new Gate(ports.quotas, census, () => storage.sql.databaseSize);
  const clock = await AlarmClock.read(storage, now);
  const viewer = new Viewer(queries);
  const changes = new Changes({ queries, viewer, now, durable: () => storage.sync(), log });
  const actions = new Actions(storage.sql, queries);
  const lastStates = new LastStates(storage.sql);
  const ledger = new Ledger({
    storage,
    queries,
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
    shelf: new Shelf({ ledger, sql: storage.sql, gate, now }),
    runner: new RunReports(shared),
    awaiting: new AwaitReports({ ...shared, retries }),
    reconciler: new Reconciler(shared),
    changes,
    revocations: new Revocations(storage.sql, ledger, () => changes.endAll()),
    census,
    enter: () => ledger.mendAlarm(now() + 1),
  };
}
