import type { NewEvent } from "../../events/event.ts";
import type { Job } from "../../jobs/job.ts";
import type { Offer } from "../../jobs/run/offers.ts";
import type { JobStatusName } from "../../jobs/status.ts";
import { toJobStatus } from "../../jobs/view.ts";
import type { Json } from "../../lib/json.ts";
import { EVENT_LOOK_GRACE_MS } from "../../limits.ts";
import type { AuditEntry } from "../api/keys.ts";
import type { Actions } from "./actions.ts";
import type { Alarm } from "./alarm.ts";
import type { Audit } from "./audit.ts";
import type { EventLog } from "./event-log.ts";
import type { EventLook } from "./event-look.ts";
import type { EventWaits } from "./event-wait-rows.ts";
import type { LastStates } from "./last-states.ts";
import { hasSameText } from "./search-text.ts";
import type { TenantSecrets } from "./secret-rows.ts";
import type { StoreEntries } from "./store-entries.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Tables } from "./tables.ts";

/** Who hears of every write of a job. */
export interface StoreObserver {
  /** Inside the transaction: a row was inserted (`before` undefined), changed, or deleted (`after` undefined). */
  onWritten?(before: Job | undefined, after: Job | undefined): void;
  /** The transaction is over, and the job is as it is `after`. */
  onCommitted?(before: Job, after: Job): void;
  /** The transaction is over, and events were recorded in it. */
  onEvents?(): void;
  /** A transaction was undone: what was written in it is not. */
  onUndone?(): void;
}

interface StoreParts {
  storage: DurableObjectStorage;
  tables: Tables;
  actions: Actions;
  lastStates: LastStates;
  audit: Audit;
  storeEntries: StoreEntries;
  eventLog: EventLog;
  eventLook: EventLook;
  eventWaits: EventWaits;
  subscriptions: Subscriptions;
  tenantSecrets: TenantSecrets;
  alarm: Alarm;
}

/** The jobs of one object: every write of a job goes through here, so that the alarm and the observers follow from it. */
export class JobStore {
  readonly #storage: DurableObjectStorage;
  readonly #tables: Tables;
  readonly #actions: Actions;
  readonly #lastStates: LastStates;
  readonly #audit: Audit;
  readonly #storeEntries: StoreEntries;
  readonly #eventLog: EventLog;
  readonly #eventLook: EventLook;
  readonly #eventWaits: EventWaits;
  readonly #subscriptions: Subscriptions;
  readonly #tenantSecrets: TenantSecrets;
  readonly #alarm: Alarm;
  readonly #observers: StoreObserver[] = [];
  /** Changes of the transaction that is open, in their order. */
  #saved: [before: Job, after: Job][] = [];
  /** Whether the transaction that is open has recorded events. */
  #hasEvents = false;

  constructor({
    storage,
    tables,
    actions,
    lastStates,
    audit,
    storeEntries,
    eventLog,
    eventLook,
    eventWaits,
    subscriptions,
    tenantSecrets,
    alarm,
  }: StoreParts) {
    this.#storage = storage;
    this.#tables = tables;
    this.#actions = actions;
    this.#lastStates = lastStates;
    this.#audit = audit;
    this.#storeEntries = storeEntries;
    this.#eventLog = eventLog;
    this.#eventLook = eventLook;
    this.#eventWaits = eventWaits;
    this.#subscriptions = subscriptions;
    this.#tenantSecrets = tenantSecrets;
    this.#alarm = alarm;
  }

  observe(...observers: StoreObserver[]): void {
    this.#observers.push(...observers);
  }

  /** All or nothing: an exception undoes every write, which it would not do by itself. Nobody hears of what was undone. */
  transact<T>(work: () => T): T {
    const done = this.#undoOnError(work);
    for (const [before, after] of this.#saved.splice(0)) {
      for (const observer of this.#observers) observer.onCommitted?.(before, after);
    }
    if (this.#hasEvents) {
      this.#hasEvents = false;
      for (const observer of this.#observers) observer.onEvents?.();
    }
    return done;
  }

  #undoOnError<T>(work: () => T): T {
    const undoAlarm = this.#alarm.savepoint();
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      undoAlarm();
      this.#tables.jobs.forgetRead();
      this.#tables.texts.forgetRead();
      this.#tables.triggers.forgetRead();
      this.#eventLog.forgetRead();
      this.#eventLook.forgetRead();
      this.#eventWaits.forgetRead();
      this.#saved = [];
      this.#hasEvents = false;
      for (const observer of this.#observers) observer.onUndone?.();
      throw error;
    }
  }

  #tellWritten(before: Job | undefined, after: Job | undefined): void {
    for (const observer of this.#observers) observer.onWritten?.(before, after);
  }

  /** @returns false when its id cannot be had: nothing is written */
  insert(job: Job): boolean {
    if (!this.#tables.jobs.insert(job)) return false;
    this.#alarm.ringBy(this.#tables.texts.added(job) ? job.submitted_at : job.due_at);
    this.#tellWritten(undefined, job);
    return true;
  }

  /**
   * Called inside a transaction.
   * @param from the statuses that the change may leave
   * @returns false when another write came first, a normal outcome
   */
  save(before: Job, after: Job, from: readonly JobStatusName[] = [before.status]): boolean {
    if (!this.#tables.jobs.update(before, after, from)) return false;
    if (after.due_at < before.due_at) this.#alarm.ringBy(after.due_at);
    if (!hasSameText(before, after)) this.#tables.texts.changed(after);
    this.#saved.push([before, after]);
    this.#tellWritten(before, after);
    return true;
  }

  /** Called inside a transaction. */
  insertOffer(offer: Offer, input: Json): void {
    this.#tables.offers.insert(offer, input);
    this.#alarm.ringBy(offer.due_at);
  }

  /** Called inside a transaction. */
  saveOffer(before: Offer, after: Offer): void {
    this.#tables.offers.update(before, after);
    if (after.state !== "ended" && after.due_at < before.due_at) this.#alarm.ringBy(after.due_at);
  }

  /** Look at the job at `dueAt` (epoch ms) and not before, also where its row cannot be read. */
  putOff(jobId: string, dueAt: number): void {
    this.transact(() => {
      this.#tables.jobs.putOff(jobId, dueAt);
      this.#alarm.ringBy(dueAt);
    });
  }

  /** Delete the job with all that belongs to it. How it ended is known for a while. Called inside a transaction. */
  delete(job: Job, now: number): void {
    const { jobs, texts, values, keys, plans } = this.#tables;
    const status = toJobStatus(job, { resultJson: values.result(job) }, now);
    this.#alarm.ringBy(this.#lastStates.keep(job.tenant, status, now));
    this.#actions.forget(job);
    values.delete(job.job_id);
    if (job.idempotency_key !== null) keys.delete(job.idempotency_key, job.job_id);
    texts.deleted(job.job_id);
    jobs.delete(job.job_id);
    plans.release(job);
    this.#tables.offers.forget(job.job_id);
    this.#tellWritten(job, undefined);
  }

  /** Note what was done. Called inside the transaction that does it. */
  note(entry: AuditEntry): void {
    this.#alarm.ringBy(this.#audit.add(entry));
  }

  /** Something else than a job is due at `due` (epoch ms). Called inside the transaction that writes it. */
  ringBy(due: number): void {
    this.#alarm.ringBy(due);
  }

  /** Record what happened, if anybody listens. Called inside the transaction that makes it true. */
  append(event: NewEvent): void {
    const due = this.#eventLog.append(event);
    if (due === undefined) return;
    this.#alarm.ringBy(due);
    const look = event.at + EVENT_LOOK_GRACE_MS;
    const isAwaited = this.#eventWaits.wants(event.name);
    if (isAwaited) this.#eventWaits.expect(look);
    if (isAwaited || this.#tables.triggers.wantsEvent(event.name)) this.#alarm.ringBy(look);
    this.#hasEvents = true;
  }

  /** Set the alarm for what is due first, but not before `floor` (epoch ms). */
  rearm(floor: number): void {
    const due = this.#firstDue();
    if (due < Number.POSITIVE_INFINITY) this.#alarm.ringBy(Math.max(due, floor));
  }

  /** The same when all that is due is known, and the alarm may be later than it was set for. */
  moveAlarm(floor: number): void {
    const due = this.#firstDue();
    if (due < Number.POSITIVE_INFINITY) this.#alarm.ringAt(Math.max(due, floor));
  }

  #firstDue(): number {
    const never = Number.POSITIVE_INFINITY;
    const { jobs, texts, offers, triggers, slots, rateTurns } = this.#tables;
    const parts = [
      jobs,
      texts,
      offers,
      triggers,
      slots,
      rateTurns,
      this.#lastStates,
      this.#audit,
      this.#storeEntries,
      this.#eventLog,
      this.#eventLook,
      this.#eventWaits,
      this.#subscriptions,
      this.#tenantSecrets,
    ];
    return Math.min(...parts.map((part) => part.firstDue() ?? never));
  }

  /** Called by every request, and reads no row in the normal case: an alarm that was lost is set again. */
  mendAlarm(floor: number): void {
    if (this.#alarm.isLost) this.moveAlarm(floor);
    this.#alarm.noteTime();
  }

  /** The alarm is ringing: until it is set again, nothing is armed. */
  alarmRang(): void {
    this.#alarm.forget();
  }
}
