import { useRef } from "preact/hooks";
import type { JobStats } from "../../../src/jobs/statistics.ts";
import type { JobRow } from "../../../src/jobs/view.ts";
import type { JobPage } from "../../lib/api.ts";
import { ago, lengthOf } from "../../lib/format.ts";
import { useLive, useNow } from "../../lib/live.ts";
import { hrefOf, place, refine } from "../../lib/router.ts";
import { JobLine } from "../../parts/job-row.tsx";
import { Problem } from "../../parts/problem.tsx";
import { FailingDeliveries, NextRuns } from "./concerns.tsx";
import { FailureGroups } from "./failure-groups.tsx";
import { ACTIVE, type ByStatus, loadHome, type Seen, SHOWN } from "./home-loading.ts";
import { Trends } from "./trends.tsx";

/** What changes is seen within a second, the way to the server and back included. */
const EVERY_MS = 500;

const PERIODS = ["1 hour", "6 hours", "1 day", "7 days"] as const;

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

function Tile({ href, value, name }: { href: string; value: string; name: string }) {
  return (
    <a class="tile" href={href}>
      <strong>{value}</strong>
      <span class="quiet">{name}</span>
    </a>
  );
}

function Tiles({ byStatus, stats }: { byStatus: ByStatus; stats: JobStats }) {
  const { statuses, success_rate } = stats;
  const ended = (status: "succeeded" | "failed", name: string) => (
    <Tile href={hrefOf(["jobs"], { status })} value={String(statuses[status] ?? 0)} name={name} />
  );
  return (
    <div class="tiles">
      {ACTIVE.map(([status, name]) => (
        <Tile key={status} href={hrefOf(["jobs"], { status })} value={countOf(byStatus[status])} name={name} />
      ))}
      {ended("succeeded", "Succeeded")}
      {ended("failed", "Failed")}
      <Tile
        href={hrefOf(["jobs"])}
        value={success_rate === null ? "none" : `${Math.round(success_rate * 100)} %`}
        name="Success rate"
      />
    </div>
  );
}

function Periods({ picked }: { picked: string }) {
  return (
    <fieldset class="chips" aria-label="Period">
      {PERIODS.map((period) => (
        <button key={period} type="button" aria-pressed={period === picked} onClick={() => refine({ period })}>
          {period}
        </button>
      ))}
    </fieldset>
  );
}

/** Of the queued ones the oldest, and why it has not begun. */
function oldestTitle({ oldest_queued }: JobStats, now: number): string {
  return oldest_queued === null ? "Queued" : `Queued, the oldest for ${lengthOf(now - Date.parse(oldest_queued))}`;
}

/** What needs somebody, what goes on, and how it has gone. */
export function Home() {
  const period = place.value.query.get("period") ?? "1 day";
  const seen = useRef<Seen>(undefined);
  const load = async () => {
    seen.current = await loadHome(period, seen.current);
    return seen.current;
  };
  const { value, error } = useLive(`home ${period}`, load, () => EVERY_MS);
  const now = useNow(true);
  if (value === undefined) return <Problem error={error} />;
  const { byStatus, latest, stats, triggers, subscriptions } = value;
  return (
    <>
      <div class="head">
        <h1>Home</h1>
        <div class="actions">
          <Periods picked={period} />
        </div>
      </div>
      <Problem error={error} />
      <Tiles byStatus={byStatus} stats={stats} />
      {latest.length === 0 && <Welcome />}
      <Rows title="They ask" jobs={byStatus.input_required.jobs.slice(0, SHOWN)} now={now} />
      <Trends stats={stats} period={period} now={now} />
      <FailureGroups failures={stats.failures} />
      <FailingDeliveries subscriptions={subscriptions} now={now} />
      <Rows title={oldestTitle(stats, now)} jobs={byStatus.queued.jobs.slice(-SHOWN).reverse()} now={now} />
      <NextRuns triggers={triggers} now={now} />
      <Rows title="Latest jobs" jobs={latest} now={now} />
      {stats.truncated && (
        <p class="quiet">The figures are of the newest jobs of the period, from {ago(stats.since, now)} on.</p>
      )}
    </>
  );
}
