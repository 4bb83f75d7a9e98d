import type { Job } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import { isJsonObject, type Json } from "../../lib/json.ts";
import type { RegistryContext } from "../context.ts";
import type { StoreObserver } from "../storage/job-store.ts";

const isExpression = (key: string): boolean => key.includes("{%");

/** Keys of all rates in the plan, as they are written; data that looks like a rate does no harm. */
function rateKeys(planJson: string): Set<string> {
  const keys = new Set<string>();
  if (!planJson.includes('"rate"')) return keys;
  JSON.parse(planJson, (name, value: Json) => {
    if (name === "rate" && isJsonObject(value) && value.key !== undefined) keys.add(String(value.key));
    return value;
  });
  return keys;
}

/** Gives back the future turns of a job that was cancelled or failed, so that other jobs do not wait for turns nobody takes. */
export class TurnReturns implements StoreObserver {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  onCommitted(before: Job, after: Job): void {
    if (isSettled(before.status) || !isSettled(after.status)) return;
    if (after.status === "succeeded" || after.started_at === null || after.run.bulk !== undefined) return;
    // Turns that could not be given back are over when their time has come.
    this.#context.background(this.#giveBack(after).catch(() => undefined));
  }

  async #giveBack(job: Job): Promise<void> {
    const { tables, limits } = this.#context;
    const { tenant, job_id } = job;
    const keys = [...rateKeys(tables.plans.json(job.plan_hash))];
    // Which keys an expression came to is not kept: each home finds what it gave the job.
    if (keys.some(isExpression)) {
      await Promise.all(limits.every(job).map((home) => home.giveTurns(tenant, null, job_id)));
      return;
    }
    for (const key of keys) await (await limits.of(key, job)).giveTurns(tenant, key, job_id);
  }
}
