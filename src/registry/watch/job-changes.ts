import { RpcTarget } from "cloudflare:workers";
import { type ChangePlace, progressionSince } from "../../jobs/changes.ts";
import type { Job } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import { eventViews } from "../../jobs/view.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_LISTENERS, MAX_LISTENERS_PER_KEY } from "../../limits.ts";
import type { Caller, CallerApi } from "../api/caller.ts";
import type { Followed, Following, JobChange, TooManyListeners } from "../api/followed-changes.ts";
import type { RegistryContext } from "../context.ts";
import type { StoreObserver } from "../storage/job-store.ts";
import { jobView } from "../storage/job-view.ts";
import { type Line, Listener } from "./change-stream.ts";

const placeOf = (job: Job): ChangePlace => ({ seq: job.events.length, status: job.status });

/** What a caller can see of a job besides its timeline. */
const looksAlike = (before: Job, after: Job): boolean =>
  before.run.steps === after.run.steps && before.step === after.step && before.message === after.message;

/** Held by the reader's side. The platform disposes of it when nobody holds it any more, even because of a crash. */
class Lease extends RpcTarget implements Disposable {
  readonly #end: () => void;

  constructor(end: () => void) {
    super();
    this.#end = end;
  }

  [Symbol.dispose](): void {
    this.#end();
  }
}

/**
 * Sends every change of a job to the streams that follow it. Kept in memory only: after a crash the readers connect again
 * and say how far they were. A settled job never changes again, so streams stop following it.
 */
export class JobChanges implements Pick<CallerApi, "follow">, StoreObserver {
  readonly #context: RegistryContext;
  /** The jobs that each still follows. */
  readonly #listeners = new Map<Listener, Set<string>>();
  /** The key id that opened each; absent for streams without a key. */
  readonly #owners = new Map<Listener, string>();
  readonly #byJob = new Map<string, Set<Listener>>();

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /** The number of open streams. */
  get listeners(): number {
    return this.#listeners.size;
  }

  async follow({ tenant, key_id: owner }: Caller, jobs: Followed[]): Promise<Result<Following, TooManyListeners>> {
    if (this.#listeners.size >= MAX_LISTENERS) return err({ code: "too_many_listeners", limit: MAX_LISTENERS });
    const ofOwner = owner === null ? 0 : [...this.#owners.values()].filter((other) => other === owner).length;
    if (ofOwner >= MAX_LISTENERS_PER_KEY) return err({ code: "too_many_listeners", limit: MAX_LISTENERS_PER_KEY });
    const listener = new Listener({
      durable: () => this.#context.storage.sync(),
      onGone: () => this.#forget(listener),
    });
    if (owner !== null) this.#owners.set(listener, owner);
    this.#listeners.set(listener, new Set());
    this.#context.log({ event: "listener_came", listeners: this.#listeners.size });
    // From here to the end nothing is awaited, so nothing can happen between the look and the listening.
    const found = jobs.flatMap(({ job_id, after }) => {
      const job = this.#context.tables.jobs.find(tenant, job_id);
      return job === undefined ? [] : [{ job, after }];
    });
    const isInTime = found.every(({ job, after }) => this.#greet(listener, job, after));
    if (isInTime) this.#endIfIdle(listener);
    else this.#dismiss(listener);
    const lease = new Lease(() => this.#forget(listener));
    return ok({ job_ids: found.map(({ job }) => job.job_id), changes: listener.stream, lease });
  }

  onCommitted(before: Job, after: Job): void {
    const listeners = this.#byJob.get(after.job_id);
    if (listeners === undefined) return;
    const lines = this.#linesSince(after, placeOf(before));
    if (lines.length === 0 && !looksAlike(before, after)) lines.push(this.#present(after, true));
    for (const listener of [...listeners]) {
      const isInTime = lines.every((line) => listener.push(line));
      if (isSettled(after.status)) this.#part(listener, after.job_id);
      if (!isInTime) this.#dismiss(listener);
    }
  }

  /** Ends all streams, so that each reader must show again that it may read. */
  endAll(): void {
    for (const listener of [...this.#listeners.keys()]) this.#dismiss(listener);
  }

  /** @returns false when the listener cannot take more */
  #greet(listener: Listener, job: Job, after: ChangePlace | null): boolean {
    const lines = after === null ? [this.#present(job, false)] : this.#linesSince(job, after);
    if (!isSettled(job.status)) this.#join(listener, job.job_id);
    return lines.every((line) => listener.push(line));
  }

  #linesSince(job: Job, place: ChangePlace): Line[] {
    const { past, changed, passing } = progressionSince(job, place);
    const lines = past.map((each) => this.#line({ job_id: job.job_id, ...each, past: each }, false));
    return changed ? [...lines, this.#present(job, passing)] : lines;
  }

  #present(job: Job, passing: boolean): Line {
    const status = jobView(this.#context.tables, job, this.#context.now());
    const events = eventViews(job).slice(-1);
    return this.#line({ job_id: job.job_id, ...placeOf(job), job: { ...status, events } }, passing);
  }

  #line(change: JobChange, passing: boolean): Line {
    return { job_id: change.job_id, text: JSON.stringify(change), passing };
  }

  #join(listener: Listener, jobId: string): void {
    this.#listeners.get(listener)?.add(jobId);
    const others = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, others.add(listener));
  }

  #part(listener: Listener, jobId: string): void {
    this.#listeners.get(listener)?.delete(jobId);
    const others = this.#byJob.get(jobId);
    others?.delete(listener);
    if (others?.size === 0) this.#byJob.delete(jobId);
    this.#endIfIdle(listener);
  }

  #endIfIdle(listener: Listener): void {
    if (this.#listeners.get(listener)?.size === 0) listener.end();
  }

  /** Ends the stream once its reader has read what is kept for it. */
  #dismiss(listener: Listener): void {
    for (const jobId of [...(this.#listeners.get(listener) ?? [])]) this.#part(listener, jobId);
    listener.end();
  }

  #forget(listener: Listener): void {
    this.#dismiss(listener);
    this.#owners.delete(listener);
    if (this.#listeners.delete(listener))
      this.#context.log({ event: "listener_gone", listeners: this.#listeners.size });
  }
}
