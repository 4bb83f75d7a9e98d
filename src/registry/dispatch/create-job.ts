import { accept, inLine, isDispatchable, needsPlace } from "../../jobs/dispatch.ts";
import { ID_ENTROPY_BYTES, newJobId } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { MAX_ECHO_CHARS } from "../../limits.ts";
import type { QuotaError, SubmitRequest } from "../api/caller.ts";
import type { Ledger } from "../storage/job-store.ts";
import { INPUT_PATH } from "../storage/values.ts";
import type { Gate } from "./admission.ts";

/** What becomes a job: a caller's submission, a child, or a retry. */
export type IntakeRequest = SubmitRequest & Pick<Job, "parent_id" | "retried_from">;

/** Makes jobs. Called inside a transaction; whoever calls hands the job over afterwards. */
export class Intake {
  readonly #ledger: Ledger;
  readonly #gate: Gate;
  readonly #entropy: (bytes: number) => Uint8Array;

  constructor(ledger: Ledger, gate: Gate, entropy: (bytes: number) => Uint8Array) {
    this.#ledger = ledger;
    this.#gate = gate;
    this.#entropy = entropy;
  }

  /**
   * A job that a caller asks for, if the tenant's limits allow one more.
   * @param prepare changes the job before it is stored: what a retry brings along
   */
  accept(request: IntakeRequest, now: number, prepare: (job: Job) => Job = (job) => job): Result<Job, QuotaError> {
    const refused = this.#gate.admit(now);
    return refused === undefined ? ok(this.#make(request, now, prepare)) : err(refused);
  }

  #make(request: IntakeRequest, now: number, prepare: (job: Job) => Job): Job {
    const { tables } = this.#ledger;
    const { plan, input, idempotency } = request;
    let job = this.#draft(request, now, prepare);
    while (!this.#ledger.insert(job)) job = this.#draft(request, now, prepare);
    tables.plans.keep(job, JSON.stringify(plan));
    if (Object.keys(input).length > 0) tables.values.insert(job.job_id, INPUT_PATH, input);
    if (idempotency) tables.keys.insert(idempotency.key, idempotency.request_hash, job.job_id);
    return job;
  }

  #draft(request: IntakeRequest, now: number, prepare: (job: Job) => Job): Job {
    const { shard, plan, input: _, idempotency, run_at, ...fields } = request;
    const accepted = prepare(
      accept(
        {
          ...fields,
          description: plan.description && oneLine(plan.description, MAX_ECHO_CHARS),
          job_id: newJobId(now, this.#entropy(ID_ENTROPY_BYTES), shard),
          run_at: run_at !== null && run_at > now ? run_at : null,
          step_count: plan.steps.length,
          idempotency_key: idempotency?.key ?? null,
          submitted_by: request.submitted_by ?? null,
        },
        now,
      ),
    );
    // It waits then for a place, not for a crash to be repaired: the alarm need not look so soon.
    const mustWait = needsPlace(accepted) && isDispatchable(accepted, now) && this.#gate.freePlaces() === 0;
    return mustWait ? inLine(accepted, now) : accepted;
  }
}
