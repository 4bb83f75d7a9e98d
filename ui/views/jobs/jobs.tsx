import { useRef, useState } from "preact/hooks";
import type { JobRow } from "../../../src/jobs/view.ts";
import { plural } from "../../lib/format.ts";
import { useLive, useNow } from "../../lib/live.ts";
import { goTo, place, refine } from "../../lib/router.ts";
import { useKeys } from "../../lib/shortcuts.ts";
import { JobLine } from "../../parts/job-row.tsx";
import { Problem } from "../../parts/problem.tsx";
import { VirtualRows } from "../../parts/virtual-rows.tsx";
import { Filters } from "./filters.tsx";
import { loadJobs } from "./job-listing.ts";
import { SelectionBar } from "./selection-bar.tsx";
import { SubmitDialog } from "./submit.tsx";
import { type Steady, useSteady } from "./use-steady.ts";

const PAGE = 50;
/** What changes is seen within a second, the way to the server and back included. */
const EVERY_MS = 500;
/** More are loaded once, not again and again. */
const MAX_LIVE = 500;
const ROW_PX = 62;

const paceOf = (jobs: readonly JobRow[]): number => (jobs.length > MAX_LIVE ? 0 : EVERY_MS);

const NOTHING: readonly JobRow[] = [];
const NONE: ReadonlySet<string> = new Set();

interface Picking {
  picked: string | undefined;
  selected: ReadonlySet<string>;
  toggle: (id: string) => void;
  clear: () => void;
}

/** `j`, `k`, `x` and Enter go through the rows as in a mail program. */
function usePicking(jobs: readonly JobRow[]): Picking {
  const [picked, setPicked] = useState<string>();
  const [selected, setSelected] = useState(NONE);
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  useKeys((key) => {
    const at = jobs.findIndex(({ id }) => id === picked);
    const to = { j: at + 1, k: Math.max(at - 1, 0) }[key];
    if (to !== undefined) setPicked(jobs[Math.min(to, jobs.length - 1)]?.id);
    if (picked === undefined) return;
    if (key === "x") toggle(picked);
    if (key === "Enter") goTo(["jobs", picked]);
  });
  return { picked, selected, toggle, clear: () => setSelected(NONE) };
}

function Row({ job, now, picking }: { job: JobRow; now: number; picking: Picking }) {
  const { picked, selected, toggle } = picking;
  return (
    <div class="selectable" key={job.id}>
      <input
        type="checkbox"
        aria-label={`Select ${job.name}`}
        checked={selected.has(job.id)}
        onChange={() => toggle(job.id)}
      />
      <JobLine job={job} now={now} isPicked={job.id === picked} />
    </div>
  );
}

function NewOnes({ steady }: { steady: Steady }) {
  if (steady.waiting === 0) return null;
  return (
    <button type="button" class="new-ones" onClick={steady.show}>
      Show {plural(steady.waiting, "new job")}
    </button>
  );
}

export function Jobs() {
  const { query } = place.value;
  const [wanted, setWanted] = useState(PAGE);
  const filters = new URLSearchParams([...query].filter(([name, value]) => name !== "new" && value !== ""));
  const key = `${filters} ${wanted}`;
  const { value, error, reload } = useLive(
    key,
    () => loadJobs(filters, wanted),
    ({ jobs }) => paceOf(jobs),
  );
  // While more is loaded, what was there stays.
  const shown = useRef({ filters: "", value });
  if (value !== undefined || shown.current.filters !== String(filters))
    shown.current = { filters: String(filters), value };
  const page = shown.current.value;
  const steady = useSteady(String(filters), page?.jobs ?? NOTHING);
  const picking = usePicking(steady.jobs);
  const now = useNow(true);
  const isMore = page !== undefined && page.next_cursor !== null;
  return (
    <>
      <div class="head">
        <h1>Jobs</h1>
        <div class="actions">
          <button type="button" class="primary" onClick={() => refine({ new: "1" })}>
            New job
          </button>
        </div>
      </div>
      <Filters />
      <Problem error={error} />
      <SelectionBar query={filters} jobs={steady.jobs} {...picking} onDone={reload} />
      <NewOnes steady={steady} />
      <div class="card rows list" aria-busy={page === undefined}>
        <VirtualRows
          items={steady.jobs}
          rowHeight={ROW_PX}
          row={(job) => <Row key={job.id} {...{ job, now, picking }} />}
          onEnd={() => isMore && value !== undefined && setWanted(wanted + 2 * PAGE)}
        />
        {page !== undefined && page.jobs.length === 0 && <p class="empty">No job is like that.</p>}
        {page === undefined && error === undefined && <p class="empty">Loading</p>}
      </div>
      {query.has("new") && <SubmitDialog onClose={() => refine({ new: "" })} onDone={reload} />}
    </>
  );
}
