import { type Job, openWork, type StepError } from "../jobs/job.ts";
import { type Json, jsonBytes } from "../jobs/json.ts";
import { applyMarks, begin, finish, isFenced, type Mark, rest, retrying, start } from "../jobs/reports.ts";
import { type Outcome, settle } from "../jobs/settle.ts";
import { sourcesOf } from "../jobs/status.ts";
import { MAX_OUTPUT_BYTES } from "../limits.ts";
import type { Begun, RunnerApi, RunOutcome, RunPlan, RunRef, Stop } from "./api.ts";
import type { Ledger } from "./ledger.ts";
import { INPUT_PATH, RESULT_PATH } from "./queries.ts";

const STOP: Stop = { do: "stop" };
const GO = { do: "go" } as const;

/** The engine's reports. Fenced by attempt, idempotent, safe out of order: a stale one changes nothing. */
export class RunReports implements RunnerApi {
  readonly #ledger: Ledger;
  readonly #now: () => number;
  readonly #retentionMs: number;

  constructor(ledger: Ledger, now: () => number, retentionMs: number) {
    this.#ledger = ledger;
    this.#now = now;
    this.#retentionMs = retentionMs;
  }

  async start(ref: RunRef): Promise<RunPlan | Stop> {
    return this.#report<RunPlan>(ref, (job, now) => {
      const next = start(job, now);
      const { queries } = this.#ledger;
      const input = JSON.parse(queries.valueJson(job.job_id, INPUT_PATH) ?? "{}");
      const plan = JSON.parse(queries.planJson(job.plan_hash));
      const times = { submitted_at: next.submitted_at, started_at: next.started_at ?? now };
      return { next, from: sourcesOf("started"), reply: { do: "run", plan, input, ...times } };
    });
  }

  async begin(ref: RunRef, path: string, token: string, withinMs: number, marks: Mark[]): Promise<Begun | Stop> {
    return this.#report<Begun>(ref, (job, now) => {
      const marked = this.#mark(job, marks, now);
      const stored = this.#ledger.queries.valueJson(job.job_id, path);
      if (stored !== undefined) return { next: marked, reply: { do: "reuse", output: JSON.parse(stored) } };
      const { job: next, opening } = begin(marked, path, token, withinMs, now);
      return { next, reply: opening };
    });
  }

  async retrying(ref: RunRef, path: string, error: StepError, delayMs: number, withinMs: number) {
    return this.#report<typeof GO>(ref, (job, now) => {
      return { next: retrying(job, path, error, delayMs, withinMs, now), reply: GO };
    });
  }

  async finish(ref: RunRef, path: string, output: Json, error: StepError | null) {
    return this.#report<typeof GO>(ref, (job, now) => {
      this.#ledger.queries.insertValue(job.job_id, path, output);
      return { next: finish(job, path, error ?? undefined, now), reply: GO };
    });
  }

  async rest(ref: RunRef, path: string, wakeAt: number, marks: Mark[]) {
    return this.#report<{ do: "rest"; wake_at: number }>(ref, (job, now) => {
      if (this.#ledger.queries.valueJson(job.job_id, path) !== undefined) {
        return { next: this.#mark(job, marks, now), reply: { do: "rest", wake_at: now } };
      }
      const resting = rest(this.#mark(job, marks, now), path, wakeAt, now);
      return { next: resting.job, reply: { do: "rest", wake_at: resting.wakeAt } };
    });
  }

  async mark(ref: RunRef, marks: Mark[]) {
    return this.#report<typeof GO>(ref, (job, now) => ({ next: this.#mark(job, marks, now), reply: GO }));
  }

  async settle(ref: RunRef, outcome: RunOutcome, marks: Mark[]): Promise<void> {
    this.#report<typeof GO>(ref, (job, now) => {
      const kept = this.#keepResult(job, outcome);
      const next = settle(this.#mark(job, marks, now), kept, now, this.#retentionMs);
      return { next: next ?? job, from: sourcesOf(kept.name), reply: GO };
    });
  }

  /** A rest that is over is stored like an output, so that no later run rests again. */
  #mark(job: Job, marks: readonly Mark[], now: number): Job {
    for (const { path, status } of marks) {
      const rested = status === "succeeded" && openWork(job.run, path)?.wake_at !== undefined;
      if (rested) this.#ledger.queries.insertValue(job.job_id, path, {});
    }
    return applyMarks(job, marks, now);
  }

  /** Store a result that no step stored, and say where it is. */
  #keepResult(job: Job, outcome: RunOutcome): Outcome {
    if (outcome.name === "failed") return outcome;
    if ("output_path" in outcome) return { name: "succeeded", resultPath: outcome.output_path };
    const bytes = jsonBytes(outcome.output);
    if (bytes > MAX_OUTPUT_BYTES) {
      const message = `The result has ${bytes} bytes, the most is ${MAX_OUTPUT_BYTES}. Return less in the blueprint's output.`;
      return { name: "failed", error: { code: "output_too_large", message }, path: null };
    }
    this.#ledger.queries.insertValue(job.job_id, RESULT_PATH, outcome.output);
    return { name: "succeeded", resultPath: RESULT_PATH };
  }

  #report<Reply>(
    ref: RunRef,
    apply: (job: Job, now: number) => { next: Job; reply: Reply; from?: ReturnType<typeof sourcesOf> },
  ): Reply | Stop {
    return this.#ledger.transact(() => {
      const job = this.#ledger.queries.job(ref.tenant, ref.job_id);
      if (job === undefined || isFenced(job, ref.attempt)) return STOP;
      const { next, reply, from } = apply(job, this.#now());
      const statuses = next.status === job.status ? [job.status] : (from ?? [job.status]);
      return this.#ledger.save(job, next, statuses) ? reply : STOP;
    });
  }
}
