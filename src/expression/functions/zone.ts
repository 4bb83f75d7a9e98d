import { offsetOf, zoneOffset } from "../../lib/zone-offset.ts";
import { textToMillis } from "./to-millis.ts";

/** Times as text in any zone: `$time`, and the third parameter of `$fromMillis`. */

const ISO_PICTURE = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";
const MINUTE_MS = 60_000;

const quoted = (text: string): string => JSON.stringify(text.slice(0, 60));

/** Of `Z`, `+hh:mm`, `-hhmm`, or a name such as `Europe/Berlin`. Throws on other text. */
function minutesEast(zone: string, at: number): number {
  const isOffset = /^(Z|[+-]\d\d:?\d\d)$/.test(zone);
  const minutes = isOffset ? offsetOf(zone) : zoneOffset(zone, at);
  if (minutes !== undefined) return minutes;
  throw new Error(`${quoted(zone)} is no time zone: give Z, +01:00, or a name such as Europe/Berlin`);
}

const two = (n: number): string => String(n).padStart(2, "0");
const offsetText = (minutes: number, colon: string): string =>
  `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}${colon}${two(Math.abs(minutes) % 60)}`;

export type FormatMillis = (millis: number, picture?: string, zone?: string) => string | undefined;

/** The instant as the clocks of the zone show it. The library knows offsets only, and takes -03:30 for -04:30. */
export function inZone(format: FormatMillis, millis: number, picture: string | undefined, zone: string | undefined) {
  if (!Number.isFinite(new Date(millis).getTime())) throw new Error(`${millis} is no time in milliseconds`);
  if (zone === undefined) return format(millis, picture);
  const minutes = minutesEast(zone, millis);
  if (minutes >= 0 || minutes % 60 === 0) return format(millis, picture, offsetText(minutes, ""));
  const named = (picture ?? ISO_PICTURE).replace(/\[([Zz])[^\]]*\]/g, (_, marker) =>
    marker === "z" ? `GMT${offsetText(minutes, ":")}` : offsetText(minutes, ":"),
  );
  return format(millis + minutes * MINUTE_MS, named);
}

/** `$time(instant, zone, picture)`: of epoch ms, or of a text as `$toMillis` reads it. */
export function time(format: FormatMillis, instant: unknown, zone: unknown, picture: unknown) {
  if (instant === undefined) return undefined;
  if (typeof zone !== "string") throw new Error("$time: the zone is a text such as Europe/Berlin");
  if (picture !== undefined && typeof picture !== "string") throw new Error("$time: the picture is a text");
  if (typeof instant !== "number" && typeof instant !== "string") {
    throw new Error("$time: the instant is a number of milliseconds, or a text such as 2026-12-01T09:00:00Z");
  }
  return inZone(format, typeof instant === "string" ? textToMillis(instant) : instant, picture, zone);
}
