import type { JobStatus } from "../../../src/jobs/view.ts";
import { get, type JobPage } from "../../lib/api.ts";
import { useLive } from "../../lib/live.ts";
import { hrefOf } from "../../lib/router.ts";
import { JobLine } from "../../parts/job-row.tsx";

const SHOWN = 20;
const EVERY_MS = 500;

const isOpen = ({ completed_at }: Pick<JobStatus, "completed_at">): boolean => completed_at === null;

/** Jobs that this one started, and the one that takes back what it did. */
export function Relatives({ job, now }: { job: JobStatus; now: number }) {
  const { value } = useLive(
    `children ${job.id} ${job.status}`,
    () => get<JobPage>("/jobs", { parent_id: job.id, limit: SHOWN }),
    // A job that goes on may start its first child yet.
    ({ jobs }) => (isOpen(job) || jobs.some(isOpen) ? EVERY_MS : 0),
  );
  const children = value?.jobs ?? [];
  const { cleanup_job_id: cleanup } = job;
  if (children.length === 0 && cleanup === undefined) return null;
  return (
    <section>
      <h2>Children and cleanup</h2>
      {cleanup !== undefined && (
        <p>
          What it did is taken back by{" "}
          <a class="mono" href={hrefOf(["jobs", cleanup])}>
            {cleanup}
          </a>
        </p>
      )}
      <div class="card rows">
        {children.map((child) => (
          <JobLine key={child.id} job={child} now={now} />
        ))}
      </div>
      {value?.next_cursor && <a href={hrefOf(["jobs"], { parent_id: job.id })}>All of them</a>}
    </section>
  );
}
