import { dispatched, inLine, isDispatchable, needsPlace, pauseMs, postponed } from "../../jobs/dispatch.ts";
import { isUndispatched } from "../../jobs/due.ts";
import type { Job } from "../../jobs/job.ts";
import { MAX_DISPATCH_BATCH, MAX_DISPATCH_PAUSE_MS } from "../../limits.ts";
import type { Ledger } from "../storage/job-store.ts";
import type { JobKey } from "../storage/jobs.ts";
import type { Gate } from "./admission.ts";
import type { Engine } from "./engine.ts";
import { Line } from "./queue.ts";

interface DispatcherPorts {
  /** Epoch ms. */
  now: () => number;
  /** From 0 to below 1. */
  random: () => number;
}

/**
 * Hands accepted jobs to the engine, in the order they came, many in one call, and no more than there are places.
 * What is asked for here is in memory only: after a crash the alarm finds the same jobs by their rows, and the engine
 * skips those that it already has. Jobs that wait for a place, or for an engine that refuses, stand in line by their
 * rows alone.
 */
export class Dispatcher {
  readonly #ledger: Ledger;
  readonly #engine: Engine;
  readonly #gate: Gate;
  readonly #ports: DispatcherPorts;
  readonly #asked = new Map<string, JobKey>();
  /** Children first: their parents wait for them. */
  readonly #lines: { children: Line; others: Line };
  #draining: Promise<void> | undefined;
  /** The engine refused, and is left alone until then. Epoch ms. */
  #pausedUntil = 0;
  /** Pauses since the engine last took a job. */
  #refusals = 0;

  constructor(ledger: Ledger, engine: Engine, gate: Gate, ports: DispatcherPorts) {
    this.#ledger = ledger;
    this.#engine = engine;
    this.#gate = gate;
    this.#ports = ports;
    const line = (ofChildren: boolean) => new Line(ledger.tables, ofChildren, ports.now());
    this.#lines = { children: line(true), others: line(false) };
  }

  /**
   * May be called inside a transaction, which ends first. Without jobs: whoever is in line, as far as places are free.
   * @returns when all that is asked for has been handed over, put off or put in line
   * @throws when a write fails: the rows still say what is left, and the alarm looks at them
   */
  dispatch(jobs: readonly JobKey[]): Promise<void> {
    for (const { tenant, job_id } of jobs) this.#asked.set(job_id, { tenant, job_id });
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /**
   * An engine that refuses many may take fewer. Once it has taken some, or refuses even one, it is left alone for a
   * while, and whoever comes in that time stands in line: nobody overtakes those whom it refused.
   */
  async #drain(): Promise<void> {
    await null;
    let most = MAX_DISPATCH_BATCH;
    let hasTaken = false;
    try {
      while (this.#asked.size > 0 || (!this.#isLineEmpty && this.#freePlaces() > 0)) {
        const jobs = this.#next(most);
        if (jobs.length === 0) continue;
        const isTaken = await this.#handOver(jobs, hasTaken || jobs.length === 1);
        most = isTaken ? MAX_DISPATCH_BATCH : Math.ceil(jobs.length / 2);
        hasTaken ||= isTaken;
      }
    } catch (error) {
      this.#lines.children.readAgain();
      this.#lines.others.readAgain();
      throw error;
    } finally {
      // At once, so that what is asked for from now on is not taken for part of this.
      this.#draining = undefined;
    }
  }

  /** Whatever the clock does, no pause is longer than the longest. */
  get #isPaused(): boolean {
    const left = this.#pausedUntil - this.#ports.now();
    return left > 0 && left <= MAX_DISPATCH_PAUSE_MS;
  }

  #freePlaces(): number {
    return this.#isPaused ? 0 : this.#gate.freePlaces();
  }

  /** The jobs of the next call to the engine. Those that find no place are in line afterwards. */
  #next(most: number): Job[] {
    const now = this.#ports.now();
    const keys = [...this.#asked.values()].slice(0, most);
    for (const key of keys) this.#asked.delete(key.job_id);
    const asked = keys.flatMap((key) => this.#load(key) ?? []).filter((job) => isDispatchable(job, now));
    const free = this.#freePlaces();
    const newcomers = asked.filter(needsPlace);
    const others = asked.filter((job) => !needsPlace(job));
    if (this.#isPaused) this.#postpone(others);
    else if (this.#isLineEmpty && newcomers.length <= free) return asked;
    this.#join(newcomers);
    const called = this.#call(Math.min(free, most - others.length));
    this.#putOff(newcomers.filter(({ job_id }) => !called.some((job) => job.job_id === job_id)));
    return this.#isPaused ? [] : [...others, ...called];
  }

  get #isLineEmpty(): boolean {
    return this.#lines.children.isEmpty && this.#lines.others.isEmpty;
  }

  #join(jobs: readonly Job[]): void {
    for (const job of jobs) (job.parent_id === null ? this.#lines.others : this.#lines.children).join(job);
  }

  /** The first jobs of the line, who leave it. */
  #call(places: number): Job[] {
    const now = this.#ports.now();
    const children = this.#lines.children.call(places, now);
    const others = this.#lines.others.call(places - children.length, now);
    return [...children, ...others].flatMap((key) => this.#readable(key) ?? []);
  }

  /** A row that cannot be read is for the alarm to report; it holds up nobody behind it. */
  #readable(key: JobKey): Job | undefined {
    try {
      return this.#load(key);
    } catch {
      return undefined;
    }
  }

  /** The alarm, where it is what brought them, need not look after them again so soon. */
  #putOff(jobs: readonly Job[]): void {
    const now = this.#ports.now();
    const looked = jobs.filter((job) => job.expected_by <= now);
    if (looked.length === 0) return;
    this.#ledger.transact(() => {
      for (const job of looked) this.#ledger.save(job, inLine(job, now));
    });
  }

  /** Those that need no place do not stand in line: the alarm brings them again when the pause is over. */
  #postpone(jobs: readonly Job[]): void {
    const now = this.#ports.now();
    this.#ledger.transact(() => {
      for (const job of jobs) this.#ledger.save(job, postponed(job, this.#pausedUntil - now, now));
    });
  }

  /** The alarm, which brings the first of those who were refused, ends the pause, over a crash too. */
  #pause([first]: readonly Job[]): void {
    const { now, random } = this.#ports;
    this.#pausedUntil = now() + pauseMs(this.#refusals, random());
    this.#refusals += 1;
    if (first !== undefined) this.#postpone([first]);
  }

  /**
   * @param isLast the engine is left alone for a while when it refuses these
   * @returns whether it took them; else they are in line again, or asked for again
   */
  async #handOver(jobs: readonly Job[], isLast: boolean): Promise<boolean> {
    const runs = jobs.map(({ tenant, job_id, attempt }) => ({ tenant, job_id, attempt }));
    const isTaken = await this.#engine.startAll(runs).then(
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
    const now = this.#ports.now();
    this.#ledger.transact(() => {
      for (const job of left) this.#ledger.save(job, dispatched(job, now));
    });
    this.#refusals = 0;
    return true;
  }

  #takeBack(jobs: readonly Job[]): void {
    this.#join(jobs.filter(needsPlace));
    for (const { tenant, job_id } of jobs.filter((job) => !needsPlace(job))) {
      this.#asked.set(job_id, { tenant, job_id });
    }
  }

  #load(key: JobKey): Job | undefined {
    return this.#ledger.tables.jobs.find(key.tenant, key.job_id);
  }
}
