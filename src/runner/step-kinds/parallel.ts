import type { Json } from "../../jobs/json.ts";
import { done, type StepRun } from "../context.ts";
import { runRows } from "../run-rows.ts";

/** All branches at once; the first failure that is not passed over ends the step. */
export const runParallel: StepRun<"parallel"> = async (context, step, scope, path) => {
  const branches = Object.entries(step.branches);
  const rows = branches.map(([name, steps]) => ({ steps, scope, prefix: `${path}.${name}.` }));
  const ended = await runRows(context, path, rows, rows.length, step.on_error === "continue");
  if (ended.end === "failed") {
    const done = branches.flatMap(([name], i): [string, Json][] => {
      const output = ended.finished.get(i);
      return output === undefined ? [] : [[name, output]];
    });
    return { ...ended, done: Object.fromEntries(done) };
  }
  if (ended.end !== "done") return ended;
  context.reports.add({ path, status: "succeeded" });
  return done(Object.fromEntries(branches.map(([name], i) => [name, ended.outputs[i] ?? null])));
};
