/** Dollars a million, beyond what a plan includes: docs/cost.md has the sources. */
const PRICES = { engineStep: 8, rowWritten: 1, objectRequest: 0.15, workerRequest: 0.3, cpuMs: 0.02 };

/** Of a job of three steps that an agent submits and waits for once: docs/cost.md says which. */
const PER_JOB = { objectRequests: 7, workerRequests: 3, cpuMs: 10 };

/** Rows read, and 30 days of storage. */
const REST_USD = 0.05 + 1;

/** @param rows what was counted @param steps that the engine meters of one job */
export function priceOfAMillion(rows: Record<string, number>, steps: number): number {
  const { one_step_job = Number.NaN, extra_step = Number.NaN, purge_three_step_job = Number.NaN } = rows;
  const written = one_step_job + 2 * extra_step + purge_three_step_job;
  const requests =
    PER_JOB.objectRequests * PRICES.objectRequest +
    PER_JOB.workerRequests * PRICES.workerRequest +
    PER_JOB.cpuMs * PRICES.cpuMs;
  return steps * PRICES.engineStep + written * PRICES.rowWritten + requests + REST_USD;
}
