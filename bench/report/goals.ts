import type { Spread } from "../rounds.ts";

/** What is to be reached, by where it stands in the results. */
type Bound = { least: number } | { most: number };

interface Wanted {
  what: string;
  bound: Bound;
  /** Median and quartiles; of what is counted only the one number. */
  found: (results: Measured) => Spread | number | undefined;
}

/** The part of the results that goals are about. */
interface Measured {
  ratios: Record<string, number>;
  spread: Record<string, [low: number, high: number]>;
  rows: Record<string, number>;
  engine_steps: Record<string, number>;
  million_jobs_usd: number;
  scale: Record<string, Spread>;
  expressions: Record<string, Spread>;
}

/** A goal, and whether it was reached in this run: as its median says. */
export interface Goal {
  what: string;
  goal: string;
  found: number | null;
  quartiles?: [low: number, high: number];
  isMet: boolean;
}

const ratio =
  (name: string) =>
  ({ ratios, spread }: Measured): Spread | undefined => {
    const [median, quartiles] = [ratios[name], spread[name]];
    return median === undefined || quartiles === undefined
      ? undefined
      : { median, low: quartiles[0], high: quartiles[1] };
  };

const ratios = (least: number, names: readonly string[]): Wanted[] =>
  names.map((name) => ({ what: name, bound: { least }, found: ratio(name) }));

const rows = (name: string, most: number): Wanted => ({
  ...{ what: `rows: ${name}`, bound: { most } },
  found: (results) => results.rows[name],
});

const engineSteps = (name: string, most: number): Wanted => ({
  ...{ what: `engine steps: ${name}`, bound: { most } },
  found: (results) => results.engine_steps[name],
});

const scale = (name: string): Wanted => ({
  ...{ what: name, bound: { most: 1.3 } },
  found: (results) => results.scale[name],
});

const GOALS: readonly Wanted[] = [
  ...ratios(0.75, ["status_2025", "status_2026"]),
  ...ratios(0.7, ["submit_2025", "submit_2026"]),
  ...ratios(0.7, ["tools_list_2025", "tools_list_2026", "prompts_list_2025", "prompts_list_2026"]),
  ...ratios(0.7, ["discover_2026", "initialize_2025"]),
  ...ratios(0.5, ["list50_2025", "list50_2026"]),
  ...ratios(0.6, ["wait_settled_2025", "wait_settled_2026"]),
  ...ratios(1.2, ["three_step_jobs"]),
  ...[engineSteps("three_steps", 1), engineSteps("short_steps_20", 1), engineSteps("map_1000", 5)],
  ...[rows("submit", 5), rows("submit_with_key", 6), rows("one_step_job", 11), rows("extra_step", 2)],
  rows("purge_three_step_job", 4),
  { what: "a million three-step jobs, USD", bound: { most: 31 }, found: (results) => results.million_jobs_usd },
  { what: "expression $input.n", bound: { most: 3 }, found: (results) => results.expressions["$input.n"] },
  ...[scale("status_1m_vs_1k"), scale("list_1m_vs_1k"), scale("status_call_1m_vs_1k"), scale("list_call_1m_vs_1k")],
  ...[scale("stats_call_1m_vs_1k"), scale("text_call_1m_vs_1k"), scale("indexed_text_call_1m_vs_1k")],
];

const meets = (bound: Bound, value: number): boolean => ("least" in bound ? value >= bound.least : value <= bound.most);

/** Each goal of the design, with what was found. What was not found is not met. */
export const goalsOf = (results: Measured): Goal[] =>
  GOALS.map(({ what, bound, found }) => {
    const value = found(results);
    const goal = "least" in bound ? `at least ${bound.least}` : `at most ${bound.most}`;
    if (value === undefined) return { what, goal, found: null, isMet: false };
    if (typeof value === "number") return { what, goal, found: value, isMet: meets(bound, value) };
    const { median, low, high } = value;
    return { what, goal, found: median, quartiles: [low, high], isMet: meets(bound, median) };
  });
