import type { EventView } from "../../../src/jobs/view.ts";
import { clockTime } from "../../lib/format.ts";

interface ScrubberProps {
  events: readonly EventView[];
  /** So many have happened; undefined: all, and what is to come. */
  at: number | undefined;
  onMove: (at: number | undefined) => void;
}

/** Goes back to any event, to see how the steps stood then. */
export function Scrubber({ events, at, onMove }: ScrubberProps) {
  if (events.length < 2) return null;
  const event = at === undefined ? undefined : events[at - 1];
  const move = (value: number) => onMove(value >= events.length ? undefined : value);
  return (
    <div class="scrubber">
      <button type="button" class="plain" aria-label="One event back" onClick={() => move((at ?? events.length) - 1)}>
        ‹
      </button>
      <input
        type="range"
        aria-label="Event"
        min={1}
        max={events.length}
        value={at ?? events.length}
        onInput={(input) => move(Number(input.currentTarget.value))}
      />
      <button type="button" class="plain" aria-label="One event on" onClick={() => move((at ?? events.length) + 1)}>
        ›
      </button>
      <span class="quiet" role="status">
        {event === undefined
          ? `now, after ${events.length} events`
          : `${clockTime(event.at)}, event ${event.seq}: ${event.type.replaceAll("_", " ")}`}
      </span>
    </div>
  );
}
