import { MAX_ATTEMPTS, MAX_NUDGES, REPORT_GRACE_MS } from "../../limits.ts";
import { deadline, isUndispatched } from "../due.ts";
import type { Job, StepError } from "../job.ts";
import { isSettled } from "../status.ts";

/** What the engine says of an instance, in our words. `unreachable`: it did not answer. */
export type EngineState =
  | { state: "queued" | "running" | "waiting" | "paused" | "unknown_instance" | "unreachable" }
  | { state: "ended"; detail: string };

/** What to do about a job whose report is late. */
export type Repair =
  | { do: "nothing" }
  | { do: "dispatch" }
  | { do: "ask_engine" }
  | { do: "wait"; againInMs: number }
  | { do: "nudge"; againInMs: number }
  | { do: "next_attempt"; reason: string }
  | { do: "fail"; error: StepError };

/** What the job needs at `now` (epoch ms) by its row alone. */
export function triage(job: Job, now: number): Repair {
  if (isSettled(job.status)) return { do: "nothing" };
  const end = deadline(job);
  if (end !== undefined && end <= now) {
    const seconds = Math.round(job.timeout_ms / 1000);
    const message = `The job did not settle within ${seconds} s of its start. Raise timeout_seconds, or split the work.`;
    return { do: "fail", error: { code: "job_timeout", message } };
  }
  if (job.expected_by > now) return { do: "nothing" };
  return { do: isUndispatched(job) ? "dispatch" : "ask_engine" };
}

/** Milliseconds to leave the engine alone after this many nudges. */
export const backoff = (nudges: number): number => REPORT_GRACE_MS * 2 ** Math.min(nudges, MAX_NUDGES);

function lost(job: Job, reason: string): Repair {
  if (job.attempt < MAX_ATTEMPTS) return { do: "next_attempt", reason };
  const message = `The engine lost the job ${MAX_ATTEMPTS} times: ${reason}. Submit it again with jobs_submit_blueprint.`;
  return { do: "fail", error: { code: "engine_lost", message } };
}

/**
 * What to do about a silent job, given what the engine says of its instance. A local engine that was killed calls
 * an instance running or waiting although nothing runs it; any event wakes it, and harms nobody in production. One that
 * queues or waits is never given up and so is nudged for as long as it is silent: the event before may have been lost.
 */
export function diagnose(job: Job, engine: EngineState): Repair {
  switch (engine.state) {
    case "unreachable":
    case "paused":
      return { do: "wait", againInMs: backoff(job.nudges) };
    case "unknown_instance":
      return lost(job, "it does not know the instance");
    case "ended":
      return lost(job, `the instance ended without a report (${engine.detail})`);
    case "queued":
    case "waiting":
      return { do: "nudge", againInMs: backoff(job.nudges) };
    case "running":
      return job.nudges < MAX_NUDGES
        ? { do: "nudge", againInMs: backoff(job.nudges) }
        : lost(job, `no report after ${MAX_NUDGES} nudges`);
    default:
      return engine satisfies never;
  }
}
