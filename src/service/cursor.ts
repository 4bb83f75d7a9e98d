import * as z from "zod";
import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { utf8 } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";

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

export const encodeCursor = (cursor: Cursor): string => toBase64Url(utf8(JSON.stringify({ v: 1, ...cursor })));

/** @returns `invalid_cursor` for text that {@link encodeCursor} did not make for this filter */
export function decodeCursor(text: string, filter: string): Result<Cursor, { code: "invalid_cursor" }> {
  try {
    const bytes = fromBase64Url(text);
    const fields = CursorFields.parse(
      JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)),
    );
    if (fields.filter === filter) return ok({ after: fields.after, filter });
  } catch {
    // Foreign text: not base64, not JSON, or not our fields.
  }
  return err({ code: "invalid_cursor" });
}
