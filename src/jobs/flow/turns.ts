import {
  KEPT_TURN_GAP_MS,
  MAX_INLINE_WAIT_MS,
  MAX_RATES,
  MAX_TURN_PAUSE_MS,
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

/** In epoch ms, and how far at least it lies from the ones beside it. */
export interface Turn {
  at: number;
  gap: number;
}

/** Who had a turn, or has one before them. */
interface Line {
  /** The last turn that was given. */
  last: Turn;
  turns: Map<string, Turn>;
  /** Turns to come that were given back, the first one first. */
  free: Turn[];
  /** Turns that are over are forgotten when there are so many. */
  forgetAt: number;
}

/** What another object goes on with. */
export interface TurnsGiven {
  /** The last one, or one that ends with the time of which nobody knows what was given. */
  last: Turn;
  turns: [holder: string, turn: Turn][];
}

const FORGET_AT = 64;
const NO_TURN: Turn = { at: Number.NEGATIVE_INFINITY, gap: 0 };

const emptyLine = (): Line => ({ last: NO_TURN, turns: new Map(), free: [], forgetAt: FORGET_AT });
const byTime = (a: Turn, b: Turn): number => a.at - b.at;
const gapOf = ({ limit, per_ms }: RateTerms): number => (RATE_SPACING * per_ms) / limit;

/** Turns so far apart are stored, and adopted by an object that begins anew. */
const isKept = (gap: number): boolean => gap >= KEPT_TURN_GAP_MS;

/**
 * Turns of rates, one after the other: as far apart as the rate asks, and a tenth more. Those that lie close together are kept in
 * memory alone: an object that begins anew gives none of these for a moment, because it does not know which it gave before. Two
 * rates of one key, of which one is kept, keep the distance of the stricter only while the object lives. Times are epoch ms.
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
   * @param holder who asks; asked again, it has the same turn unless that is over, or a sooner one that was given back
   * @returns ms until the turn
   */
  take(holder: string, terms: RateTerms, now: number): number {
    const { key, per_ms } = terms;
    const known = this.#lines.get(key);
    if (known === undefined && !this.#hasRoom(now)) return RATES_FULL_MS;
    const line = known ?? emptyLine();
    this.#lines.set(key, line);
    const gap = gapOf(terms);
    const floor = Math.max(now, this.#silentUntil(gap));
    const turn = take(line, holder, { at: floor, gap }, now - per_ms * RATE_LATENESS);
    forget(line, now - per_ms);
    return Math.max(turn.at - now, 0);
  }

  /** The turn of the holder, where it has to be stored. */
  toKeep(key: string, holder: string): Turn | undefined {
    const turn = this.#lines.get(key)?.turns.get(holder);
    return turn !== undefined && isKept(turn.gap) ? turn : undefined;
  }

  /**
   * Turns to come of holders whose names begin so are free for others.
   * @param key null: of every one
   * @returns whose they were
   */
  giveBack(key: string | null, holders: string, now: number): { key: string; holder: string }[] {
    const lines = [...this.#lines].filter(([name]) => key === null || name === key);
    return lines.flatMap(([name, line]) => giveBack(line, holders, now).map((holder) => ({ key: name, holder })));
  }

  /** Of a key that another object gives turns of from now on. */
  surrender(terms: RateTerms): TurnsGiven {
    const { key } = terms;
    const own = gapOf(terms);
    const { last, turns } = this.#lines.get(key) ?? { last: { ...NO_TURN, gap: own }, turns: [] };
    this.#lines.delete(key);
    const at = Math.max(last.at, this.#silentUntil(own) - last.gap);
    return { last: { ...last, at }, turns: [...turns] };
  }

  /** Goes on after what others gave. */
  adopt(key: string, given: readonly TurnsGiven[]): void {
    const line = this.#lines.get(key) ?? emptyLine();
    for (const { last, turns } of given) {
      for (const [holder, turn] of turns) line.turns.set(holder, turn);
      if (last.at > line.last.at) line.last = last;
    }
    if (given.length > 0) this.#lines.set(key, line);
  }

  /**
   * Of turns that are not kept, the last that somebody takes up of the object before this one lies a lead ahead at most: whose is
   * further away asks again. The next one is a gap behind it, as always, so that no time of the rate has more of them.
   */
  #silentUntil(gap: number): number {
    return this.#isNew || isKept(gap) ? this.#openedAt : this.#openedAt + TURN_LEAD_MS + gap;
  }

  /** A line whose last turn is long over says no more than none. */
  #hasRoom(now: number): boolean {
    if (this.#lines.size < MAX_RATES) return true;
    for (const [key, { last }] of this.#lines) if (last.at + last.gap <= now) this.#lines.delete(key);
    return this.#lines.size < MAX_RATES;
  }
}

/** @param wanted the soonest turn that there can be @param since a turn before this is over */
function take(line: Line, holder: string, wanted: Turn, since: number): Turn {
  const before = line.turns.get(holder);
  const known = before !== undefined && before.at >= since ? before : undefined;
  line.free = line.free.filter(({ at }) => at >= wanted.at);
  const sooner = line.free.find(({ at, gap }) => gap >= wanted.gap && (known === undefined || at < known.at));
  if (known !== undefined && sooner === undefined) return known;
  const turn = sooner ?? next(line, wanted);
  if (sooner === undefined) line.last = turn;
  line.free = line.free
    .filter((each) => each !== sooner)
    .concat(known ?? [])
    .sort(byTime);
  line.turns.set(holder, turn);
  return turn;
}

const next = ({ last }: Line, { at, gap }: Turn): Turn => ({
  at: Math.max(at, last.at + Math.max(gap, last.gap)),
  gap,
});

function giveBack(line: Line, holders: string, now: number): string[] {
  const given = [...line.turns].filter(([holder, { at }]) => holder.startsWith(holders) && at > now);
  for (const [holder, turn] of given) {
    line.turns.delete(holder);
    line.free.push(turn);
  }
  line.free.sort(byTime);
  return given.map(([holder]) => holder);
}

/** Turns that are over, when there are many. */
function forget(line: Line, before: number): void {
  const { turns } = line;
  if (turns.size < line.forgetAt) return;
  for (const [holder, { at }] of turns) if (at < before) turns.delete(holder);
  line.forgetAt = Math.max(2 * turns.size, FORGET_AT);
}

/**
 * How long a try leaves its turn alone, in ms; 0: it begins, and waits for what is left of its turn. Now and then it asks
 * whether there is a sooner one.
 */
export function pauseBefore(waitMs: number): number {
  if (waitMs > MAX_INLINE_WAIT_MS) return Math.min(waitMs - PARKED_TURN_LEAD_MS, MAX_TURN_PAUSE_MS);
  return waitMs > TURN_LEAD_MS ? Math.ceil(waitMs - TURN_LEAD_MS) : 0;
}
