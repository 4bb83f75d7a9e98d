import { iso } from "../lib/time.ts";
import type { Job } from "./job.ts";
import type { JobEvent } from "./run/timeline.ts";
import type { JobStatusName } from "./status.ts";

/** How a job went on behind a reader's back. Its timeline keeps every status, so none is missed by looking late. */

/** How far a reader has come: events of the timeline, and the status that followed. */
export interface ChangePlace {
  seq: number;
  status: JobStatusName;
}

/** A status that the job has left since, which no settled one is. Times are ISO 8601. */
export interface PastStatus extends ChangePlace {
  status: "queued" | "running" | "input_required";
  submitted_at: string;
  at: string;
  step: string | null;
  message: string | null;
}

export interface Progression {
  /** In their order; the present one is not among them. */
  past: PastStatus[];
  /** Whether anything has changed at all. */
  changed: boolean;
  /** Nothing but details has: a later change makes this one pointless. */
  passing: boolean;
}

/** The status that the event brought; undefined where it left the status, and what is asked, as it was. */
function statusAfter([type, , step]: JobEvent, asking: Set<string>): PastStatus["status"] | undefined {
  switch (type) {
    case "accepted":
      return "queued";
    case "started":
      return "running";
    case "input_requested":
      asking.add(step ?? "");
      return "input_required";
    case "answered":
    case "expired":
      asking.delete(step ?? "");
      return asking.size > 0 ? "input_required" : "running";
    default:
      return undefined;
  }
}

/** Every status that the timeline tells of, but for the last one of a settled job. */
function statuses(job: Job): PastStatus[] {
  const asking = new Set<string>();
  const submitted_at = iso(job.submitted_at);
  return job.events.flatMap((event, i): PastStatus[] => {
    const status = statusAfter(event, asking);
    const [, at, step = null, message = null] = event;
    return status === undefined ? [] : [{ seq: i + 1, status, submitted_at, at: iso(at), step, message }];
  });
}

/** What has happened to the job since the reader was at `place`. */
export function progressionSince(job: Job, place: ChangePlace): Progression {
  const since = statuses(job).filter(({ seq }) => seq > place.seq);
  // The present status is seen in the job itself.
  const past = since.at(-1)?.status === job.status ? since.slice(0, -1) : since;
  const changed = job.events.length > place.seq || job.status !== place.status;
  return { past, changed, passing: since.length === 0 && job.status === place.status };
}
