import { useEffect, useRef } from "preact/hooks";
import { isSettled } from "../../../src/jobs/status.ts";
import type { JobStatus, StepView } from "../../../src/jobs/view.ts";
import { get } from "../../lib/api.ts";
import { exactTime, jsonText, lengthOf } from "../../lib/format.ts";
import { useLive } from "../../lib/live.ts";
import type { Explanation } from "../../lib/types.ts";
import { Act } from "../../parts/act.tsx";
import { Problem } from "../../parts/problem.tsx";
import { ScrollingText } from "../../parts/scrolling.tsx";
import { Status } from "../../parts/status.tsx";
import { retryCall } from "./retry-dialog.tsx";
import { isOfStep } from "./timeline.tsx";

interface DrawerProps {
  job: JobStatus;
  step: StepView;
  onRetry: () => void;
  onClose: () => void;
}

function Value({ title, value, none }: { title: string; value: unknown; none: string }) {
  return (
    <section>
      <h3>{title}</h3>
      {value === undefined ? (
        <p class="quiet">{none}</p>
      ) : (
        <ScrollingText label={title}>{jsonText(value)}</ScrollingText>
      )}
    </section>
  );
}

const inputOf = ({ filled }: Explanation): { value: unknown; none: string } => {
  if (filled === undefined) return { value: undefined, none: "" };
  return "fault" in filled ? { value: undefined, none: filled.fault } : { value: filled.value, none: "" };
};

function Values({ job, step }: { job: JobStatus; step: StepView }) {
  const { value, error } = useLive(
    `${job.id} ${step.id} ${step.status}`,
    () => get<Explanation>(`/jobs/${encodeURIComponent(job.id)}/explanation`, { step: step.id }),
    () => 0,
  );
  if (value === undefined) return <Problem error={error} />;
  const none = step.type === "transform" ? "It is computed when it is needed." : "There is none, or it is too large.";
  return (
    <>
      <Value title="Input, after its templates" {...inputOf(value)} />
      <Value title="Output" value={value.outputs[step.id]} none={none} />
    </>
  );
}

function times({ started_at, completed_at }: StepView): string {
  if (started_at === null) return "It has not begun.";
  const began = `Began ${exactTime(started_at)}`;
  if (completed_at === null) return began;
  return `${began}, took ${lengthOf(Date.parse(completed_at) - Date.parse(started_at))}`;
}

/** Has the focus when it opens, and gives it back when it closes, unless it is somewhere else by then. */
function useFocus() {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = ref.current;
    const before = document.activeElement;
    element?.focus({ preventScroll: true });
    return () => {
      if (element?.contains(document.activeElement) && before instanceof HTMLElement) before.focus();
    };
  }, []);
  return ref;
}

/** Everything of one step. */
export function StepDrawer({ job, step, onRetry, onClose }: DrawerProps) {
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent) => key === "Escape" && onClose();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const element = useFocus();
  const retries = (job.events ?? []).filter((event) => event.type === "step_retrying" && isOfStep(event, step.id));
  return (
    <aside ref={element} tabIndex={-1} class="drawer" aria-label={`Step ${step.id}`}>
      <header>
        <h2>{step.id}</h2>
        <Status of={step.status} />
        <button type="button" class="plain" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      <p class="quiet">
        {step.type}. {times(step)}
        {step.tries > 1 && `, ${step.tries} tries`}
      </p>
      {isSettled(job.status) && (
        <Act call={retryCall(job, step.id)} onClick={onRetry}>
          Retry from here
        </Act>
      )}
      {step.error !== null && <p class="problem">{step.error}</p>}
      {retries.length > 0 && (
        <section>
          <h3>Tries that failed</h3>
          <ol class="plain-list">
            {retries.map(({ seq, message }) => (
              <li key={seq}>{message}</li>
            ))}
          </ol>
        </section>
      )}
      <Values job={job} step={step} />
    </aside>
  );
}
