import type { JobRow } from "../../src/jobs/view.ts";
import { ago, exactTime, lengthOf } from "../lib/format.ts";
import { hrefOf } from "../lib/router.ts";
import { Progress, Status } from "./status.tsx";

/** One job of a list. */
export function JobLine({ job, now, isPicked = false }: { job: JobRow; now: number; isPicked?: boolean }) {
  return (
    <a class={`row ${isPicked ? "picked" : ""}`} href={hrefOf(["jobs", job.id])} data-job={job.id}>
      <Status of={job.status} />
      <span class="name">
        {job.name}
        <span class={`under ${job.error === null ? "" : "bad-ink"}`}>{job.error ?? job.blueprint}</span>
      </span>
      <span class="optional">
        {job.completed_at === null ? (
          <Progress share={job.progress} status={job.status} />
        ) : (
          <span class="quiet">{lengthOf(Date.parse(job.completed_at) - Date.parse(job.submitted_at))}</span>
        )}
      </span>
      <time class="optional" dateTime={job.submitted_at} title={exactTime(job.submitted_at)}>
        {ago(job.submitted_at, now)}
      </time>
    </a>
  );
}
