import { offsetOf } from "../../lib/zone-offset.ts";

/** Times as text, to epoch ms. What is not there, or has no meaning, is an error and never a number. */

const ISO =
  /^(?<year>\d{4})(?:-(?<month>\d\d)(?:-(?<day>\d\d))?)?(?:T(?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d+))?)?(?<zone>Z|[+-]\d\d:?\d\d)?)?$/;
/** Of HTTP and of mail. */
const MAIL =
  /^(?:[A-Z][a-z]{2}, )?(?<day>\d{1,2}) (?<name>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d))? (?<zone>GMT|UTC?|Z|[+-]\d{4})(?: \([A-Z]+\))?$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MINUTE_MS = 60_000;

function timeOf(text: string): number | undefined {
  const found = (ISO.exec(text) ?? MAIL.exec(text))?.groups;
  if (found === undefined) return undefined;
  const { name, year, zone, fraction = "" } = found;
  const month = name === undefined ? Number(found.month ?? 1) : MONTHS.indexOf(name) + 1;
  const [day, hour, minute, second] = [found.day ?? 1, found.hour ?? 0, found.minute ?? 0, found.second ?? 0].map(
    Number,
  );
  const offset = offsetOf(zone);
  if (offset === undefined || day === undefined || hour === undefined || minute === undefined || second === undefined)
    return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), month - 1, day);
  date.setUTCHours(hour, minute, second, Number(fraction.padEnd(3, "0").slice(0, 3)));
  // What does not exist rolls over into something that does.
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists ? date.getTime() - offset * MINUTE_MS : undefined;
}

/** Epoch ms of an ISO 8601 time to the minute or finer that says its zone; undefined for other text. */
export const instantOf = (text: string): number | undefined =>
  ISO.exec(text)?.groups?.zone === undefined ? undefined : timeOf(text);

/** Epoch ms of an ISO 8601 time, or of a date as HTTP and mail write it; without a zone in UTC. Throws on other text. */
export function textToMillis(text: string): number {
  const time = timeOf(text);
  if (time !== undefined) return time;
  throw new Error(
    `${JSON.stringify(text.slice(0, 60))} is no time that exists, such as 2026-12-01T09:00:00Z or +01:00, or a date of HTTP or mail; give another form a picture`,
  );
}

const numbersIn = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);

/**
 * Whether the numbers of the text are those of the time in the same picture. Of one with a zone, or a part of a second, that
 * cannot be said.
 * @param shows the picture of a time, in UTC
 */
export function isShownAs(
  text: string,
  picture: string,
  time: number,
  shows: (millis: number) => string | undefined,
): boolean {
  if (/\[[fzZ]/.test(picture)) return true;
  const [given, back] = [numbersIn(text), numbersIn(shows(time) ?? "")];
  return given.length !== back.length || given.every((number, i) => number === back[i]);
}
