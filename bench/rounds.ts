import type { Case } from "./cases.ts";
import type { Generator } from "./load/generator.ts";
import type { Measured } from "./load/load.ts";

export interface Plan {
  rounds: number;
  connections: number;
  /** Of each measurement. */
  ms: number;
  warmMs: number;
  /** What has no goal is measured in each of so many rounds once. */
  contextEvery: number;
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
  /** Its rate by that of its limit, measured in turn with it; of no limit. */
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

class Samples {
  readonly measured: Measured[] = [];
  readonly ratios: number[] = [];

  figure({ name, limit }: Case): Figure {
    const of = (field: keyof Measured) => this.measured.map((each) => each[field]);
    return {
      ...{ name, limit, perSecond: spreadOf(of("perSecond")), ratio: spreadOf(this.ratios) },
      ...{ p50Ms: spreadOf(of("p50Ms")).median, p99Ms: spreadOf(of("p99Ms")).median },
      answers: of("answers").reduce((sum, count) => sum + count, 0),
    };
  }
}

interface Measurement {
  of: Case;
  /** That of its limit, next to it; a limit has none. */
  beside?: Measurement;
}

/** L a b L c d L: each case directly after its limit or directly before it, which two share. */
function schedule(limit: Case, cases: readonly Case[]): Measurement[] {
  let last: Measurement = { of: limit };
  const order = [last];
  cases.forEach((each, i) => {
    if (i % 2 === 0) {
      order.push({ of: each, beside: last });
      return;
    }
    last = { of: limit };
    order.push({ of: each, beside: last }, last);
  });
  return order;
}

const grouped = (cases: readonly Case[], limits: ReadonlyMap<string, Case>): Measurement[] =>
  [...Map.groupBy(cases, ({ limit }) => limits.get(limit))].flatMap(([limit, all]) => {
    return limit === undefined ? [] : schedule(limit, all);
  });

/**
 * Every case in each round, each directly after its limit or directly before it, in turn: what else the machine does, and
 * whatever drifts, meets both. What is only context is measured in some of the rounds.
 */
export async function measure(cases: readonly Case[], plan: Plan, generator: Generator): Promise<Figure[]> {
  const { connections, ms, warmMs } = plan;
  const samples = new Map(cases.map((each) => [each, new Samples()]));
  const limits = new Map(cases.filter(({ name, limit }) => name === limit).map((each) => [each.name, each]));
  const others = cases.filter(({ name, limit }) => name !== limit);
  const goals = others.filter(({ isContext }) => !isContext);
  const sample = async ({ of }: Measurement) => {
    const measured = await generator.measure({ ...of, connections, ms, warmMs });
    samples.get(of)?.measured.push(measured);
    return measured.perSecond;
  };
  for (let round = 0; round < plan.rounds; round++) {
    const all = grouped(round % plan.contextEvery === 0 ? others : goals, limits);
    const rates = new Map<Measurement, number>();
    // Backwards in every second round: what came after its limit comes before it.
    for (const each of round % 2 === 0 ? all : all.toReversed()) rates.set(each, await sample(each));
    for (const [{ of, beside }, rate] of rates) {
      if (beside !== undefined) samples.get(of)?.ratios.push(rate / (rates.get(beside) ?? Number.NaN));
    }
    console.log(`round ${round + 1} of ${plan.rounds}`);
  }
  return [...samples].map(([each, its]) => its.figure(each));
}
