import type { JobStatus } from "../../../src/jobs/view.ts";
import { ago, lengthOf } from "../../lib/format.ts";

function verdict(job: JobStatus, now: number): string {
  const { status, step, message, error, run_at, wakes_at } = job;
  const doing = [step && `at ${step}`, message].filter(Boolean).join(": ");
  switch (status) {
    case "queued":
      return run_at === undefined ? "It waits for its turn." : `It starts ${ago(run_at, now)}.`;
    case "running":
      return `It runs${doing === "" ? "" : `, ${doing}`}.${wakes_at === undefined ? "" : ` It wakes ${ago(wakes_at, now)}.`}`;
    case "input_required":
      return "It asks, and goes on with an answer.";
    case "succeeded":
      return `It succeeded after ${took(job, now)}.`;
    case "failed":
      return `It failed after ${took(job, now)}: ${error ?? ""}`;
    default:
      return `It was cancelled. ${error ?? ""}`;
  }
}

export function took({ submitted_at, started_at, completed_at }: JobStatus, now: number): string {
  const end = completed_at === null ? now : Date.parse(completed_at);
  return lengthOf(end - Date.parse(started_at ?? submitted_at));
}

/** How it stands, in one sentence. */
export function Verdict({ job, now }: { job: JobStatus; now: number }) {
  return <p class={`verdict ${job.status === "failed" ? "bad-ink" : ""}`}>{verdict(job, now)}</p>;
}
