import type { Quotas } from "../env.ts";
import type { StepError } from "../jobs/job.ts";
import { SUBMIT_WINDOW_MS } from "../limits.ts";
import type { Full, QuotaError } from "./api.ts";
import type { Census } from "./census.ts";

/** When the last `limit` submits were taken. In memory: an object that starts anew has forgotten them. */
class SubmitRate {
  readonly #limit: number;
  /** A ring: the next entry to be written is the oldest. Epoch ms. */
  readonly #times: number[] = [];
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns ms until a submit can be taken; 0: it was */
  take(now: number): number {
    const oldest = this.#times[this.#next];
    if (oldest !== undefined && oldest + SUBMIT_WINDOW_MS > now) return oldest + SUBMIT_WINDOW_MS - now;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#limit;
    return 0;
  }
}

/** What the tenant of this object may still use of it. */
export class Gate {
  readonly #quotas: Quotas;
  readonly #census: Census;
  readonly #storedBytes: () => number;
  readonly #rate: SubmitRate;

  constructor(quotas: Quotas, census: Census, storedBytes: () => number) {
    this.#quotas = quotas;
    this.#census = census;
    this.#storedBytes = storedBytes;
    this.#rate = new SubmitRate(quotas.submitsPerMinute);
  }

  /** Lets a caller's job in. @returns why not; then it does not count as a submit either */
  admit(now: number): QuotaError | undefined {
    const full = this.admitChild();
    const limit = this.#quotas.submitsPerMinute;
    if (full !== undefined || limit === 0) return full;
    const wait = this.#rate.take(now);
    return wait === 0 ? undefined : { code: "too_many_submits", limit, retry_after_ms: wait };
  }

  /** Lets a child in, which nobody submits. @returns why not */
  admitChild(): Full | undefined {
    const { activeJobs, storedBytes } = this.#quotas;
    const active = activeJobs === 0 ? 0 : this.#census.counts.active;
    if (active >= activeJobs && activeJobs > 0) return { code: "too_many_active", active, limit: activeJobs };
    const stored = storedBytes === 0 ? 0 : this.#storedBytes();
    if (stored < storedBytes || storedBytes === 0) return undefined;
    return { code: "storage_full", stored_bytes: stored, limit_bytes: storedBytes };
  }

  get limitsPlaces(): boolean {
    return this.#quotas.runningJobs > 0;
  }

  /** Jobs that may be handed to the engine now. */
  freePlaces(): number {
    if (!this.limitsPlaces) return Number.POSITIVE_INFINITY;
    return Math.max(this.#quotas.runningJobs - this.#census.counts.running, 0);
  }
}

/** Why a step fails that could not start its child. */
export function childRefused(full: Full): StepError {
  switch (full.code) {
    case "too_many_active": {
      const message = `No child was started: ${full.active} jobs have not settled, the most is ${full.limit}. Retry when some have.`;
      return { code: full.code, message };
    }
    case "storage_full": {
      const message = `No child was started: ${full.stored_bytes} bytes are stored, the most is ${full.limit_bytes}. Delete settled jobs with jobs_delete, then retry.`;
      return { code: full.code, message };
    }
    default:
      return full satisfies never;
  }
}
