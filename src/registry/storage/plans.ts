import { INLINE, type Job } from "../../jobs/job.ts";

export const PLANS_SQL = {
  pin: `INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES (?, ?, 0, 1)
    ON CONFLICT (plan_hash) DO UPDATE SET pinned = 1 WHERE pinned = 0`,
  use: `INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES (?, ?, ?, 0)
    ON CONFLICT (plan_hash) DO UPDATE SET inline_uses = inline_uses + excluded.inline_uses`,
  unuse: "UPDATE plans SET inline_uses = inline_uses - 1 WHERE plan_hash = ?",
  deleteUnused: "DELETE FROM plans WHERE plan_hash = ? AND inline_uses = 0 AND pinned = 0",
  find: "SELECT plan_json FROM plans WHERE plan_hash = ?",
} as const;

/** Of a trigger: the name of its plan, and its hash. */
type Held = { label: string; plan_hash: string | null };

/** The plans of jobs and triggers, by their hash. Callers open the transactions. */
export class Plans {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keep the plan of so many new jobs: a named one for ever, an inline one as long as a job has it. */
  keep({ blueprint, plan_hash }: Pick<Job, "blueprint" | "plan_hash">, planJson: string, jobs: number): void {
    if (blueprint === INLINE) this.#sql.exec(PLANS_SQL.use, plan_hash, planJson, jobs);
    else this.#sql.exec(PLANS_SQL.pin, plan_hash, planJson);
  }

  /** Keep the plan of a trigger as long as it has that one; one that looks it up for each run keeps none. */
  hold({ label, plan_hash }: Held, planJson: string): void {
    if (plan_hash !== null) this.keep({ blueprint: label, plan_hash }, planJson, 1);
  }

  unhold({ label, plan_hash }: Held): void {
    if (plan_hash !== null && label === INLINE) this.#unuse(plan_hash);
  }

  /** The job is gone. */
  release(job: Job): void {
    if (job.blueprint !== INLINE) return;
    this.#unuse(job.plan_hash);
  }

  #unuse(planHash: string): void {
    this.#sql.exec(PLANS_SQL.unuse, planHash);
    this.#sql.exec(PLANS_SQL.deleteUnused, planHash);
  }

  /** @throws when there is none: a job's plan is stored before the job */
  json(planHash: string): string {
    const row = this.#sql.exec<{ plan_json: string }>(PLANS_SQL.find, planHash).toArray()[0];
    if (row === undefined) throw new Error(`no plan ${planHash}`);
    return row.plan_json;
  }
}
