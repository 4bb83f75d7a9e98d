import type { JobStatus, StepView } from "../../../src/jobs/view.ts";
import { lengthOf, plural } from "../../lib/format.ts";
import { HeatStrip } from "./heat-strip.tsx";

interface Span {
  start: number;
  end: number;
}

const spanOf = ({ started_at, completed_at }: StepView, now: number): Span | undefined =>
  started_at === null
    ? undefined
    : { start: Date.parse(started_at), end: completed_at === null ? now : Date.parse(completed_at) };

const share = (at: number, { start, end }: Span): string =>
  `${(Math.min(Math.max((at - start) / Math.max(end - start, 1), 0), 1) * 100).toFixed(3)}%`;

/** Where a step was tried again, as the timeline tells it. */
function retriesOf({ events = [] }: JobStatus, { id }: StepView): number[] {
  return events.filter(({ type, step }) => type === "step_retrying" && step === id).map(({ at }) => Date.parse(at));
}

interface FallProps {
  job: JobStatus;
  step: StepView;
  whole: Span;
  now: number;
  isPicked: boolean;
  onPick: (id: string | undefined) => void;
}

function detail({ tries, items }: StepView): string {
  const rows = items && `${items.done} of ${items.total}${items.failed > 0 ? `, ${items.failed} failed` : ""}`;
  return [rows, tries > 1 ? plural(tries, "try").replace("trys", "tries") : undefined].filter(Boolean).join(", ");
}

function Fall({ job, step, whole, now, isPicked, onPick }: FallProps) {
  const span = spanOf(step, now);
  const from = span && share(span.start, whole);
  const width = span && share(whole.start + (span.end - span.start), whole);
  return (
    <li>
      <button
        type="button"
        class="fall"
        aria-pressed={isPicked}
        title={step.error ?? ""}
        onClick={() => onPick(isPicked ? undefined : step.id)}
      >
        <span class="what">
          <i class={`dot ${step.status} ${step.status === "running" ? "pulse" : ""}`} />
          <b>{step.id}</b>
          <small>
            {step.type} {detail(step)}
          </small>
        </span>
        <span class="lane">
          {from && width && <i class={step.status} style={{ left: from, width }} />}
          {from && width && <HeatStrip step={step} events={job.events ?? []} left={from} width={width} />}
          {retriesOf(job, step).map((at) => (
            <i key={at} class="tick" style={{ left: share(at, whole) }} />
          ))}
        </span>
        <span class="number">{span ? lengthOf(span.end - span.start) : step.status}</span>
      </button>
    </li>
  );
}

interface WaterfallProps {
  job: JobStatus;
  steps: readonly StepView[];
  now: number;
  picked: string | undefined;
  onPick: (id: string | undefined) => void;
}

/** Each step of the plan over the job's time. */
export function Waterfall({ job, steps, now, picked, onPick }: WaterfallProps) {
  const spans = steps.flatMap((step) => spanOf(step, now) ?? []);
  const start = Math.min(Date.parse(job.started_at ?? job.submitted_at), ...spans.map((span) => span.start));
  const end = Math.max(start + 1, ...spans.map((span) => span.end));
  return (
    <ol class="falls">
      {steps.map((step) => (
        <Fall key={step.id} {...{ job, step, whole: { start, end }, now, isPicked: step.id === picked, onPick }} />
      ))}
    </ol>
  );
}
