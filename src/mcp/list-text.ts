/** One page of a listing as text. `noun` is one of its rows; `next` names the call that usually follows. */
export function listText(noun: string, rows: readonly string[], nextCursor: string | null, next: string): string {
  const more = nextCursor === null ? [] : ["There may be more: call again with the same arguments and next_cursor."];
  const count = `${rows.length} ${noun}${rows.length === 1 ? "" : "s"}`;
  return [`${count} on this page.`, ...rows, ...more, ...(rows.length === 0 ? [] : [next])].join("\n");
}
