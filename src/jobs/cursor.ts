import { z } from "zod";
import { err, ok, type Result } from "./result.ts";

/**
 * Where a listing goes on. Opaque to callers; whoever hands it out signs it, and it is read like any foreign input.
 * `filter` is the fingerprint of the filters that it was made for: a cursor does not fit another listing.
 */
const CursorFields = z.strictObject({
  v: z.literal(1),
  after: z.string().min(1).max(200),
  filter: z.string().max(200),
});

export interface Cursor {
  /** Key of the last row that was looked at. */
  after: string;
  filter: string;
}

const toBase64Url = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const fromBase64Url = (text: string): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0)),
  );

export const encodeCursor = (cursor: Cursor): string => toBase64Url(JSON.stringify({ v: 1, ...cursor }));

/** @returns `invalid_cursor` for text that {@link encodeCursor} did not make for this filter */
export function decodeCursor(text: string, filter: string): Result<Cursor, { code: "invalid_cursor" }> {
  try {
    const fields = CursorFields.parse(JSON.parse(fromBase64Url(text)));
    if (fields.filter === filter) return ok({ after: fields.after, filter });
  } catch {
    // Foreign text: not base64, not JSON, or not our fields.
  }
  return err({ code: "invalid_cursor" });
}
