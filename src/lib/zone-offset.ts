import { MAX_ZONE_FORMATS, MAX_ZONE_WEEKS } from "../limits.ts";
import { BoundedMap } from "./bounded-map.ts";

/** How far clocks are from Greenwich. */

/** Minutes east of `+hh:mm` or `-hhmm`, 0 of any other text; undefined beyond the 14 hours that exist. */
export function offsetOf(zone: string | undefined): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? "") ?? [];
  if (sign === undefined) return 0;
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= 14 * 60 ? (sign === "-" ? -total : total) : undefined;
}

const formats = new BoundedMap<string, Intl.DateTimeFormat>(MAX_ZONE_FORMATS);

/** Throws when there is no such zone. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  formats.set(zone, format);
  return format;
}

/** Minutes east of Greenwich that an IANA zone has at an instant (epoch ms); undefined when there is no such zone. */
export function zoneOffset(zone: string, at: number): number | undefined {
  try {
    const name = formatOf(zone)
      .formatToParts(at)
      .find(({ type }) => type === "timeZoneName")?.value;
    return offsetOf(name?.slice("GMT".length, "GMT+hh:mm".length));
  } catch {
    return undefined;
  }
}

const WEEK_MS = 7 * 86_400_000;

/** The offset at the beginning of a week, and when it becomes which other one; no zone changes twice within a week. */
interface Week {
  offset: number;
  changes?: { at: number; to: number };
}

/**
 * The same of a zone that exists, in ms, for whoever asks for many moments: what a week has is found out once. No other
 * source than the runtime knows the zones, and to ask it takes a hundred times as long.
 */
export function clockAhead(zone: string): (at: number) => number {
  const weeks = new BoundedMap<number, Week>(MAX_ZONE_WEEKS);
  const ask = (at: number): number => {
    const minutes = zoneOffset(zone, at);
    if (minutes === undefined) throw new Error(`no time zone ${zone}`);
    return minutes * 60_000;
  };
  const weekOf = (number: number): Week => {
    let [low, high] = [number * WEEK_MS, (number + 1) * WEEK_MS];
    const [offset, to] = [ask(low), ask(high)];
    if (offset === to) return { offset };
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (ask(middle) === offset) low = middle;
      else high = middle;
    }
    return { offset, changes: { at: high, to } };
  };
  return (at) => {
    const number = Math.floor(at / WEEK_MS);
    const week = weeks.get(number) ?? weekOf(number);
    weeks.set(number, week);
    return week.changes !== undefined && at >= week.changes.at ? week.changes.to : week.offset;
  };
}
