import { expect } from "vitest";
import type { BlockedBy } from "../../../../src/jobs/flow/blocked-by.ts";
import { aListQuery, CALLER, callerOf, statusOf, TENANT } from "../../bench.ts";
import type { Mode } from "../hazard.ts";
import { type StoredJob, storedJobs } from "../rows.ts";
import { Watch } from "../watch.ts";
import { type Api, UNKNOWN, type World } from "../world.ts";
import { isOver, MAX_OF_LIMIT, MAX_RUNNING, type Model, type ModelJob } from "./model.ts";

export interface Fault {
  at: number;
  mode: Mode;
}

/** The row of a job under a limit that has no place of it. */
const lacksSlot = ({ run }: StoredJob): boolean => run.concurrency !== undefined && run.slot?.held === undefined;

/** Rows of jobs that the engine was not given yet, unless it has as many as it may have. */
function lineOf(rows: readonly StoredJob[]): StoredJob[] {
  const active = rows.filter((row) => row.settled_at === null);
  const waiting = active.filter((row) => row.dispatched_at === null && row.attempt === 1);
  return active.length - waiting.length < MAX_RUNNING ? waiting : [];
}

/** Jobs that stand in line, to be looked at in minutes, although there is a place for them. */
const passedOver = (rows: readonly StoredJob[], now: number): string[] =>
  lineOf(rows)
    .filter((row) => !lacksSlot(row) && row.due_at > now + 60_000 && (row.run_at ?? 0) <= now)
    .map((row) => row.job_id);

/** The object beside its model: asks the object, and compares what can be seen of both. */
export class Rig {
  readonly world: World;
  readonly watch: Watch;
  readonly model: Model;
  /** Faults that struck. */
  struck = 0;
  /** No fault struck and the engine refused nobody since the alarm was last done. */
  isOrderly = true;
  /** Epoch ms that the clock has had, before it jumped back. */
  reached = 0;

  constructor(world: World, model: Model) {
    this.world = world;
    this.watch = new Watch(world);
    this.model = model;
  }

  get now(): number {
    return this.world.clock.now;
  }

  /** @param pick any number, 0 is the newest @returns a job that there is, or was */
  pick(pick: number): { id: string; job: ModelJob | undefined } {
    const id = this.model.ids.at(-1 - (pick % Math.max(this.model.ids.length, 1))) ?? "job_none";
    return { id, job: this.model.jobs.get(id) };
  }

  ref(id: string, attempt: number) {
    return { tenant: TENANT, job_id: id, attempt };
  }

  /** Asks until there is an answer. @returns whether it had to ask again, so that the call may have acted before */
  async ask<T>(
    name: string,
    fault: Fault | null,
    act: (api: Api) => Promise<T>,
  ): Promise<{ reply: T; again: boolean }> {
    const first = await this.strike(fault, () => this.world.call(name, act));
    if (first !== UNKNOWN) return { reply: first, again: false };
    const reply = await this.world.call(name, act);
    if (reply === UNKNOWN) throw new Error(`${name}: no answer although nothing went wrong`);
    return { reply, again: true };
  }

  /** Does it while the fault is armed. */
  async strike<T>(fault: Fault | null, act: () => Promise<T>): Promise<T> {
    if (fault === null) return act();
    const { hazard } = this.world;
    hazard.arm(fault.at, fault.mode);
    const done = await act();
    hazard.disarm();
    if (hazard.hit === undefined) return done;
    this.struck += 1;
    this.isOrderly = false;
    return done;
  }

  /** Jobs that triggers have started, each of which may be there. */
  adopt(): void {
    for (const row of storedJobs(this.world.storage)) {
      const { job_id: id, submitted_at: submittedAt, idempotency_key: text, timeout_ms: timeoutMs, blueprint } = row;
      if (this.model.jobs.has(id) || row.run.trigger === undefined || text === null) continue;
      const isTwice = this.model.byKey(text) !== undefined;
      const now = Math.max(this.now, this.reached);
      expect([id, isTwice, this.model.triggers.take(text, now)]).toEqual([id, false, undefined]);
      const key = { text, hash: row.plan_hash };
      this.model.add({ id, blueprint, timeoutMs, submittedAt, key, attempt: row.attempt });
    }
  }

  /** What anybody can see is what the model says. */
  async compare(): Promise<void> {
    this.adopt();
    this.followLimits();
    const { jobs } = await this.world.api.caller.list(CALLER, aListQuery());
    const listed = this.model.listed();
    expect(jobs.map(({ id, status }) => [id, status])).toEqual(listed.map(({ id, status }) => [id, status]));
    for (const [i, { progress }] of jobs.entries()) {
      const job = listed[i];
      if (job === undefined) continue;
      expect(progress).toBeGreaterThanOrEqual(job.progress);
      expect(progress === 1).toBe(job.status === "succeeded");
      job.progress = progress;
    }
    expect(await this.watch.breaks()).toEqual([]);
    const rows = storedJobs(this.world.storage);
    if (this.isOrderly) expect([...passedOver(rows, this.now), ...this.#kept(rows)]).toEqual([]);
  }

  /** Jobs that wait for a slot which nobody has, although there is a place for them. */
  #kept(rows: readonly StoredJob[]): string[] {
    const held = new Set(rows.flatMap(({ job_id, run }) => (run.slot?.held ? [job_id] : [])));
    const line = lineOf(rows).filter((row) => lacksSlot(row) && row.due_at > this.now && (row.run_at ?? 0) <= this.now);
    return line.flatMap(({ job_id, run }) => {
      const job = this.model.jobs.get(job_id);
      const rivals = job === undefined ? [] : this.model.rivals(job);
      const isFree = !rivals.some((rival) => !isOver(rival) && held.has(rival.id));
      return isFree ? [`${job_id} waits for nobody: ${JSON.stringify(run.slot)}`] : [];
    });
  }

  /** What limits did to jobs since the last look: skipped them, or cancelled them for a newer one. */
  followLimits(): void {
    const rows = new Map(storedJobs(this.world.storage).map((row) => [row.job_id, row]));
    const ended = this.model.active.flatMap((job) => {
      const row = rows.get(job.id);
      return job.limit !== null && row?.status === "cancelled" ? [{ job, row, why: this.#mayEnd(job, row) }] : [];
    });
    for (const { job, row, why } of ended) {
      expect([job.id, row.error_code, row.error, why]).toEqual([job.id, row.error_code, row.error, true]);
      this.model.settle(job, row.status, row.settled_at ?? this.now, { errorCode: row.error_code });
    }
  }

  #mayEnd(job: ModelJob, { error_code, error }: StoredJob): boolean {
    const rivals = this.model.rivals(job);
    if (error_code === "concurrency_skipped") {
      return job.limit?.whenFull === "skip" && (!this.isOrderly || rivals.some((rival) => !isOver(rival)));
    }
    const { ids } = this.model;
    // By the clock, or by their coming: it may have gone back.
    const isNewer = (other: ModelJob) => other.id > job.id || ids.indexOf(other.id) > ids.indexOf(job.id);
    const newer = rivals.some((rival) => rival.limit?.whenFull === "cancel_running" && isNewer(rival));
    return error_code === null && newer && (error?.startsWith("A newer job took its place") ?? false);
  }

  /** A queued job says what it waits for. */
  #compareBlock(job: ModelJob, blocked: BlockedBy | null): void {
    const hasInstance = ({ id }: ModelJob) => this.world.workflow.instances.has(`${id}-1`);
    if (job.status !== "queued") expect(blocked).toBeNull();
    if (job.status !== "queued" || job.attempt > 1 || hasInstance(job)) return;
    const isEarly = job.runAt !== null && job.runAt > this.now;
    const isFull = this.model.rivals(job).some((rival) => !isOver(rival) && hasInstance(rival));
    if (isEarly) expect(blocked).toMatchObject({ limit: "run_at" });
    else if (isFull)
      expect(blocked).toMatchObject({ limit: "concurrency", ...(this.#hasAsked(job) && { running: MAX_OF_LIMIT }) });
  }

  /**
   * The limit knows of the job. One whose time came is asked for when the alarm rings; where that got lost, again when the engine
   * has a place, or minutes later.
   */
  #hasAsked({ id }: ModelJob): boolean {
    const rows = storedJobs(this.world.storage);
    const isKnown = rows.some(({ job_id, run }) => job_id === id && run.slot !== undefined);
    const isNext = lineOf(rows).some(({ job_id, due_at }) => job_id === id && due_at > this.now);
    return this.isOrderly && (isKnown || isNext);
  }

  /** All that a caller can know of one job. */
  async compareJob(id: string): Promise<void> {
    this.followLimits();
    const job = this.model.jobs.get(id);
    const unknown = { ok: false, error: { code: "unknown_job" } };
    const include = { steps: true, events: true };
    expect(await this.world.api.caller.status(callerOf("another tenant"), id, include)).toEqual(unknown);
    if (job === undefined) {
      expect(await this.world.api.caller.status(CALLER, id, include)).toEqual(unknown);
      return;
    }
    const seen = await statusOf(this.world.api, id);
    expect({
      status: seen.status,
      started: seen.started_at && Date.parse(seen.started_at),
      settled: seen.completed_at && Date.parse(seen.completed_at),
      error_code: seen.error_code,
      result: seen.result,
      questions: seen.input_requests.length,
      parent: seen.parent_id,
      retried: seen.retried_from,
      ended: seen.steps?.filter((step) => step.status === "succeeded").map((step) => step.id),
    }).toEqual({
      status: job.status,
      started: job.startedAt,
      settled: job.settledAt,
      error_code: job.errorCode,
      result: job.result ?? null,
      questions: this.model.asked(job),
      parent: job.parentId,
      retried: job.retriedFrom,
      ended: seen.steps?.map((step) => step.id).filter((step) => [...job.ended].some((done) => done === step)),
    });
    this.#compareBlock(job, seen.blocked_by ?? null);
    const explained = await this.world.api.caller.explain(CALLER, id);
    expect(explained.ok && explained.value.outputs).toEqual(Object.fromEntries(job.outputs));
  }
}
