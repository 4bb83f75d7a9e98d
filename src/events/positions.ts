import { MAX_REGISTRY_SHARDS } from "../limits.ts";

/**
 * Where a reader stands: one position for each shard, all events up to which it has had. As callers carry it, opaque:
 * `ev1_` and the positions in base 36. It holds nothing secret and names no tenant: whose events it reads is the key's.
 */

const PREFIX = "ev1_";
const FORM = /^ev1(?:_[0-9a-z]{1,11}){1,64}$/;

export const encodePositions = (positions: readonly number[]): string =>
  PREFIX + positions.map((position) => position.toString(36)).join("_");

/** @returns undefined for text that {@link encodePositions} did not make */
export function decodePositions(text: string): number[] | undefined {
  if (!FORM.test(text)) return undefined;
  const positions = text
    .slice(PREFIX.length)
    .split("_")
    .map((part) => Number.parseInt(part, 36));
  const isUsable = positions.length <= MAX_REGISTRY_SHARDS && positions.every(Number.isSafeInteger);
  return isUsable ? positions : undefined;
}
