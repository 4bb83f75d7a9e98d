import { utf8Bytes } from "../../lib/json.ts";

/** What a reply has room for. Bytes are of JSON text, in UTF-8. */

export const bytesOf = (value: unknown): number => utf8Bytes(JSON.stringify(value));

/** The first items that fit into `room` bytes, given what each takes. */
export function firstThatFit<T>(items: readonly T[], room: number, cost: (item: T) => number = bytesOf): T[] {
  let left = room;
  const over = items.findIndex((item) => {
    // One more for the comma or the line break after it.
    left -= cost(item) + 1;
    return left < 0;
  });
  return over < 0 ? [...items] : items.slice(0, over);
}

/** The last items that fit into `room` bytes, given what each takes. */
export const lastThatFit = <T>(items: readonly T[], room: number, cost?: (item: T) => number): T[] =>
  firstThatFit(items.toReversed(), room, cost).reverse();
