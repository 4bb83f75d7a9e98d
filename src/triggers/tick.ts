import { ON_TIME_MS } from "../limits.ts";
import { lastTime, type Timetable } from "./schedule.ts";

/** What becomes of the times at which a trigger was due. Pure; times are epoch ms. */

/** `last`: of those that were missed the last one runs; `all`: each; `none`: no one. */
export const MISSED = ["last", "all", "none"] as const;
/** What becomes of a time at which the job before is not over: `queue` keeps one, `cancel` ends that job. */
export const OVERLAPS = ["skip", "queue", "allow", "cancel"] as const;
export type Overlap = (typeof OVERLAPS)[number];

export interface Rules {
  missed: (typeof MISSED)[number];
  /** What is later than this never runs. */
  catchUpMs: number;
  /** By so much all times of the trigger are later than its timetable says: 0 without a jitter. */
  delayMs: number;
}

/** Times one after the other that nothing came of. */
export interface Span {
  from: number;
  to: number;
  count: number;
}

/** The times up to now of which nothing is written yet: these were missed, and this one is to run. */
export interface Tick {
  missed: Span | undefined;
  due: number | undefined;
  /** The first time that is left, also where it has passed; null: there is none. */
  next: number | null;
}

/** The times from `from` on that are up to `to`; undefined: there is none. */
export function spanOf(table: Timetable, from: number, to: number): Span | undefined {
  const count = table.count(from - 1, to);
  const last = count === 0 ? undefined : lastTime(table, from - 1, to);
  return last === undefined ? undefined : { from, to: last, count };
}

/** Two spans without a time between them. */
export const joined = (first: Span | undefined, second: Span | undefined): Span | undefined =>
  first && second ? { from: first.from, to: second.to, count: first.count + second.count } : (first ?? second);

/** The part of what passes that a trigger is late by: the same for all its times, so that they stay in order. */
export const delayOf = (jitterMs: number, share: number): number => Math.floor(jitterMs * share);

/**
 * Looks at the first time that nothing is written of yet.
 * @param first a time of the table
 */
export function tick(table: Timetable, rules: Rules, first: number, now: number): Tick {
  const clock = now - rules.delayMs;
  if (first > clock) return { missed: undefined, due: undefined, next: first };
  const window = rules.missed === "none" ? ON_TIME_MS : Math.max(rules.catchUpMs, ON_TIME_MS);
  const oldest = clock - window;
  const old = first < oldest ? spanOf(table, first, oldest - 1) : undefined;
  const start = first < oldest ? table.next(oldest - 1) : first;
  if (start === undefined || start > clock) return { missed: old, due: undefined, next: start ?? null };
  const due = rules.missed === "last" ? (lastTime(table, start - 1, clock) ?? start) : start;
  const passed = due > start ? spanOf(table, start, due - 1) : undefined;
  return { missed: joined(old, passed), due, next: table.next(due) ?? null };
}

/** What is done about a time while jobs of the trigger have not settled. */
export function overlapping(
  overlap: Overlap,
  { isActive, isQueued }: { isActive: boolean; isQueued: boolean },
): "run" | "skip" | "queue" | "cancel" {
  if (!isActive || overlap === "allow") return "run";
  if (overlap === "queue") return isQueued ? "skip" : "queue";
  return overlap;
}
