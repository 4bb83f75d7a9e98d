import { clockAhead } from "../lib/zone-offset.ts";
import { type CronPattern, readCron } from "./cron.ts";

/** When a schedule is due. Times are epoch ms. */

export interface Clock {
  /** IANA name, or UTC. */
  timezone: string;
  cron: string;
}
export interface Interval {
  /** The first time, and all others count from it. */
  anchor: number;
  everyMs: number;
}
/** Both ends belong to it; null: there is none. */
export interface Bounds {
  from: number | null;
  until: number | null;
}

/** Times that are in order, and of which there may be no end. */
export interface Timetable {
  /** The first after `at`; undefined: there is none. */
  next(at: number): number | undefined;
  /** How many there are after `from`, up to `to`. */
  count(from: number, to: number): number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So far from what a clock shows no zone's clock is: between such a time before and after, a zone changes once at most. */
const REACH_MS = 16 * HOUR_MS;
/** No clock is set back by more. */
const MOST_SET_BACK_MS = 3 * HOUR_MS;

/** Ms that the zone's clocks are ahead of Greenwich. */
type Ahead = (at: number) => number;

/** The moment at which the zone's clocks are changed, of which one lies between these two. */
function changeBetween(ahead: Ahead, early: number, late: number): number {
  const before = ahead(early);
  let [low, high] = [early, late];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (ahead(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

/** The moments at which the clocks show `time`: one, two when they were set back over it, none when they jumped over it. */
function moments(ahead: Ahead, time: number): { at: number[]; jump: () => number } {
  const [early, late] = [time - REACH_MS, time + REACH_MS];
  const offsets = [...new Set([ahead(early), ahead(late)])];
  const at = offsets.length === 1 ? offsets : offsets.filter((offset) => ahead(time - offset) === offset);
  return { at: at.map((offset) => time - offset), jump: () => changeBetween(ahead, early, late) };
}

/** A cron pattern by the clocks of a zone. */
class ClockTable implements Timetable {
  readonly #pattern: CronPattern;
  readonly #ahead: Ahead;

  constructor(pattern: CronPattern, ahead: Ahead) {
    this.#pattern = pattern;
    this.#ahead = ahead;
  }

  next(at: number): number | undefined {
    return this.#pattern.isHourly ? this.#nextByHours(at) : this.#nextByClock(at);
  }

  /** A time that comes twice counts the first time; one that never comes, right after the clocks jumped over it. */
  #nextByClock(at: number): number | undefined {
    for (let time = this.#pattern.next(at + this.#ahead(at)); time !== undefined; time = this.#pattern.next(time)) {
      const { at: found, jump } = moments(this.#ahead, time);
      const first = found[0] ?? jump();
      if (first > at) return first;
    }
    return undefined;
  }

  /** Each hour has its times, also one that the clocks show twice; an hour that they jump over is none. */
  #nextByHours(at: number): number | undefined {
    const now = this.#ahead(at);
    const isSetBack = this.#ahead(at + MOST_SET_BACK_MS) < now || this.#ahead(at - MOST_SET_BACK_MS) > now;
    if (isSetBack) {
      const near = this.#momentsNear(at);
      if (near !== undefined) return near;
    }
    for (let time = this.#pattern.next(at + now); time !== undefined; time = this.#pattern.next(time)) {
      const next = moments(this.#ahead, time).at.find((moment) => moment > at);
      if (next !== undefined) return next;
    }
    return undefined;
  }

  /** The first within a few hours, where a clock may show the same times again. */
  #momentsNear(at: number): number | undefined {
    const shown = at + this.#ahead(at);
    const found: number[] = [];
    for (let time = this.#pattern.next(shown - MOST_SET_BACK_MS); time !== undefined; time = this.#pattern.next(time)) {
      if (time > shown + MOST_SET_BACK_MS) break;
      found.push(...moments(this.#ahead, time).at.filter((moment) => moment > at));
    }
    return found.length === 0 ? undefined : Math.min(...found);
  }

  count(from: number, to: number): number {
    let found = 0;
    for (let at = from; at < to; ) {
      const next = this.next(at);
      if (next === undefined || next > to) return found;
      const end = Math.min(this.#endOfQuietDay(next), to);
      if (end > next) found += this.#pattern.count(next - 1 + this.#ahead(next), end + this.#ahead(end));
      else found += 1;
      at = Math.max(end, next);
    }
    return found;
  }

  /** The end of the day, if no clock is changed in it or near it: times are then as far from each other as clocks show. */
  #endOfQuietDay(at: number): number {
    const ahead = this.#ahead(at);
    const end = (Math.floor((at + ahead) / DAY_MS) + 1) * DAY_MS - ahead - 1;
    return [at - REACH_MS, end + REACH_MS].every((each) => this.#ahead(each) === ahead) ? end : at;
  }
}

class IntervalTable implements Timetable {
  readonly #interval: Interval;

  constructor(interval: Interval) {
    this.#interval = interval;
  }

  next(at: number): number {
    const { anchor, everyMs } = this.#interval;
    return anchor + Math.max(Math.floor((at - anchor) / everyMs) + 1, 0) * everyMs;
  }

  count(from: number, to: number): number {
    const { anchor, everyMs } = this.#interval;
    const upTo = (at: number) => Math.max(Math.floor((at - anchor) / everyMs) + 1, 0);
    return Math.max(upTo(to) - upTo(from), 0);
  }
}

class BoundedTable implements Timetable {
  readonly #table: Timetable;
  readonly #bounds: Bounds;

  constructor(table: Timetable, bounds: Bounds) {
    this.#table = table;
    this.#bounds = bounds;
  }

  next(at: number): number | undefined {
    const { from, until } = this.#bounds;
    const next = this.#table.next(from === null ? at : Math.max(at, from - 1));
    return next === undefined || (until !== null && next > until) ? undefined : next;
  }

  count(from: number, to: number): number {
    const begin = this.#bounds.from === null ? from : Math.max(from, this.#bounds.from - 1);
    const end = this.#bounds.until === null ? to : Math.min(to, this.#bounds.until);
    return begin < end ? this.#table.count(begin, end) : 0;
  }
}

/** @throws when the pattern or the zone is none: both were checked when the trigger was saved */
export function timetable(times: Clock | Interval, bounds: Bounds): Timetable {
  if ("everyMs" in times) return new BoundedTable(new IntervalTable(times), bounds);
  const pattern = readCron(times.cron);
  if (!pattern.ok) throw new Error(`no cron pattern ${times.cron}: ${pattern.error}`);
  return new BoundedTable(new ClockTable(pattern.value, clockAhead(times.timezone)), bounds);
}

/** How far back the last time is looked for at first, then further. */
const LOOKS_BACK_MS = [HOUR_MS, DAY_MS, 8 * DAY_MS, 400 * DAY_MS];

/** The last time after `from`, up to `to`. */
export function lastTime(table: Timetable, from: number, to: number): number | undefined {
  for (const back of [...LOOKS_BACK_MS, Number.POSITIVE_INFINITY]) {
    const begin = Math.max(from, to - back);
    let last: number | undefined;
    for (let next = table.next(begin); next !== undefined && next <= to; next = table.next(next)) last = next;
    if (last !== undefined || begin === from) return last;
  }
  return undefined;
}
