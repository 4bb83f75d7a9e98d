import type { JobRow } from "../../src/jobs/view.ts";
import { get, type JobPage } from "../lib/api.ts";
import { useLive, useNow } from "../lib/live.ts";
import { hrefOf } from "../lib/router.ts";
import { JobLine } from "../parts/job-row.tsx";
import { Problem } from "../parts/problem.tsx";

/** So many are counted of each status; more are "and more". */
const COUNTED = 100;
const SHOWN = 6;
const EVERY_MS = 3_000;

const TILES = [
  ["running", "Running"],
  ["queued", "Queued"],
  ["input_required", "Asking"],
  ["failed", "Failed"],
  ["succeeded", "Succeeded"],
] as const;
type Counted = (typeof TILES)[number][0];

async function load() {
  const [latest, ...pages] = await Promise.all([
    get<JobPage>("/jobs", { limit: SHOWN }),
    ...TILES.map(async ([status]) => [status, await get<JobPage>("/jobs", { status, limit: COUNTED })] as const),
  ]);
  return { byStatus: Object.fromEntries(pages) as Record<Counted, JobPage>, latest: latest.jobs };
}

const countOf = ({ jobs, next_cursor }: JobPage): string => `${jobs.length}${next_cursor === null ? "" : "+"}`;

function Rows({ title, jobs, now }: { title: string; jobs: readonly JobRow[]; now: number }) {
  if (jobs.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <div class="card rows">
        {jobs.map((job) => (
          <JobLine key={job.id} job={job} now={now} />
        ))}
      </div>
    </section>
  );
}

const FIRST_JOB = `claude mcp add --transport http edge-jobs ${location.origin}/mcp`;

function Welcome() {
  return (
    <div class="card empty">
      <h2>No job yet</h2>
      <p>Connect an agent and ask it for background work, or submit a blueprint here.</p>
      <pre>{FIRST_JOB}</pre>
      <p>
        <a class="button" href={hrefOf(["jobs"], { new: "1" })}>
          New job
        </a>
      </p>
    </div>
  );
}

/** What needs somebody, and what goes on. */
export function Home() {
  const { value, error } = useLive("home", load, () => EVERY_MS);
  const now = useNow(true);
  if (value === undefined) return <Problem error={error} />;
  const { byStatus, latest } = value;
  return (
    <>
      <div class="head">
        <h1>Home</h1>
      </div>
      <Problem error={error} />
      <div class="tiles">
        {TILES.map(([status, name]) => (
          <a key={status} class="tile" href={hrefOf(["jobs"], { status })}>
            <strong>{countOf(byStatus[status])}</strong>
            <span class="quiet">{name}</span>
          </a>
        ))}
      </div>
      {latest.length === 0 && <Welcome />}
      <Rows title="They ask" jobs={byStatus.input_required.jobs.slice(0, SHOWN)} now={now} />
      <Rows title="Latest failures" jobs={byStatus.failed.jobs.slice(0, SHOWN)} now={now} />
      <Rows title="Latest jobs" jobs={latest} now={now} />
    </>
  );
}
