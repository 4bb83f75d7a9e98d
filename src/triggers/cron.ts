import { Cron } from "croner";
import { BoundedMap } from "../lib/bounded-map.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_CRON_PATTERNS } from "../limits.ts";

/**
 * A cron pattern on a clock that is never changed. Times are its own: ms as if the clock stood in Greenwich. Which moments
 * they are in a zone is said in schedule.ts: what cron implementations do when clocks change differs from one to the other.
 */
export interface CronPattern {
  /** Every hour has its times: they follow the hours that pass, not those that the clock shows. */
  readonly isHourly: boolean;
  /** The first time after `time`; undefined: there is none. */
  next(time: number): number | undefined;
  /** How many there are after `from`, up to `to`. */
  count(from: number, to: number): number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const HOURS = 24;

const patternOf = (text: string): Cron => new Cron(text, { mode: "5-part", utcOffset: 0, paused: true });

class Pattern implements CronPattern {
  readonly isHourly: boolean;
  readonly #days: Cron;
  /** Within a day, ascending. */
  readonly #times: readonly number[];
  /** The last day that was asked for, and the first one from it on. */
  #known = { from: Number.NaN, day: 0 as number | undefined };

  constructor(days: Cron, times: readonly number[]) {
    this.#days = days;
    this.#times = times;
    this.isHourly = new Set(times.map((time) => Math.floor(time / (60 * MINUTE_MS)))).size === HOURS;
  }

  /** The first day from `day` on, each as its beginning. */
  day(day: number): number | undefined {
    if (this.#known.from !== day) this.#known = { from: day, day: this.#days.nextRun(new Date(day - 1))?.getTime() };
    return this.#known.day;
  }

  next(time: number): number | undefined {
    const today = Math.floor(time / DAY_MS) * DAY_MS;
    if (this.day(today) === today) {
      const later = this.#times.find((each) => today + each > time);
      if (later !== undefined) return today + later;
    }
    const day = this.day(today + DAY_MS);
    return day === undefined ? undefined : day + (this.#times[0] ?? 0);
  }

  count(from: number, to: number): number {
    const first = Math.floor(from / DAY_MS) * DAY_MS;
    let found = 0;
    for (let day = this.day(first); day !== undefined && day <= to; day = this.day(day + DAY_MS)) {
      const begin = day;
      found +=
        begin > from && begin + DAY_MS <= to
          ? this.#times.length
          : this.#times.filter((time) => begin + time > from && begin + time <= to).length;
    }
    return found;
  }
}

const known = new BoundedMap<string, CronPattern>(MAX_CRON_PATTERNS);

function compiled(text: string): CronPattern {
  const [minute, hour, ...days] = text.trim().split(/\s+/);
  // Told of the whole, before it is taken apart.
  patternOf(text);
  const clock = patternOf(`${minute} ${hour} * * *`);
  const times: number[] = [];
  for (let time = clock.nextRun(new Date(-1))?.getTime(); time !== undefined && time < DAY_MS; ) {
    times.push(time);
    time = clock.nextRun(new Date(time))?.getTime();
  }
  const pattern = new Pattern(patternOf(`0 0 ${days.join(" ")}`), times);
  known.set(text, pattern);
  return pattern;
}

/** Five fields: minute, hour, day of month, month, day of week; with `L`, `#`, `W` and names. Or what is wrong with them. */
export function readCron(text: string): Result<CronPattern, string> {
  const pattern = known.get(text);
  if (pattern !== undefined) return ok(pattern);
  if (text.trim().startsWith("@")) return err("is a nickname; cron has five fields here");
  try {
    return ok(compiled(text));
  } catch (problem) {
    return err(problem instanceof Error ? problem.message.replace(/^CronPattern: /, "") : String(problem));
  }
}
