import type { JsonObject } from "../../lib/json.ts";
import { call } from "./text.ts";

/** One page of a listing as text. `noun` is one of its rows; `more` is the call that gives the next page. */
export function listText(noun: string, rows: readonly string[], more: string | null): string {
  const count = `${rows.length} ${noun}${rows.length === 1 ? "" : "s"} on this page.`;
  return [count, ...rows, ...(more === null ? [] : [`There may be more: ${more}`])].join("\n");
}

/** The call for the next page, with the arguments of this one. */
export const moreCall = (tool: string, args: JsonObject, cursor: string | null): string | null =>
  cursor === null ? null : call(tool, { ...args, cursor });
