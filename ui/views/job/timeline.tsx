import type { EventView } from "../../../src/jobs/view.ts";
import { clockTime } from "../../lib/format.ts";

/** What was recorded, in order; of one step when one is picked. */
export function Timeline({ events, step }: { events: readonly EventView[]; step: string | undefined }) {
  const shown = step === undefined ? events : events.filter((event) => event.step === step);
  return (
    <section class="card">
      <h2>Timeline {step !== undefined && <span class="quiet">of {step}</span>}</h2>
      <ol class="moments">
        {shown.map(({ seq, at, type, step, message }) => (
          <li key={seq}>
            <time dateTime={at} title={at}>
              {clockTime(at)}
            </time>
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
