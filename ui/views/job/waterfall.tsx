import type { ComponentChildren } from "preact";
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

type OnPick = (id: string | undefined) => void;

interface FallProps {
  job: JobStatus;
  step: StepView;
  whole: Span;
  now: number;
  isPicked: boolean;
  onPick: OnPick | undefined;
}

function detail({ tries, items }: StepView): string {
  const rows = items && `${items.done} of ${items.total}${items.failed > 0 ? `, ${items.failed} failed` : ""}`;
  return [rows, tries > 1 ? plural(tries, "try").replace("trys", "tries") : undefined].filter(Boolean).join(", ");
}

type LineProps = Pick<FallProps, "step" | "isPicked" | "onPick"> & { children: ComponentChildren };

/** A step that shows more of itself is a button. */
function Line({ step, isPicked, onPick, children }: LineProps) {
  const title = step.error ?? "";
  if (onPick === undefined) {
    return (
      <div class="fall" title={title}>
        {children}
      </div>
    );
  }
  return (
    <button
      type="button"
      class="fall"
      aria-pressed={isPicked}
      title={title}
      onClick={() => onPick(isPicked ? undefined : step.id)}
    >
      {children}
    </button>
  );
}

function Fall({ job, step, whole, now, isPicked, onPick }: FallProps) {
  const span = spanOf(step, now);
  const from = span && share(span.start, whole);
  const width = span && share(whole.start + (span.end - span.start), whole);
  return (
    <li data-step={step.id} data-status={step.status}>
      <Line {...{ step, isPicked, onPick }}>
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
      </Line>
    </li>
  );
}

interface WaterfallProps {
  job: JobStatus;
  steps: readonly StepView[];
  now: number;
  picked?: string | undefined;
  /** Left out: there is nothing more to show of a step. */
  onPick?: OnPick;
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
