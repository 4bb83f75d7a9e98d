import pMap from "p-map";
import type { Json } from "../../jobs/json.ts";
import { done, type Ending, failed, type StepRun } from "../context.ts";
import { runSteps } from "../run-steps.ts";

const toItems = (over: Json): Json[] => (over === null ? [] : Array.isArray(over) ? over : [over]);

/** Each item runs the inner steps in a scope of its own; the first failure that is not passed over ends the map. */
export const runMap: StepRun<"map"> = async (context, step, scope, path) => {
  const over = await context.evaluate(step.over, scope);
  if (!over.ok) return failed(over.error, path);
  const items = toItems(over.value);
  if (items.length > step.max_items) {
    const message = `over has ${items.length} items, max_items is ${step.max_items}. Take fewer, or raise max_items.`;
    return failed({ code: "too_many_items", message }, path);
  }
  const counts = { total: items.length, done: 0, failed: 0 };
  let broken: Ending | undefined;
  const runItem = async (item: Json, index: number): Promise<Json> => {
    if (broken !== undefined) return null;
    const ending = await runSteps(
      context,
      step.steps,
      { ...scope, steps: { ...scope.steps }, item, index },
      `${path}[${index}].`,
    );
    if (ending.end !== "done") {
      broken ??= ending;
      return null;
    }
    counts.done += 1;
    if (ending.tolerated > 0) counts.failed += 1;
    context.reports.add({ path, status: "running", items: { ...counts } });
    return ending.output;
  };
  context.reports.add({ path, status: "running", items: { ...counts } });
  const outputs = await pMap(items, runItem, { concurrency: step.concurrency });
  if (broken !== undefined) return broken;
  context.reports.add({ path, status: "succeeded" });
  return done(outputs);
};
