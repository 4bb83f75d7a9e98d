import type { ScheduleFields } from "../../../src/triggers/trigger-document.ts";
import { ago, exactTime } from "../../lib/format.ts";
import { nextTimes } from "./next-times.ts";

const SHOWN = 20;
const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

interface NextRunsProps {
  schedule: ScheduleFields;
  known: readonly string[];
  now: number;
}

/** In the viewer's zone, whatever the trigger's is. */
export function NextRuns({ schedule, known, now }: NextRunsProps) {
  const times = nextTimes(schedule, known, SHOWN).map((at) => new Date(at).toISOString());
  if (times.length === 0) return null;
  return (
    <section class="card">
      <h2>
        Next <span class="quiet">in {ZONE}</span>
      </h2>
      <ol class="times">
        {times.map((at) => (
          <li key={at}>
            <time dateTime={at}>{exactTime(at)}</time> <span class="quiet">{ago(at, now)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
