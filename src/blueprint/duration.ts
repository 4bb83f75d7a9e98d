import { instantOf } from "../expression/functions/to-millis.ts";
import { err, ok, type Result } from "../lib/result.ts";

const UNIT_MS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

const DURATION = /^(\d{1,9}) (second|minute|hour|day)s?$/;
const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);

/** `<n> second(s)|minute(s)|hour(s)|day(s)`, such as `2 seconds`, to milliseconds. */
export function parseDuration(text: string): Result<number, { message: string }> {
  const [, amount, unit] = DURATION.exec(text) ?? [];
  if (amount === undefined || unit === undefined) {
    return err({ message: `${quoted(text)} is not a duration such as "2 seconds" or "1 day"` });
  }
  return ok(Number(amount) * UNIT_MS[unit as Unit]);
}

/** An ISO 8601 time with its zone to epoch milliseconds. A day that is in no calendar is none. */
export function parseTime(text: string): Result<number, { message: string }> {
  const time = instantOf(text);
  if (time !== undefined) return ok(time);
  const example = 'such as "2026-12-01T09:00:00Z"';
  return err({
    message: `${quoted(text)} is not an ISO 8601 time with a zone, ${example}, or no calendar has that day`,
  });
}

/** Milliseconds of a duration that was checked before; throws on any other text. */
export function durationMs(text: string): number {
  const duration = parseDuration(text);
  if (!duration.ok) throw new Error(duration.error.message);
  return duration.value;
}
