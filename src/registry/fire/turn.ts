import type { Job } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { plural } from "../../lib/text/plural.ts";
import { iso } from "../../lib/time.ts";
import { MAX_ERROR_CHARS, MAX_TRIGGER_DEPTH } from "../../limits.ts";
import { type LedgerEntry, written } from "../../triggers/ledger.ts";
import { type PlanOfTimes, planOfTimes } from "../../triggers/plan-of-times.ts";
import { type Span, spanOf } from "../../triggers/tick.ts";
import type { QuotaError } from "../api/caller.ts";
import type { Trigger } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import { createJob } from "../dispatch/create-job.ts";
import type { TriggerState } from "../storage/trigger-tables.ts";
import type { Occasion, Verdict } from "./verdict.ts";

/** PERSISTED as keys of jobs. */
const keyOf = (name: string, occurrence: string): string => `trigger:${name}:${occurrence}`;

/** How a schedule is counted; undefined: the trigger has none, or it rests. */
export function timesOf({ document, anchor_at, share }: Trigger): PlanOfTimes | undefined {
  return document.schedule && planOfTimes(document.schedule, anchor_at, share);
}

/** Times that have passed and of which nothing is written. */
export function pastOf(trigger: Trigger, { next }: TriggerState, now: number): Span | undefined {
  const times = timesOf(trigger);
  if (times === undefined || next === null) return undefined;
  return spanOf(times.table, next, now - times.rules.delayMs);
}

/** How the run began, or why it did not. */
export type Begun = { job: Job; deduplicated: boolean };

/** What one transaction does to a trigger. Nothing of its state is stored before {@link save}. */
export class Turn {
  readonly trigger: Trigger;
  state: TriggerState;
  readonly #context: RegistryContext;
  readonly #now: number;

  constructor(context: RegistryContext, trigger: Trigger, state: TriggerState, now: number) {
    this.#context = context;
    this.trigger = trigger;
    this.state = state;
    this.#now = now;
  }

  /**
   * Adds an entry to the ledger, and tells of it whoever listens: but not of the end of a chain, which would begin another.
   * @param depth how many jobs of event triggers led to it
   */
  note(entry: Omit<LedgerEntry, "at">, depth = 0): void {
    const reason = entry.reason === undefined ? {} : { reason: oneLine(entry.reason, MAX_ERROR_CHARS) };
    const times = timesOf(this.trigger);
    // A waiting time gets its entry later, so missed times before and after it must not be merged into one entry.
    const isNext = (before: Span, { from }: Span) => times === undefined || times.table.next(before.to) === from;
    const { ledger, chunk } = written(this.state.ledger, { ...entry, ...reason, at: this.#now }, isNext);
    if (chunk !== undefined) this.#context.tables.triggers.putChunk(this.trigger.name, chunk);
    this.state = { ...this.state, ledger };
    if (depth > MAX_TRIGGER_DEPTH) return;
    if (entry.outcome === "missed") this.#tell("trigger.missed", spanData(entry));
    if (entry.outcome === "refused") {
      this.#tell("trigger.refused", { occurrence: entry.occurrence ?? null, reason: reason.reason ?? null }, depth);
    }
  }

  #tell(name: string, data: JsonObject, depth = 0): void {
    this.#context.store.append({
      name,
      at: this.#now,
      ...(depth > 0 && { depth }),
      data: { trigger: this.trigger.name, ...data },
    });
  }

  /** The job of an occasion: the one that it has, or a new one. */
  start(occasion: Occasion, verdict: Extract<Verdict, { do: "run" }>): Result<Begun, QuotaError> {
    const { tables } = this.#context;
    const { name, tenant, shard, document, origin } = this.trigger;
    const key = keyOf(name, occasion.occurrence);
    const known = this.jobOf(occasion.occurrence);
    if (known !== undefined) return ok({ job: known, deduplicated: true });
    const { label, plan, plan_hash, timeout_ms } = verdict.plan;
    // A caller's own job may have taken the key, and be gone.
    const idempotency = tables.keys.find(key) === undefined ? { key, request_hash: plan_hash } : null;
    const created = createJob(
      this.#context,
      {
        name: plan.name,
        blueprint: label,
        plan,
        plan_hash,
        input: verdict.input,
        metadata: document.metadata ?? {},
        concurrency: document.concurrency,
        run_at: null,
        timeout_ms,
        idempotency,
        tenant,
        shard,
        submitted_by: `trigger:${name}`,
        parent_id: null,
        retried_from: null,
        trigger: { name },
        origin: origin ?? undefined,
        trigger_depth: occasion.depth,
      },
      this.#now,
    );
    if (!created.ok) return err(created.error);
    this.state = { ...this.#without(occasion.occurrence), runs: this.state.runs + 1 };
    return ok({ job: created.value, deduplicated: false });
  }

  /** A time that was waiting and is run by hand waits no more: its job may be gone when its turn comes. */
  #without(occurrence: string): TriggerState {
    const { queued, ...state } = this.state;
    return queued !== undefined && iso(queued) === occurrence ? state : this.state;
  }

  /** The job that an occasion has already. */
  jobOf(occurrence: string): Job | undefined {
    const { tables } = this.#context;
    const found = tables.keys.find(keyOf(this.trigger.name, occurrence));
    const job = found && tables.jobs.find(this.trigger.tenant, found.job_id);
    return job?.run.trigger?.name === this.trigger.name ? job : undefined;
  }

  /** Those of the trigger's jobs that have not settled. */
  active(): Job[] {
    const jobs = this.state.active.map((id) => this.#context.tables.jobs.find(this.trigger.tenant, id));
    return jobs.filter((job) => job !== undefined && !isSettled(job.status)) as Job[];
  }

  /** Whether its schedule has had its last run. Runs by hand count. */
  get isOver(): boolean {
    const maxRuns = timesOf(this.trigger)?.maxRuns ?? null;
    return maxRuns !== null && this.state.runs >= maxRuns;
  }

  /** `next`, or null once the last run is begun: but what has passed by now the alarm still explains. */
  left(next: number | null): number | null {
    const isDone = this.isOver && pastOf(this.trigger, { ...this.state, next }, this.#now) === undefined;
    return isDone ? null : next;
  }

  /** The next time looks whether this job is over. */
  watch({ job_id }: Job): void {
    this.state = { ...this.state, active: [...this.active().map((job) => job.job_id), job_id] };
  }

  /** @param dueAt when the alarm must look again (epoch ms); null: never */
  save(dueAt: number | null): void {
    this.#context.tables.triggers.putState(this.trigger.name, this.state, dueAt);
    if (dueAt !== null) this.#context.store.ringBy(dueAt);
  }
}

const spanData = ({ span, reason }: Pick<LedgerEntry, "span" | "reason">): JsonObject =>
  span === undefined ? { reason: reason ?? null } : { from: iso(span.from), to: iso(span.to), count: span.count };

/** Why a job could not be made, for the ledger. */
export function quotaReason(error: QuotaError): string {
  switch (error.code) {
    case "too_many_active":
      return `there are ${plural(error.active, "unsettled job")}, the most is ${error.limit}`;
    case "storage_full":
      return `${error.stored_bytes} bytes are stored, the most is ${error.limit_bytes}`;
    case "too_many_submits":
      return `more than ${plural(error.limit, "submit")} within a minute`;
    default:
      return error satisfies never;
  }
}
