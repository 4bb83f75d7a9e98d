import { useEffect, useState } from "preact/hooks";
import type { JobRow } from "../../src/jobs/view.ts";
import { get, type JobPage } from "../lib/api.ts";
import { useLive, useNow } from "../lib/live.ts";
import { goTo, place, refine } from "../lib/router.ts";
import { JobLine } from "../parts/job-row.tsx";
import { Problem } from "../parts/problem.tsx";
import { SubmitDialog } from "./submit.tsx";

const STATUSES = ["queued", "running", "input_required", "succeeded", "failed", "cancelled"] as const;
const PAGE = 50;
const FAST_MS = 1_000;
const SLOW_MS = 4_000;
/** A page may be short and still not be the last: so many are asked for before it is shown. */
const MAX_SHORT_PAGES = 20;

async function load(query: URLSearchParams, wanted: number): Promise<JobPage> {
  const jobs: JobRow[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; cursor !== null && jobs.length < wanted && page < MAX_SHORT_PAGES; page++) {
    const filters = { status: query.getAll("status"), blueprint: query.get("blueprint") ?? undefined };
    const next: JobPage = await get<JobPage>("/jobs", { ...filters, limit: PAGE, cursor });
    jobs.push(...next.jobs);
    cursor = next.next_cursor;
  }
  return { jobs, next_cursor: cursor ?? null };
}

const isMoving = ({ status }: JobRow): boolean => ["queued", "running", "input_required"].includes(status);

function Filters() {
  const { query } = place.value;
  const picked = query.getAll("status")[0] ?? "";
  return (
    <div class="filters">
      <fieldset class="chips" aria-label="Status">
        {["", ...STATUSES].map((status) => (
          <button key={status} type="button" aria-pressed={picked === status} onClick={() => refine({ status })}>
            {status === "" ? "all" : status.replace("_", " ")}
          </button>
        ))}
      </fieldset>
      <input
        type="search"
        aria-label="Blueprint"
        placeholder="Blueprint: name, name@version or inline   ( / )"
        data-search
        value={query.get("blueprint") ?? ""}
        onChange={(event) => refine({ blueprint: event.currentTarget.value.trim() })}
      />
    </div>
  );
}

/** `j`, `k` and Enter go through the rows as in a mail program. */
function usePicked(jobs: readonly JobRow[]): string | undefined {
  const [picked, setPicked] = useState<string>();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLElement && event.target.closest("input,textarea,select,dialog")) return;
      const at = jobs.findIndex(({ id }) => id === picked);
      const to = { j: at + 1, k: Math.max(at - 1, 0) }[event.key];
      if (to !== undefined) setPicked(jobs[Math.min(to, jobs.length - 1)]?.id);
      if (event.key === "Enter" && picked !== undefined) goTo(["jobs", picked]);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [jobs, picked]);
  return picked;
}

const NOTHING: readonly JobRow[] = [];

export function Jobs() {
  const { query } = place.value;
  const [wanted, setWanted] = useState(PAGE);
  const [isSubmitting, setSubmitting] = useState(query.has("new"));
  const key = `${query} ${wanted}`;
  const { value, error, reload } = useLive(
    key,
    () => load(query, wanted),
    ({ jobs }) => (jobs.some(isMoving) ? FAST_MS : SLOW_MS),
  );
  const now = useNow(true);
  const jobs = value?.jobs ?? NOTHING;
  const picked = usePicked(jobs);
  return (
    <>
      <div class="head">
        <h1>Jobs</h1>
        <div class="actions">
          <button type="button" class="primary" onClick={() => setSubmitting(true)}>
            New job
          </button>
        </div>
      </div>
      <Filters />
      <Problem error={error} />
      <div class="card rows" aria-busy={value === undefined}>
        {jobs.map((job) => (
          <JobLine key={job.id} job={job} now={now} isPicked={job.id === picked} />
        ))}
        {value !== undefined && jobs.length === 0 && <p class="empty">No job is like that.</p>}
        {value === undefined && error === undefined && <p class="empty">Loading</p>}
      </div>
      {value?.next_cursor && (
        <button type="button" onClick={() => setWanted(wanted + 2 * PAGE)}>
          Older jobs
        </button>
      )}
      {isSubmitting && <SubmitDialog onClose={() => setSubmitting(false)} onDone={reload} />}
    </>
  );
}
