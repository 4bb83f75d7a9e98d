import type { LedgerPage, SavedTrigger } from "../../registry/api/trigger-calls.ts";
import type { NumberedEntry } from "../../triggers/ledger.ts";
import type { Placed } from "./trigger-place.ts";

/** An event trigger is in every shard, with a ledger of its own in each: callers see one. Pure. */

const newest = (one: NumberedEntry | null, other: NumberedEntry | null): NumberedEntry | null =>
  one === null || (other !== null && other.at > one.at) ? other : one;

function joined(one: Placed<SavedTrigger>, other: Placed<SavedTrigger>): Placed<SavedTrigger> {
  const [home, copy] = one.is_copy ? [other, one] : [one, other];
  return {
    ...home,
    runs: home.runs + copy.runs,
    last: newest(home.last, copy.last),
    watch_error: home.watch_error ?? copy.watch_error,
  };
}

/** By name, each once. @param found in all shards, in any order */
export function mergeTriggers(found: readonly Placed<SavedTrigger>[]): Placed<SavedTrigger>[] {
  const byName = new Map<string, Placed<SavedTrigger>>();
  for (const each of found) {
    const before = byName.get(each.document.name);
    byName.set(each.document.name, before === undefined ? each : joined(before, each));
  }
  return [...byName.values()].sort((a, b) => (a.document.name < b.document.name ? -1 : 1));
}

/** Where a reader of ledgers stands, by shard: below these numbers; null: at the newest. */
export type LedgerPlace = readonly (number | null)[];

/** PERSISTED in cursors. */
export const placeText = (place: LedgerPlace): string => place.map((before) => before ?? "").join(".");

export const readPlace = (text: string): LedgerPlace =>
  text === "" ? [] : text.split(".").map((part) => (part === "" ? null : Number(part)));

export interface LedgerLine {
  entry: NumberedEntry;
  /** A reader who has had it stands there. */
  after: LedgerPlace;
}

/** The newest entries of all shards. @param pages by shard, each the newest first */
export function mergeLedgers(
  pages: readonly Pick<LedgerPage, "entries">[],
  from: LedgerPlace,
  limit: number,
): LedgerLine[] {
  const rest = pages.map(({ entries }) => [...entries]);
  let place: LedgerPlace = pages.map((_, shard) => from[shard] ?? null);
  const lines: LedgerLine[] = [];
  while (lines.length < limit) {
    let first: { shard: number; entry: NumberedEntry } | undefined;
    for (const [shard, [entry]] of rest.entries()) {
      if (entry !== undefined && (first === undefined || entry.at > first.entry.at)) first = { shard, entry };
    }
    if (first === undefined) return lines;
    const { shard, entry } = first;
    rest[shard]?.shift();
    place = place.map((before, each) => (each === shard ? entry.seq : before));
    lines.push({ entry, after: place });
  }
  return lines;
}
