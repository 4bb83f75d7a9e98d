import { digest } from "../../lib/digest.ts";

/** Which shards a job can lie in. Pure: hashes and random numbers are arguments. */

/** @param random from 0 to below 1 */
export const anyShard = (random: number, shards: number): number => Math.floor(random * shards);

/**
 * The shards of one idempotency key, distinct: first where it goes while there are `shards`, then where it went when
 * there were half as many, a quarter, ... one. PERSISTED: a stored key is found by the same arithmetic for ever.
 * @param hash a whole number, as evenly spread as the keys shall be
 * @param shards a power of two
 */
export function shardsOfHash(hash: number, shards: number): [home: number, ...earlier: number[]] {
  const home = hash % shards;
  const earlier = new Set<number>();
  for (let fewer = shards / 2; fewer >= 1; fewer /= 2) earlier.add(hash % fewer);
  earlier.delete(home);
  return [home, ...earlier];
}

/** Hexadecimal digits of a key's digest that place it: 32 bits. */
const HASH_DIGITS = 8;

/** The same of a key itself. */
export async function shardsOfKey(key: string, shards: number): Promise<[home: number, ...earlier: number[]]> {
  if (shards === 1) return [0];
  return shardsOfHash(Number.parseInt((await digest(key)).slice(0, HASH_DIGITS), 16), shards);
}
