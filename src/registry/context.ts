import type { Quotas } from "../jobs/flow/quotas.ts";
import type { Log } from "../lib/log.ts";
import type { JobOwners } from "./api/limit-calls.ts";
import type { FindNewest } from "./api/trigger-calls.ts";
import type { DeliveryPort } from "./deliver/delivery-port.ts";
import type { ExportTrace } from "./deliver/trace-export.ts";
import type { Admission } from "./dispatch/admission.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { Engine } from "./dispatch/engine.ts";
import type { Siblings } from "./fire/siblings.ts";
import type { LimitHomes } from "./flow/limit-homes.ts";
import type { Undoables } from "./run/undoables.ts";
import type { SealingPort } from "./sealing-port.ts";
import type { Actions } from "./storage/actions.ts";
import type { Audit } from "./storage/audit.ts";
import type { EventLog } from "./storage/event-log.ts";
import type { EventLook } from "./storage/event-look.ts";
import type { EventWaits } from "./storage/event-wait-rows.ts";
import type { JobStore } from "./storage/job-store.ts";
import type { LastStates } from "./storage/last-states.ts";
import type { TenantSecrets } from "./storage/secret-rows.ts";
import type { StoreEntries } from "./storage/store-entries.ts";
import type { Subscriptions } from "./storage/subscriptions.ts";
import type { Tables } from "./storage/tables.ts";
import type { KeyedWaits } from "./watch/keyed-waits.ts";
import type { Waiters } from "./watch/waiters.ts";

/** What an object gets from outside; tests bring their own engine and clock. */
export interface RegistryPorts {
  storage: DurableObjectStorage;
  engine: Engine;
  /** Epoch ms. */
  now: () => number;
  entropy: (bytes: number) => Uint8Array;
  /** Lets work go on after the reply. */
  background: (work: Promise<void>) => void;
  /** Others are served meanwhile; absent: for a turn of the event loop. */
  giveWay?: (() => Promise<void>) | undefined;
  log: Log;
  /** How events are sent to callbacks; absent: they are not. */
  delivery?: DeliveryPort | undefined;
  /** Absent: nobody collects traces. */
  exportTrace?: ExportTrace | undefined;
  /** Absent: without AUTH_SECRET nothing is stored sealed. */
  sealing?: SealingPort | undefined;
  /** Other shards of the tenant; absent: there are none. */
  siblings?: Siblings | undefined;
  retentionMs: number;
  quotas: Quotas;
  /** Whether the texts of jobs are indexed. */
  textSearch?: boolean | undefined;
  findNewest: FindNewest;
  /** Objects that have jobs of the tenant, and limits; absent: this one is alone. */
  owners?: JobOwners | undefined;
}

/** What the parts of one object share. Made once, in `openRegistry`. */
export interface RegistryContext extends RegistryPorts {
  tables: Tables;
  actions: Actions;
  undoables: Undoables;
  audit: Audit;
  eventLog: EventLog;
  eventLook: EventLook;
  eventWaits: EventWaits;
  subscriptions: Subscriptions;
  lastStates: LastStates;
  storeEntries: StoreEntries;
  tenantSecrets: TenantSecrets;
  store: JobStore;
  admission: Admission;
  dispatcher: Dispatcher;
  limits: LimitHomes;
  waiters: Waiters;
  /** Workers that wait for something to claim, by queue. */
  claimers: KeyedWaits;
}
