import { dispatched, inQueue, isDispatchable, needsSlot, pauseMs, postponed } from "../../jobs/dispatch.ts";
import { isUndispatched } from "../../jobs/due.ts";
import { lacksSlot } from "../../jobs/flow/concurrency.ts";
import type { Job, ListedJob } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { MAX_DISPATCH_BATCH, MAX_DISPATCH_PAUSE_MS } from "../../limits.ts";
import type { JobStore, StoreObserver } from "../storage/job-store.ts";
import type { JobKey } from "../storage/jobs.ts";
import type { Tables } from "../storage/tables.ts";
import type { Admission } from "./admission.ts";
import type { Engine } from "./engine.ts";
import { Queue } from "./queue.ts";

interface DispatcherContext {
  store: JobStore;
  tables: Tables;
  engine: Engine;
  admission: Admission;
  /** Epoch ms. */
  now: () => number;
  entropy: (bytes: number) => Uint8Array;
  giveWay?: (() => Promise<void>) | undefined;
  /** Jobs whose limit must give them a slot first: they are dispatched again when they have it. */
  askSlots: (jobs: readonly JobKey[]) => void;
}

/**
 * Hands accepted jobs to the engine, by priority and in the order they came, many in one call, and no more than there are
 * slots.
 * What is asked for here is in memory only: after a crash the alarm finds the same jobs by their rows, and the engine
 * skips those that it already has. Jobs that wait for a slot, or for an engine that refuses, are queued by their
 * rows alone.
 */
export class Dispatcher implements StoreObserver {
  readonly #context: DispatcherContext;
  readonly #asked = new Map<string, JobKey>();
  /** Children first: their parents wait for them. */
  readonly #queues: { children: Queue; others: Queue };
  #draining: Promise<void> | undefined;
  /** The engine refused, and is left alone until then. Epoch ms. */
  #pausedUntil = 0;
  /** Pauses since the engine last took a job. */
  #refusals = 0;

  constructor(context: DispatcherContext) {
    this.#context = context;
    const queue = (ofChildren: boolean) => new Queue(context.tables.jobs, ofChildren, context.now());
    this.#queues = { children: queue(true), others: queue(false) };
  }

  /**
   * May be called inside a transaction, which ends first. Without jobs: whoever is queued, as far as slots are free.
   * @returns when all that is asked for has been handed over, put off or queued
   * @throws when a write fails: the rows still say what is left, and the alarm looks at them
   */
  dispatch(jobs: readonly JobKey[]): Promise<void> {
    for (const { tenant, job_id } of jobs) this.#asked.set(job_id, { tenant, job_id });
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /**
   * An engine that refuses many may take fewer. Once it has taken some, or refuses even one, it is left alone for a
   * while, and jobs that come in that time are queued: none overtakes those that it refused.
   */
  async #drain(): Promise<void> {
    // A queue that is served gives way to calls of others: its jobs begin and end as long as there are any.
    const { giveWay = yieldTurn } = this.#context;
    await (this.#asked.size === 0 ? giveWay() : null);
    let most = MAX_DISPATCH_BATCH;
    let hasTaken = false;
    try {
      while (this.#asked.size > 0 || (!this.#isQueueEmpty && this.#freeSlots() > 0)) {
        const jobs = this.#next(most);
        if (jobs.length === 0) continue;
        const isTaken = await this.#handOver(jobs, hasTaken || jobs.length === 1);
        most = isTaken ? MAX_DISPATCH_BATCH : Math.ceil(jobs.length / 2);
        hasTaken ||= isTaken;
      }
    } catch (error) {
      this.#queues.children.readAgain();
      this.#queues.others.readAgain();
      throw error;
    } finally {
      // At once, so that what is asked for from now on is not taken for part of this.
      this.#draining = undefined;
    }
  }

  /** Whatever the clock does, no pause is longer than the longest. */
  get #isPaused(): boolean {
    const left = this.#pausedUntil - this.#context.now();
    return left > 0 && left <= MAX_DISPATCH_PAUSE_MS;
  }

  #freeSlots(): number {
    return this.#isPaused ? 0 : this.#context.admission.freeSlots();
  }

  /** The jobs of the next call to the engine. Those that find no slot are queued afterwards. */
  #next(most: number): Job[] {
    const now = this.#context.now();
    const keys = [...this.#asked.values()].slice(0, most);
    for (const key of keys) this.#asked.delete(key.job_id);
    const asked = this.#withSlots(
      keys.flatMap((key) => this.#load(key) ?? []).filter((job) => isDispatchable(job, now)),
    );
    const free = this.#freeSlots();
    const newcomers = asked.filter(needsSlot);
    const others = asked.filter((job) => !needsSlot(job));
    if (this.#isPaused) this.#postpone(others);
    else if (this.#isQueueEmpty && newcomers.length <= free) return asked;
    this.#add(newcomers);
    const taken = this.#take(Math.min(free, most - others.length));
    this.#putOff(newcomers.filter(({ job_id }) => !taken.some((job) => job.job_id === job_id)));
    return this.#isPaused ? [] : [...others, ...taken];
  }

  /** Those whose limit lets them run; for the others it is asked. */
  #withSlots(jobs: Job[]): Job[] {
    const lacking = jobs.filter(lacksSlot);
    if (lacking.length === 0) return jobs;
    this.#putOff(lacking);
    this.#context.askSlots(lacking);
    return jobs.filter((job) => !lacksSlot(job));
  }

  /** Who has settled while it waited stands before nobody. */
  onCommitted(before: Job, after: Job): void {
    if (before.status !== "queued" || !isSettled(after.status)) return;
    for (const queue of Object.values(this.#queues)) queue.drop(after.job_id);
  }

  /** How many are served before the job; undefined: it is not known to wait for one. */
  ahead(job: ListedJob): number | undefined {
    const { children, others } = this.#queues;
    return (job.parent_id === null ? others : children).ahead(job.job_id, this.#context.now());
  }

  /** How many are known to wait for a place. */
  get waiting(): number {
    const now = this.#context.now();
    return this.#queues.children.size(now) + this.#queues.others.size(now);
  }

  /** The engine refuses, and is left alone. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  get #isQueueEmpty(): boolean {
    return this.#queues.children.isEmpty && this.#queues.others.isEmpty;
  }

  #add(jobs: readonly Job[]): void {
    for (const job of jobs) (job.parent_id === null ? this.#queues.others : this.#queues.children).add(job);
  }

  /** Takes the first jobs out of the queues. */
  #take(slots: number): Job[] {
    const now = this.#context.now();
    const taken: Job[] = [];
    const unasked: Job[] = [];
    while (taken.length < slots) {
      const key = this.#queues.children.take(now) ?? this.#queues.others.take(now);
      if (key === undefined) break;
      const job = this.#readable(key);
      if (job === undefined || !needsSlot(job) || !isDispatchable(job, now)) continue;
      if (!lacksSlot(job)) taken.push(job);
      // Whoever asked for its slot died before there was an answer.
      else if (job.run.slot === undefined) unasked.push(job);
    }
    if (unasked.length > 0) this.#context.askSlots(unasked);
    return taken;
  }

  /** The alarm reports a row that cannot be read; it must not hold up those behind it. */
  #readable(key: JobKey): Job | undefined {
    try {
      return this.#load(key);
    } catch {
      return undefined;
    }
  }

  /** Where the alarm brought them, it need not look at them again so soon. */
  #putOff(jobs: readonly Job[]): void {
    const now = this.#context.now();
    const looked = jobs.filter((job) => job.expected_by <= now);
    if (looked.length === 0) return;
    this.#context.store.transact(() => {
      for (const job of looked) this.#context.store.save(job, inQueue(job, now));
    });
  }

  /** Those that need no slot are not queued: the alarm brings them again when the pause is over. */
  #postpone(jobs: readonly Job[]): void {
    const now = this.#context.now();
    this.#context.store.transact(() => {
      for (const job of jobs) this.#context.store.save(job, postponed(job, this.#pausedUntil - now, now));
    });
  }

  /** The alarm ends the pause, after a crash too: it brings the first of those that were refused. */
  #pause([first]: readonly Job[]): void {
    const { now, entropy } = this.#context;
    const random = (entropy(1)[0] ?? 0) / 256;
    this.#pausedUntil = now() + pauseMs(this.#refusals, random);
    this.#refusals += 1;
    if (first !== undefined) this.#postpone([first]);
  }

  /**
   * @param isLast the engine is left alone for a while when it refuses these
   * @returns whether it took them; else they are queued again, or asked for again
   */
  async #handOver(jobs: readonly Job[], isLast: boolean): Promise<boolean> {
    const runs = jobs.map(({ tenant, job_id, attempt }) => ({ tenant, job_id, attempt }));
    const isTaken = await this.#context.engine.startAll(runs).then(
      () => true,
      () => false,
    );
    // While the engine answered, a job may have started, settled, or moved to another attempt.
    const left = jobs.flatMap((given) => {
      const job = this.#load(given);
      return job !== undefined && job.attempt === given.attempt && isUndispatched(job) ? [job] : [];
    });
    if (!isTaken) {
      this.#takeBack(left);
      if (isLast) this.#pause(left);
      return false;
    }
    const now = this.#context.now();
    this.#context.store.transact(() => {
      for (const job of left) this.#context.store.save(job, dispatched(job, now));
    });
    this.#refusals = 0;
    return true;
  }

  #takeBack(jobs: readonly Job[]): void {
    this.#add(jobs.filter(needsSlot));
    for (const { tenant, job_id } of jobs.filter((job) => !needsSlot(job))) {
      this.#asked.set(job_id, { tenant, job_id });
    }
  }

  #load(key: JobKey): Job | undefined {
    return this.#context.tables.jobs.find(key.tenant, key.job_id);
  }
}
