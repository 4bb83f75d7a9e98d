import { durationMs, parseTime } from "../blueprint/duration.ts";
import { type Timetable, timetable } from "./schedule.ts";
import { delayOf, type Overlap, type Rules } from "./tick.ts";
import type { ScheduleFields } from "./trigger-document.ts";

/** A schedule as it is counted. */
export interface PlanOfTimes {
  table: Timetable;
  rules: Rules;
  overlap: Overlap;
  /** null: no limit. */
  maxRuns: number | null;
}

function instant(text: string | undefined): number | null {
  const time = text === undefined ? undefined : parseTime(text);
  return time?.ok ? time.value : null;
}

/**
 * @param anchor epoch ms from which an interval counts that has no beginning: its first time is one interval later
 * @param share from 0 to below 1: which part of the jitter the trigger has
 */
export function planOfTimes(schedule: ScheduleFields, anchor: number, share: number): PlanOfTimes {
  const { cron = "", every, timezone, overlap, missed, catch_up, jitter, starts_at, ends_at, max_runs } = schedule;
  const from = instant(starts_at);
  const bounds = { from, until: instant(ends_at) };
  const everyMs = every === undefined ? 0 : durationMs(every);
  const times = every === undefined ? { cron, timezone } : { anchor: from ?? anchor + everyMs, everyMs };
  const delayMs = jitter === undefined ? 0 : delayOf(durationMs(jitter), share);
  return {
    table: timetable(times, bounds),
    rules: { missed, catchUpMs: durationMs(catch_up), delayMs },
    overlap,
    maxRuns: max_runs ?? null,
  };
}
