import {
  MAX_INLINE_WAIT_MS,
  MAX_RATE_SILENCE_MS,
  MAX_RATES,
  PARKED_TURN_LEAD_MS,
  RATE_LATENESS,
  RATE_SPACING,
  RATES_FULL_MS,
  TURN_LEAD_MS,
} from "../../limits.ts";

/** A rate as a request asks for it. */
export interface RateTerms {
  key: string;
  /** So many in `per_ms`. */
  limit: number;
  per_ms: number;
}

/** Who had a turn, or has one before them. */
interface Line {
  /** The last turn that was given, in epoch ms, and how far it must lie from the next. */
  last: number;
  gap: number;
  turns: Map<string, number>;
  /** Turns that are over are forgotten when there are so many. */
  forgetAt: number;
}

const FORGET_AT = 64;

/**
 * Turns of rates, one after the other: as far apart as the rate asks, and a tenth more. Kept in memory alone. An object
 * that begins anew gives none for a while, because it does not know which it gave before. Times are epoch ms.
 */
export class Turns {
  readonly #openedAt: number;
  readonly #isNew: boolean;
  readonly #lines = new Map<string, Line>();

  /** @param isNew nobody can have been given a turn before `openedAt` */
  constructor(openedAt: number, isNew: boolean) {
    this.#openedAt = openedAt;
    this.#isNew = isNew;
  }

  /**
   * @param holder who asks; asked again, it has the same turn, unless that is over
   * @returns ms until the turn
   */
  take(holder: string, { key, limit, per_ms }: RateTerms, now: number): number {
    const line = this.#lines.get(key);
    const known = line?.turns.get(holder);
    if (known !== undefined && now <= known + per_ms * RATE_LATENESS) return Math.max(known - now, 0);
    if (line === undefined && !this.#hasRoom(now)) return RATES_FULL_MS;
    const gap = (RATE_SPACING * per_ms) / limit;
    const before = line ?? { last: Number.NEGATIVE_INFINITY, gap, turns: new Map(), forgetAt: FORGET_AT };
    const turn = Math.max(now, this.#silentUntil(gap, per_ms), before.last + Math.max(gap, before.gap));
    const turns = before.turns.set(holder, turn);
    this.#lines.set(key, { ...before, last: turn, gap, turns, forgetAt: forget(turns, before.forgetAt, now - per_ms) });
    return turn - now;
  }

  /** The object before this one may have given turns that lie a lead ahead. */
  #silentUntil(gap: number, perMs: number): number {
    if (this.#isNew) return this.#openedAt;
    return this.#openedAt + Math.max(Math.min(perMs, MAX_RATE_SILENCE_MS), gap + TURN_LEAD_MS);
  }

  /** A line whose last turn is long over says no more than none. */
  #hasRoom(now: number): boolean {
    if (this.#lines.size < MAX_RATES) return true;
    for (const [key, { last, gap }] of this.#lines) if (last + gap <= now) this.#lines.delete(key);
    return this.#lines.size < MAX_RATES;
  }
}

/** @returns how many there may be before this is looked at again */
function forget(turns: Map<string, number>, forgetAt: number, before: number): number {
  if (turns.size < forgetAt) return forgetAt;
  for (const [holder, turn] of turns) if (turn < before) turns.delete(holder);
  return Math.max(2 * turns.size, FORGET_AT);
}

/** How long a try leaves its turn alone, in ms; 0: it begins, and waits for what is left of its turn. */
export function pauseBefore(waitMs: number): number {
  if (waitMs > MAX_INLINE_WAIT_MS) return waitMs - PARKED_TURN_LEAD_MS;
  return waitMs > TURN_LEAD_MS ? Math.ceil(waitMs - TURN_LEAD_MS) : 0;
}
