import { accept } from "../jobs/dispatch.ts";
import { ID_ENTROPY_BYTES, newJobId } from "../jobs/id.ts";
import type { Job } from "../jobs/job.ts";
import type { SubmitRequest } from "./api.ts";
import type { Ledger } from "./ledger.ts";
import { INPUT_PATH } from "./queries.ts";

/** What becomes a job: a caller's submission, a child, or a retry. */
export type IntakeRequest = SubmitRequest & Pick<Job, "parent_id" | "retried_from">;

/** Makes jobs. Called inside a transaction; whoever calls hands the job over afterwards. */
export class Intake {
  readonly #ledger: Ledger;
  readonly #entropy: (bytes: number) => Uint8Array;

  constructor(ledger: Ledger, entropy: (bytes: number) => Uint8Array) {
    this.#ledger = ledger;
    this.#entropy = entropy;
  }

  /** @param prepare changes the job before it is stored: what a retry brings along */
  accept(request: IntakeRequest, now: number, prepare: (job: Job) => Job = (job) => job): Job {
    const { queries } = this.#ledger;
    const { shard, plan, input, idempotency, run_at, ...fields } = request;
    const job = prepare(
      accept(
        {
          ...fields,
          job_id: newJobId(now, this.#entropy(ID_ENTROPY_BYTES), shard),
          run_at: run_at !== null && run_at > now ? run_at : null,
          step_count: plan.steps.length,
          idempotency_key: idempotency?.key ?? null,
        },
        now,
      ),
    );
    queries.keepPlan(job, JSON.stringify(plan));
    if (Object.keys(input).length > 0) queries.insertValue(job.job_id, INPUT_PATH, input);
    if (idempotency) queries.insertKey(idempotency.key, idempotency.request_hash, job.job_id);
    this.#ledger.insert(job);
    return job;
  }
}
