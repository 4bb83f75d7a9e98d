import { firstCharacters } from "./characters.ts";

/** `$truncate` and `$partition`: the front of a text, and a list in pieces. */

function whole(name: string, n: unknown, least: number): number {
  if (typeof n === "number" && Number.isInteger(n) && n >= least) return n;
  throw new Error(`$${name}: ${String(n)} is no whole number of at least ${least}`);
}

/** At most the first `n` characters, counted as `$length` does. */
export function truncate(text: string | undefined, n: number | undefined): string | undefined {
  if (text === undefined) return undefined;
  const most = whole("truncate", n, 0);
  return firstCharacters(text, most);
}

/** Lists of `n` items each, the last of what is left. */
export function partition(list: readonly unknown[] | undefined, n: number | undefined): unknown[][] | undefined {
  if (list === undefined) return undefined;
  const size = whole("partition", n, 1);
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
