import { oneLine } from "../lib/safe-text.ts";
import { MAX_ERROR_CHARS, MAX_OUTPUT_BYTES } from "../limits.ts";
import type { ErrorCode } from "./error-codes.ts";
import { type Job, type RunState, type StepError, stepState } from "./job.ts";
import { topLevelStep } from "./run/action-keys.ts";
import { withEvent } from "./run/timeline.ts";
import { transition } from "./status.ts";

/** Why a result of so many bytes is none; undefined: it may be one. */
export function resultTooLarge(bytes: number): StepError | undefined {
  if (bytes <= MAX_OUTPUT_BYTES) return undefined;
  const message = `The result has ${bytes} bytes, the most is ${MAX_OUTPUT_BYTES}. Return less in the blueprint's output.`;
  return { code: "output_too_large", message };
}

export type Outcome =
  | ({ name: "succeeded"; early?: { message: string | null } | undefined } & Pick<Job, "result_path" | "result_json">)
  /** `path` is the step that failed; null when the job as a whole did. */
  | { name: "failed"; error: StepError; path: string | null }
  | { name: "cancelled"; reason: string | null; code?: ErrorCode };

/** Nobody runs it any more. */
function closed({ runner: _ended, ...run }: RunState): RunState {
  return { ...run, open: {} };
}

/** What has not ended is cancelled with the job. */
function endedRun(run: RunState, now: number): RunState {
  const steps = Object.entries(run.steps).map(([id, step]) =>
    step.completed_at === null ? [id, { ...step, status: "cancelled", completed_at: now }] : [id, step],
  );
  return { ...closed(run), steps: Object.fromEntries(steps) };
}

function failed(job: Job, path: string | null, error: StepError, now: number): Job {
  const message = oneLine(error.message, MAX_ERROR_CHARS);
  const run = endedRun(job.run, now);
  if (path === null) return { ...job, run, error: message, error_code: error.code };
  const step = topLevelStep(path);
  const before = stepState(job.run, step) ?? { tries: 0, started_at: now };
  const steps = { ...run.steps, [step]: { ...before, status: "failed" as const, completed_at: now, error: message } };
  const culprit = { ...job, step, run: { ...run, steps }, error: `Step ${path}: ${message}`, error_code: error.code };
  return withEvent(culprit, "step_failed", now, path, message);
}

/**
 * Settle the job: final for ever. Idempotent: undefined when the status does not allow it, because another
 * outcome came first.
 * @param now epoch ms, from the registry's clock
 * @param keepMs how long a settled job is kept
 */
export function settle(job: Job, outcome: Outcome, now: number, keepMs: number): Job | undefined {
  const status = transition(job.status, outcome.name);
  if (status === undefined) return undefined;
  const settled: Job = { ...job, status, settled_at: now, due_at: now + keepMs, message: null };
  switch (outcome.name) {
    case "succeeded": {
      const { result_path, result_json, early } = outcome;
      // A plan that ends early leaves steps open.
      const run = early === undefined ? closed(job.run) : endedRun(job.run, now);
      const said = early?.message ?? null;
      const done = { ...settled, result_path, result_json, run };
      return withEvent(done, "settled", now, null, said === null ? status : `${status}: ${said}`);
    }
    case "failed": {
      const broken = failed(settled, outcome.path, outcome.error, now);
      return withEvent(broken, "settled", now, null, `${status}: ${outcome.error.code}`);
    }
    case "cancelled": {
      // A reason of which nothing can be seen is none.
      const reason = oneLine(outcome.reason ?? "", MAX_ERROR_CHARS) || null;
      const error_code = outcome.code ?? null;
      const ended = { ...settled, error: reason, error_code, run: endedRun(job.run, now) };
      return withEvent(ended, "settled", now, null, reason === null ? status : `${status}: ${reason}`);
    }
    default:
      return outcome satisfies never;
  }
}
