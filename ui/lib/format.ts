/** How times, lengths and values are written. */

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
];

/** A length of time in its two largest units: `1 h 20 min`, `3.4 s`, `120 ms`. */
export function lengthOf(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const parts: string[] = [];
  let left = ms;
  for (const [unit, name] of UNITS) {
    const count = Math.floor(left / unit);
    if (count > 0) parts.push(`${count} ${name}`);
    left -= count * unit;
  }
  return parts.slice(0, 2).join(" ");
}

export function ago(at: string, now: number): string {
  const ms = now - Date.parse(at);
  if (ms < -1_000) return `in ${lengthOf(-ms)}`;
  return ms < 5_000 ? "just now" : `${lengthOf(ms).split(" ").slice(0, 2).join(" ")} ago`;
}

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** In the viewer's zone. */
export const exactTime = (at: string): string => EXACT.format(new Date(at));

export const clockTime = (at: string): string =>
  `${new Date(at).toLocaleTimeString(undefined, { hour12: false })}.${at.slice(20, 23)}`;

export const jsonText = (value: unknown): string => JSON.stringify(value, null, 2) ?? "";

export { plural } from "../../src/lib/text/plural.ts";
