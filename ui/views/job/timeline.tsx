import type { EventView } from "../../../src/jobs/view.ts";
import { clockTime } from "../../lib/format.ts";

/** Of the step, or of something inside it. */
export const isOfStep = ({ step }: EventView, id: string): boolean =>
  step?.startsWith(id) === true && /^$|^[.[#]/.test(step.slice(id.length));

interface TimelineProps {
  events: readonly EventView[];
  step: string | undefined;
  /** So many of them had happened where the viewer has gone back. */
  at: number | undefined;
  onMove: (at: number | undefined) => void;
}

/** What was recorded, in order; of one step when one is picked. */
export function Timeline({ events, step, at, onMove }: TimelineProps) {
  const shown = step === undefined ? events : events.filter((event) => isOfStep(event, step));
  return (
    <section class="card">
      <h2>Timeline {step !== undefined && <span class="quiet">of {step}</span>}</h2>
      <ol class="moments">
        {shown.map(({ seq, at: time, type, step, message }) => (
          <li key={seq} class={at !== undefined && seq > at ? "later" : ""}>
            <button type="button" class="plain" title={`${time}: show how it stood then`} onClick={() => onMove(seq)}>
              <time dateTime={time}>{clockTime(time)}</time>
            </button>
            <span>
              <span class={type.includes("fail") ? "bad-ink" : ""}>{type.replaceAll("_", " ")}</span>{" "}
              {step !== null && <code>{step}</code>} <span class="quiet">{message}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
