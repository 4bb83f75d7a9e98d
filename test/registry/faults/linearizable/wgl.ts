/**
 * Whether a history could have happened one operation after the other, each at some moment between its call and its
 * reply: the search of Wing and Gong, with Lowe's memory of what was tried.
 */

/** `apply` returns the state that follows; undefined: the reply does not fit this state. */
export interface Operation<State> {
  /** When it was called, and when its reply came: any clock that only goes forward. */
  called: number;
  /** Infinity: the reply never came. It may have acted at any time after its call, or never. */
  returned: number;
  apply: (state: State) => State | undefined;
}

/** What was put in order so far, and where that led. */
interface Config<State> {
  done: bigint;
  state: State;
}

const has = (done: bigint, i: number): boolean => ((done >> BigInt(i)) & 1n) === 1n;

/** @param textOf equal for equal states */
export function isLinearizable<State>(
  operations: readonly Operation<State>[],
  initial: State,
  textOf: (state: State) => string,
): boolean {
  const sorted = operations.toSorted((a, b) => a.called - b.called);
  const tried = new Set<string>();
  const open: Config<State>[] = [{ done: 0n, state: initial }];
  for (let config = open.pop(); config !== undefined; config = open.pop()) {
    const { done, state } = config;
    const left = sorted.flatMap((operation, i) => (has(done, i) ? [] : [{ ...operation, i }]));
    // What came back first must come before all that was called later.
    const end = Math.min(...left.map(({ returned }) => returned));
    if (end === Number.POSITIVE_INFINITY) return true;
    for (const { i, called, apply, returned } of left.toReversed()) {
      const next = called > end ? undefined : apply(state);
      if (next === undefined || isIdle(returned, textOf, state, next)) continue;
      const config = { done: done | (1n << BigInt(i)), state: next };
      const text = `${config.done} ${textOf(next)}`;
      if (!tried.has(text)) open.push(config);
      tried.add(text);
    }
  }
  return operations.length === 0;
}

/** Without a reply and without an effect: when it came is all the same. */
const isIdle = <State>(returned: number, textOf: (state: State) => string, state: State, next: State): boolean =>
  returned === Number.POSITIVE_INFINITY && textOf(state) === textOf(next);
