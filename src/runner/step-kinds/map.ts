import type { Scope } from "../../expression/template.ts";
import { rowNames } from "../../jobs/run/action-keys.ts";
import { shortDigest } from "../../lib/digest.ts";
import type { Json } from "../../lib/json.ts";
import type { RunContext, StepOf, StepRun } from "../context.ts";
import { done, type Ending, failed } from "../ending.ts";
import { runRows } from "../run-rows.ts";
import { deadlineOf, tooLate } from "../waits/deadline.ts";

const toItems = (over: Json | undefined): Json[] =>
  over === undefined || over === null ? [] : Array.isArray(over) ? over : [over];

const namesOf = async ({ knowsRowsByItem }: RunContext, items: readonly Json[]): Promise<string[]> =>
  knowsRowsByItem ? rowNames(await Promise.all(items.map(shortDigest))) : [];

/** The inner steps once for each item; the first failure that is not passed over ends the map. */
export const runMap: StepRun<"map"> = async (context, step, scope, path) => {
  const over = await context.evaluate(step.over, scope);
  if (!over.ok) return failed(over.error, path);
  const items = toItems(over.value);
  if (items.length > step.max_items) {
    const message = `over has ${items.length} items, max_items is ${step.max_items}. Take fewer, or raise max_items.`;
    return failed({ code: "too_many_items", message }, path);
  }
  const tooMany = context.holdings.openRows(items.length);
  if (tooMany !== undefined) return failed(tooMany, path);
  try {
    return await mapItems(context, step, scope, path, items);
  } finally {
    context.holdings.closeRows(items.length);
  }
};

async function mapItems(
  context: RunContext,
  step: StepOf<"map">,
  scope: Scope,
  path: string,
  items: readonly Json[],
): Promise<Ending> {
  const { steps } = step;
  const names = await namesOf(context, items);
  const rows = items.map((item, index) => {
    const key = `${context.keyPath(path)}[${names[index] ?? index}].`;
    return { steps, scope: { ...scope, item, index }, prefix: `${path}[${index}].`, key };
  });
  const until = await deadlineOf(context, step, path);
  if (typeof until === "object") return until;
  const terms = { concurrency: step.concurrency, goesOn: step.on_error === "continue", until };
  const ended = await runRows(context, path, rows, { ...terms, late: () => tooLate(step, path) });
  if (ended.end === "failed") return { ...ended, done: rows.map((_row, i) => ended.finished.get(i) ?? null) };
  if (ended.end === "won") throw new Error(`no row of the map ${path} decides alone`);
  if (ended.end !== "done") return ended;
  context.reports.add({ path, status: "succeeded" });
  return done(
    ended.outputs.map((output) => output ?? null),
    { at: ended.at },
  );
}
