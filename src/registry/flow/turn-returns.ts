import type { Job } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import { isJsonObject, type Json } from "../../lib/json.ts";
import type { RegistryContext } from "../context.ts";
import type { StoreObserver } from "../storage/job-store.ts";

/** Keys of all rates in the plan; data that looks like a rate does no harm. */
function rateKeys(planJson: string): Set<string> {
  const keys = new Set<string>();
  if (!planJson.includes('"rate"')) return keys;
  JSON.parse(planJson, (name, value: Json) => {
    if (name === "rate" && isJsonObject(value) && value.key !== undefined) keys.add(String(value.key));
    return value;
  });
  return keys;
}

/** Gives back the turns that a job had before it when it was cancelled or failed: others need not wait for nobody. */
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
    for (const key of rateKeys(tables.plans.json(job.plan_hash))) {
      const home = await limits.of(key, job);
      await home.giveTurns(job.tenant, key, job.job_id);
    }
  }
}
