import type { Case } from "./cases.ts";
import type { Generator } from "./load/generator.ts";
import type { Measured } from "./load/load.ts";

export interface Plan {
  rounds: number;
  connections: number;
  /** Of each case in each round. */
  ms: number;
  warmMs: number;
}

export interface Spread {
  median: number;
  /** Quartiles over the rounds. */
  low: number;
  high: number;
}

export interface Figure {
  name: string;
  limit: string;
  perSecond: Spread;
  /** Its rate by that of its limit in the same round; the limits themselves are 1. */
  ratio: Spread;
  p50Ms: number;
  p99Ms: number;
  answers: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) => {
    const position = (sorted.length - 1) * q;
    const [below = Number.NaN, above = below] = sorted.slice(Math.floor(position));
    return below + (above - below) * (position % 1);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/**
 * Every case in each round, so that a busy minute of the machine meets all of them. Every second round runs backwards:
 * what drifts within a round cancels out.
 */
export async function measure(cases: readonly Case[], plan: Plan, generator: Generator): Promise<Figure[]> {
  const { connections, ms, warmMs } = plan;
  const rounds: Map<string, Measured>[] = [];
  for (let i = 0; i < plan.rounds; i++) {
    const round = new Map<string, Measured>();
    for (const each of i % 2 === 0 ? cases : cases.toReversed()) {
      round.set(each.name, await generator.measure({ ...each, connections, ms, warmMs }));
    }
    rounds.push(round);
    console.log(`round ${i + 1} of ${plan.rounds}`);
  }
  return cases.map(({ name, limit }) => figureOf(name, limit, rounds));
}

function figureOf(name: string, limit: string, rounds: readonly Map<string, Measured>[]): Figure {
  const of = (field: keyof Measured, which = name) => rounds.map((round) => round.get(which)?.[field] ?? Number.NaN);
  const limits = of("perSecond", limit);
  return {
    name,
    limit,
    perSecond: spreadOf(of("perSecond")),
    ratio: spreadOf(of("perSecond").map((rate, i) => rate / (limits[i] ?? Number.NaN))),
    p50Ms: spreadOf(of("p50Ms")).median,
    p99Ms: spreadOf(of("p99Ms")).median,
    answers: of("answers").reduce((sum, count) => sum + count, 0),
  };
}
