import type { Case } from "./cases.ts";
import type { Generator } from "./load/generator.ts";
import type { Measured } from "./load/load.ts";

export interface Plan {
  rounds: number;
  connections: number;
  /** Of each measurement. */
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

/**
 * Every case in each round, each directly after its limit or directly before it, in turn: what else the machine does, and
 * whatever drifts, meets both.
 */
export async function measure(cases: readonly Case[], plan: Plan, generator: Generator): Promise<Figure[]> {
  const { connections, ms, warmMs } = plan;
  const samples = new Map(cases.map((each) => [each, new Samples()]));
  const limits = new Map(cases.map((each) => [each.name, each]));
  const sample = async (each: Case) => {
    const measured = await generator.measure({ ...each, connections, ms, warmMs });
    samples.get(each)?.measured.push(measured);
    return measured.perSecond;
  };
  const compare = async (each: Case, limit: Case, limitFirst: boolean) => {
    const [first, second] = [await sample(limitFirst ? limit : each), await sample(limitFirst ? each : limit)];
    samples.get(each)?.ratios.push(limitFirst ? second / first : first / second);
  };
  for (let round = 0; round < plan.rounds; round++) {
    for (const each of cases) {
      const limit = limits.get(each.limit);
      if (limit !== undefined && limit !== each) await compare(each, limit, round % 2 === 0);
    }
    console.log(`round ${round + 1} of ${plan.rounds}`);
  }
  return [...samples].map(([each, its]) => its.figure(each));
}
