import { useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { lazy } from "../../lib/lazy.ts";
import type { Plan } from "./graph/graph-layout.ts";
import type { GraphProps } from "./graph/graph-picture.tsx";
import { stepsAt } from "./replayed.ts";
import { Scrubber } from "./scrubber.tsx";
import { Waterfall } from "./waterfall.tsx";

const Graph = lazy<GraphProps>(async () => (await import("./graph/graph-picture.tsx")).GraphPicture);

interface StepViewsProps {
  job: JobStatus;
  now: number;
  picked: string | undefined;
  onPick: (id: string | undefined) => void;
  /** So many events had happened, where the viewer has gone back. */
  at: number | undefined;
  onMove: (at: number | undefined) => void;
}

const VIEWS = ["Waterfall", "Graph"] as const;

/** The steps over time, or as a graph, as they stand or as they stood. */
export function StepViews({ job, now, picked, onPick, at, onMove }: StepViewsProps) {
  const [view, setView] = useState<(typeof VIEWS)[number]>("Waterfall");
  const { steps = [], events = [], plan } = job;
  if (steps.length === 0) return null;
  const then = at === undefined ? undefined : events[at - 1];
  const shown = at === undefined ? steps : stepsAt(job, at);
  const time = then === undefined ? now : Date.parse(then.at);
  return (
    <section class="card">
      <h2 class="with-button">
        Steps
        <span class="chips">
          {VIEWS.map((each) => (
            <button key={each} type="button" aria-pressed={each === view} onClick={() => setView(each)}>
              {each}
            </button>
          ))}
        </span>
      </h2>
      {view === "Waterfall" || plan === undefined ? (
        <Waterfall job={job} steps={shown} now={time} picked={picked} onPick={onPick} />
      ) : (
        <Graph plan={plan as Plan} steps={shown} picked={picked} onPick={onPick} />
      )}
      <Scrubber events={events} at={at} onMove={onMove} />
    </section>
  );
}
