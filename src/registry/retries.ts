import type { Blueprint } from "../blueprint/blueprint.ts";
import { readInput } from "../blueprint/check-input.ts";
import { parseJobId } from "../jobs/id.ts";
import { type Job, stepState, topLevelStep } from "../jobs/job.ts";
import type { JsonObject } from "../jobs/json.ts";
import { err, ok, type Result } from "../jobs/result.ts";
import { isSettled } from "../jobs/status.ts";
import type { QuotaError, RetryError, RetryRequest } from "./api.ts";
import type { Intake } from "./intake.ts";
import type { Ledger } from "./ledger.ts";
import { haltedPath, INPUT_PATH, type Queries } from "./queries.ts";

/** What a retry goes on from. */
interface Ground {
  plan: Blueprint;
  input: JsonObject;
  /** Top-level steps whose outcome is kept. */
  kept: string[];
}

/** True when the step need not run again: it ended well, or its failure was passed over and its output is stored. */
function isFinished(queries: Queries, job: Job, step: string): boolean {
  const status = stepState(job.run, step)?.status;
  if (status === "succeeded" || status === "skipped") return true;
  const isKept = (path: string) => queries.valueJson(job.job_id, path) !== undefined;
  return status === "failed" && (isKept(step) || isKept(haltedPath(step)));
}

/** New jobs that go on where settled ones ended. Settled jobs never change. */
export class Retries {
  readonly #ledger: Ledger;
  readonly #intake: Intake;

  constructor(ledger: Ledger, intake: Intake) {
    this.#ledger = ledger;
    this.#intake = intake;
  }

  /**
   * Called inside a transaction.
   * @param by who asks for it
   * @param requestHash fingerprint of the request: the same one again returns its job while that is unsettled
   */
  retry(job: Job, request: RetryRequest, requestHash: string, by: string | null, now: number): Result<Job, RetryError> {
    if (!isSettled(job.status)) return err({ code: "not_settled", status: job.status });
    if (job.status === "succeeded" && request.from_step === null) return err({ code: "from_step_needed" });
    const ground = this.#ground(job, request);
    if (!ground.ok) return ground;
    const { queries } = this.#ledger;
    const key = `retry ${job.job_id} ${requestHash}`;
    const known = queries.key(key);
    const same = known === undefined ? undefined : queries.job(job.tenant, known.job_id);
    if (same !== undefined && !isSettled(same.status)) return ok(same);
    if (known !== undefined) queries.deleteKey(key, known.job_id);
    return this.#again(job, ground.value, { key, request_hash: requestHash }, by, now);
  }

  #ground(job: Job, request: RetryRequest): Result<Ground, RetryError> {
    const { queries } = this.#ledger;
    const plan: Blueprint = JSON.parse(queries.planJson(job.plan_hash));
    const ids = plan.steps.map((step) => step.id);
    const unfinished = ids.findIndex((id) => !isFinished(queries, job, id));
    const last = unfinished === -1 ? ids.length : unfinished;
    const stored = () => ok<JsonObject>(JSON.parse(queries.valueJson(job.job_id, INPUT_PATH) ?? "{}"));
    const input = request.input === null ? stored() : readInput(plan, request.input);
    if (!input.ok) return err({ code: "invalid_input", faults: input.error });
    const from = request.from_step === null ? (request.input === null ? last : 0) : ids.indexOf(request.from_step);
    if (from === -1 || from > last) return err({ code: "no_such_step", steps: ids.slice(0, last + 1) });
    return ok({ plan, input: input.value, kept: ids.slice(0, from) });
  }

  #again(
    job: Job,
    ground: Ground,
    idempotency: { key: string; request_hash: string },
    by: string | null,
    now: number,
  ): Result<Job, QuotaError> {
    const { plan, input, kept } = ground;
    const shard = parseJobId(job.job_id)?.shard ?? 0;
    const { tenant, name, blueprint, plan_hash, metadata, timeout_ms } = job;
    const { trace } = job.run;
    const request = {
      trace,
      tenant,
      name,
      blueprint,
      plan_hash,
      metadata,
      timeout_ms,
      shard,
      plan,
      input,
      idempotency,
      submitted_by: by,
    };
    const states = Object.entries(job.run.steps).filter(([id]) => kept.includes(id));
    const again = this.#intake.accept(
      { ...request, run_at: null, parent_id: null, retried_from: job.job_id },
      now,
      (fresh) => ({ ...fresh, run: { ...fresh.run, steps: Object.fromEntries(states) } }),
    );
    if (!again.ok) return again;
    for (const path of this.#ledger.queries.valuePaths(job.job_id)) {
      if (!kept.includes(topLevelStep(path))) continue;
      this.#ledger.queries.copyValue(job.job_id, path, again.value.job_id);
    }
    return again;
  }
}
