import type { JobRow } from "../../src/jobs/view.ts";
import { ago, exactTime, lengthOf } from "../lib/format.ts";
import { hrefOf } from "../lib/router.ts";
import { Progress, Status } from "./status.tsx";

interface JobLineProps {
  job: JobRow;
  now: number;
  isPicked?: boolean;
}

/** What a queued job waits for, in a few words. */
function reason({ status, blocked_by }: JobRow): string | undefined {
  if (status !== "queued" || blocked_by === null || blocked_by === undefined) return undefined;
  const { limit, key, running, position } = blocked_by;
  const place = position === null ? "" : `, ${position} in line`;
  if (limit === "run_at") return "It begins later";
  if (limit === "concurrency") return `It waits for ${key ?? "its blueprint"}${place}`;
  return limit === "running_jobs" ? `${running ?? "Enough"} jobs run${place}` : `It waits for the engine${place}`;
}

/** One job of a list. */
export function JobLine({ job, now, isPicked = false }: JobLineProps) {
  const { id, name, status, blueprint, error, progress, submitted_at, completed_at } = job;
  return (
    <a class={`row ${isPicked ? "picked" : ""}`} href={hrefOf(["jobs", id])} data-job={id}>
      <Status of={status} />
      <span class="name">
        {name}
        <span class={`under ${error === null ? "" : "bad-ink"}`}>{error ?? reason(job) ?? blueprint}</span>
      </span>
      <span class="optional">
        {completed_at === null ? (
          <Progress share={progress} status={status} />
        ) : (
          <span class="quiet">{lengthOf(Date.parse(completed_at) - Date.parse(submitted_at))}</span>
        )}
      </span>
      <time dateTime={submitted_at} title={exactTime(submitted_at)}>
        {ago(submitted_at, now)}
      </time>
    </a>
  );
}
