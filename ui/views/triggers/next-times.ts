import { planOfTimes } from "../../../src/triggers/plan-of-times.ts";
import { lastTime } from "../../../src/triggers/schedule.ts";
import type { ScheduleFields } from "../../../src/triggers/trigger-document.ts";

const DAY_MS = 86_400_000;

/**
 * The times that the server tells, and those that follow, by the server's own rules.
 * @param known ISO 8601, in order; its jitter is in them
 */
export function nextTimes(schedule: ScheduleFields, known: readonly string[], count: number): number[] {
  const times = known.map((at) => Date.parse(at));
  const latest = times.at(-1);
  if (latest === undefined) return [];
  // An interval counts from any of its times as from its beginning.
  const { every } = schedule;
  const counted = every === undefined ? schedule : { ...schedule, starts_at: new Date(latest).toISOString() };
  const { table } = planOfTimes(counted, latest, 0);
  const due = every === undefined ? lastTime(table, latest - DAY_MS, latest) : latest;
  if (due === undefined) return times;
  for (let next = table.next(due); next !== undefined && times.length < count; next = table.next(next)) {
    times.push(next + latest - due);
  }
  return times.slice(0, count);
}
