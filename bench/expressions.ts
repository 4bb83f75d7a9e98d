import jsonata from "jsonata";
import { EvaluationBudget } from "../src/expression/evaluation-budget.ts";
import { compileExpression } from "../src/expression/expression.ts";
import { type Spread, spreadOf } from "./rounds.ts";

/** What an expression in its sandbox costs, by what it costs in bare JSONata, both parsed once. */

const EXPRESSIONS = ["$input.n", "$input.n + 1", "$sum([1..10])"];
const SCOPE = { input: { n: 1 }, steps: {}, job: { id: "job", attempt: 1, submitted_at: "" }, now: 0 };

async function millis(times: number, evaluate: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < times; i++) await evaluate();
  return performance.now() - began;
}

async function measureOne(text: string, rounds: number, times: number): Promise<Spread> {
  const bare = jsonata(text);
  const own = compileExpression(text);
  if (!own.ok) throw new Error(own.error.message);
  const { now: _, ...variables } = SCOPE;
  const inBare = () => bare.evaluate(undefined, variables);
  const ratio = async () => {
    // One budget is one attempt of a job.
    const budget = new EvaluationBudget(async () => undefined);
    const inOwn = () => budget.alone(() => own.value.evaluate(SCOPE, budget));
    return (await millis(times, inOwn)) / (await millis(times, inBare));
  };
  await ratio();
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) ratios.push(await ratio());
  return spreadOf(ratios);
}

interface Plan {
  rounds: number;
  /** Evaluations in a round. */
  times: number;
}

/** By expression: how many times as long as bare JSONata. */
export async function measureExpressions({ rounds, times }: Plan): Promise<Record<string, Spread>> {
  const measured: Record<string, Spread> = {};
  for (const text of EXPRESSIONS) measured[text] = await measureOne(text, rounds, times);
  return measured;
}
