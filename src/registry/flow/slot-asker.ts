import pMap from "p-map";
import { EvaluationBudget } from "../../expression/evaluation-budget.ts";
import { compileTemplate } from "../../expression/template.ts";
import { isDispatchable, unanswered } from "../../jobs/dispatch.ts";
import { lacksSlot, priorityOf, slotKey, withSlot } from "../../jobs/flow/concurrency.ts";
import type { JobConcurrency, Slot, SlotRequest } from "../../jobs/flow/slot.ts";
import type { Job, ListedJob, StepError } from "../../jobs/job.ts";
import type { Outcome } from "../../jobs/settle.ts";
import { isSettled } from "../../jobs/status.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { plural } from "../../lib/text/plural.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { iso } from "../../lib/time.ts";
import { MAX_KEY_EVALUATIONS, MAX_LIMIT_KEY_CHARS, SLOT_ASKS_AT_ONCE } from "../../limits.ts";
import type { SlotPlace } from "../api/limit-calls.ts";
import type { RegistryContext } from "../context.ts";
import { openCleanup } from "../dispatch/cleanup.ts";
import { followEffects, settleJob } from "../run/settlements.ts";
import type { StoreObserver } from "../storage/job-store.ts";
import type { JobKey } from "../storage/jobs.ts";

/** It has a limit. */
type Limited<Read extends ListedJob = Job> = Read & { run: { concurrency: JobConcurrency } };

const isLimited = (job: Job | undefined): job is Limited => job?.run.concurrency !== undefined;

/** Where a job with a slot stands at its home. */
export const placeOf = (job: Limited<ListedJob>, slot: Slot): SlotPlace => ({
  key: slotKey(job.run.concurrency, slot),
  holder: job.job_id,
  rank: -priorityOf(job.run),
  since: job.submitted_at,
});

function requestOf(job: Limited, slot: Slot): SlotRequest {
  const { limit, when_full } = job.run.concurrency;
  return { ...placeOf(job, slot), limit, when_full };
}

const skipped = ({ run: { concurrency } }: Limited, { key }: Slot, running: number): Outcome => ({
  name: "cancelled",
  reason: `Skipped: ${plural(running, "job")} of ${concurrency.of}${key === null ? "" : ` with the key ${key}`} ${running === 1 ? "runs" : "run"} already, the most at once is ${concurrency.limit}.`,
  code: "concurrency_skipped",
});

/** Takes slots for the object's jobs from the homes of their limits, and gives them back. */
export class SlotAsker implements StoreObserver {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /** Jobs that get a slot are handed over; the alarm asks again for one that could not be asked for. Never throws. */
  async ask(jobs: readonly JobKey[]): Promise<void> {
    const asked = (key: JobKey) => this.#ask(key).catch((error) => this.#askAgain(key, error));
    await pMap(jobs, (key) => asked(key).catch(noteBug), { concurrency: SLOT_ASKS_AT_ONCE });
  }

  async #askAgain({ tenant, job_id }: JobKey, error: unknown): Promise<void> {
    noteBug(error);
    const { store, now } = this.#context;
    store.transact(() => {
      const job = this.#waiting(tenant, job_id);
      if (job !== undefined) store.save(job, unanswered(job, now()));
    });
  }

  async #ask({ tenant, job_id }: JobKey): Promise<void> {
    const job = this.#waiting(tenant, job_id);
    if (job === undefined) return;
    const slot = job.run.slot === undefined ? await this.#slotOf(job) : ok(job.run.slot);
    if (!slot.ok) return this.#settle(job, { name: "failed", error: slot.error, path: null });
    const request = requestOf(job, slot.value);
    const home = await this.#context.limits.of(request.key, job);
    const answer = await home.takeSlot(tenant, request);
    switch (answer.do) {
      case "held":
        if (this.#keep(job, { ...slot.value, held: true })) return this.#context.dispatcher.dispatch([job]);
        return void (await home.giveSlot(tenant, request));
      case "skip":
        return this.#settle(job, skipped(job, slot.value, answer.running));
      case "wait":
        if (!this.#keep(job, slot.value)) return void (await home.giveSlot(tenant, request));
        await this.#context.limits.eachOwner(tenant, answer.cancel, (owner, ids) => owner.makeRoom(tenant, ids));
        return;
      default:
        return answer satisfies never;
    }
  }

  /** The job, if it still lacks its slot. */
  #waiting(tenant: string, jobId: string): Limited | undefined {
    const job = this.#context.tables.jobs.find(tenant, jobId);
    return isLimited(job) && lacksSlot(job) && isDispatchable(job, this.#context.now()) ? job : undefined;
  }

  /** @returns false when the job needs no slot any more */
  #keep({ tenant, job_id }: Job, slot: Slot): boolean {
    const { store, tables } = this.#context;
    return store.transact(() => {
      const fresh = tables.jobs.find(tenant, job_id);
      if (fresh === undefined || isSettled(fresh.status)) return false;
      return !lacksSlot(fresh) || store.save(fresh, withSlot(fresh, slot));
    });
  }

  async #settle({ tenant, job_id }: Job, outcome: Outcome): Promise<void> {
    const { store, now } = this.#context;
    const effects = store.transact(() => {
      const job = this.#waiting(tenant, job_id);
      return job && settleJob(this.#context, job, job, outcome, now());
    });
    await followEffects(this.#context, effects ?? []);
  }

  /** The key of the job's slot, which may be an expression over its input. */
  async #slotOf(job: Limited): Promise<Result<Slot, StepError>> {
    const { key } = job.run.concurrency;
    if (key === undefined) return ok({ key: null });
    const input = this.#context.tables.values.input(job);
    const at = { id: job.job_id, attempt: job.attempt, submitted_at: iso(job.submitted_at) };
    const compiled = compileTemplate(key);
    const budget = new EvaluationBudget(yieldTurn, MAX_KEY_EVALUATIONS);
    const value = compiled.ok
      ? await compiled.value.evaluate({ input, steps: {}, job: at, now: job.submitted_at }, budget)
      : compiled;
    if (!value.ok) return err({ ...value.error, message: `concurrency.key: ${value.error.message}` });
    const given = value.value;
    const text = typeof given === "string" || typeof given === "number" ? String(given) : "";
    if (text !== "" && text.length <= MAX_LIMIT_KEY_CHARS) return ok({ key: text });
    const came = JSON.stringify(given)?.slice(0, MAX_LIMIT_KEY_CHARS) ?? "nothing";
    const message = `concurrency.key came out as ${came}: give text of 1 to ${MAX_LIMIT_KEY_CHARS} characters, or a number.`;
    return err({ code: "expression", message });
  }

  /** Those that hold their slot, or wait for it. The latter may have it now. */
  async wanted(tenant: string, jobIds: readonly string[]): Promise<boolean[]> {
    const waiting = jobIds.filter((id) => this.#waiting(tenant, id) !== undefined);
    if (waiting.length > 0) this.#context.background(this.ask(waiting.map((job_id) => ({ tenant, job_id }))));
    return jobIds.map((id) => {
      const job = this.#context.tables.jobs.find(tenant, id);
      return job !== undefined && (waiting.includes(id) || this.#holds(job));
    });
  }

  #holds(job: Job): boolean {
    if (job.run.slot?.held === undefined) return false;
    return !isSettled(job.status) || openCleanup(this.#context, job) !== undefined;
  }

  async makeRoom(tenant: string, jobIds: readonly string[]): Promise<null> {
    const { store, tables, engine, now, background } = this.#context;
    for (const id of jobIds) {
      const job = tables.jobs.find(tenant, id);
      if (job === undefined) continue;
      const reason = "A newer job took its place (concurrency).";
      const effects = store.transact(() => settleJob(this.#context, job, job, { name: "cancelled", reason }, now()));
      if (effects === undefined) continue;
      background(followEffects(this.#context, effects));
      if (job.dispatched_at !== null) background(engine.terminate(job.job_id, job.attempt));
    }
    return null;
  }

  /** A slot is given back when its job has settled, and when that has been cleaned up after. */
  onCommitted(before: Job, { tenant, job_id, status, run, parent_id }: Job): void {
    if (isSettled(before.status) || !isSettled(status)) return;
    const id = run.cleanup ? parent_id : job_id;
    if (id === null || (!run.cleanup && run.slot === undefined)) return;
    const job = this.#context.tables.jobs.find(tenant, id);
    if (isLimited(job) && job.run.slot !== undefined && isSettled(job.status) && !this.#holds(job)) {
      this.#context.background(this.#give(job, job.run.slot).catch(noteBug));
    }
  }

  async #give(job: Limited, slot: Slot): Promise<void> {
    const place = placeOf(job, slot);
    const home = await this.#context.limits.of(place.key, job);
    await home.giveSlot(job.tenant, place);
  }
}

/** The alarm of the job, or of the home, asks again. */
const noteBug = (error: unknown): void => console.error(JSON.stringify({ event: "slot_error", error: String(error) }));
