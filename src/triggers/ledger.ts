import { LEDGER_CHUNK, LEDGER_KEPT } from "../limits.ts";
import type { Span } from "./tick.ts";

/**
 * What became of each time that a trigger was due. The newest entries stand in the trigger's own state, which each of its
 * turns writes anyway, and go from there in chunks: an entry costs no row of its own. Pure.
 */

export const OUTCOMES = ["ran", "skipped", "missed", "paused", "filtered", "refused", "queued"] as const;
export type LedgerOutcome = (typeof OUTCOMES)[number];

/** PERSISTED since 0.2.0. Times are epoch ms. */
export interface LedgerEntry {
  outcome: LedgerOutcome;
  /** When it was written. */
  at: number;
  /** The time that was due, or what came: a delivery, an event, a call by hand. Not of a span. */
  occurrence?: string;
  job_id?: string;
  reason?: string;
  /** Only where neighbours share the entry. */
  span?: Span;
}

/** PERSISTED since 0.2.0. */
export interface Ledger {
  /** Entries in all that stand in chunks. */
  filed: number;
  /** The newest, at most a chunk of them. */
  open: readonly LedgerEntry[];
}

export const NEW_LEDGER: Ledger = { filed: 0, open: [] };

/** Entries that share a row. Of the slots each is written again when those after it are full. */
export interface Chunk {
  /** Counts from 0. */
  number: number;
  slot: number;
  entries: readonly LedgerEntry[];
}

/** One more than full ones: the oldest is being replaced while the newest is not whole. */
const SLOTS = LEDGER_KEPT / LEDGER_CHUNK + 1;

/** Whether no time of the trigger lies between two spans. */
type IsNext = (before: Span, after: Span) => boolean;

/** The same nothing again: neighbours share an entry. */
function merged(last: LedgerEntry | undefined, entry: LedgerEntry, isNext: IsNext): LedgerEntry | undefined {
  if (last?.span === undefined || entry.span === undefined || !isNext(last.span, entry.span)) return undefined;
  if (last.outcome !== entry.outcome || last.reason !== entry.reason) return undefined;
  const { from, count } = last.span;
  return { ...entry, span: { from, to: entry.span.to, count: count + entry.span.count } };
}

/** @returns the ledger with the entry, and the chunk that must be stored with it */
export function written(
  ledger: Ledger,
  entry: LedgerEntry,
  isNext: IsNext = () => true,
): { ledger: Ledger; chunk: Chunk | undefined } {
  const { filed, open } = ledger;
  const same = merged(open.at(-1), entry, isNext);
  if (same !== undefined) return { ledger: { filed, open: [...open.slice(0, -1), same] }, chunk: undefined };
  if (open.length < LEDGER_CHUNK) return { ledger: { filed, open: [...open, entry] }, chunk: undefined };
  const number = filed / LEDGER_CHUNK;
  const chunk = { number, slot: number % SLOTS, entries: open };
  return { ledger: { filed: filed + open.length, open: [entry] }, chunk };
}

export type NumberedEntry = LedgerEntry & { seq: number };

/** The newest first, below `before`. @param chunks as they are stored, in any order */
export function entriesBelow(
  ledger: Ledger,
  chunks: readonly Pick<Chunk, "number" | "entries">[],
  before: number,
  limit: number,
): NumberedEntry[] {
  const all = [...chunks, { number: ledger.filed / LEDGER_CHUNK, entries: ledger.open }];
  const oldest = ledger.filed + ledger.open.length - LEDGER_KEPT;
  return all
    .flatMap(({ number, entries }) => entries.map((entry, i) => ({ ...entry, seq: number * LEDGER_CHUNK + i + 1 })))
    .filter(({ seq }) => seq < before && seq > oldest)
    .sort((a, b) => b.seq - a.seq)
    .slice(0, limit);
}
