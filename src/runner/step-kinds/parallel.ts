import type { Json, JsonObject } from "../../lib/json.ts";
import type { StepRun } from "../context.ts";
import { done } from "../ending.ts";
import { runRows } from "../run-rows.ts";
import { deadlineOf, tooLate } from "../waits/deadline.ts";

/** All branches at once; the first failure that is not passed over ends the step. */
export const runParallel: StepRun<"parallel"> = async (context, step, scope, path) => {
  const branches = Object.entries(step.branches);
  const rows = branches.map(([name, steps]) => ({
    steps,
    scope,
    prefix: `${path}.${name}.`,
    key: context.keyPath(`${path}.${name}.`),
  }));
  /** A branch that yields nothing is left out. */
  const byName = (outputOf: (index: number) => Json | undefined): JsonObject => {
    const outputs = branches.map(([name], i) => [name, outputOf(i)] as const);
    return Object.fromEntries(outputs.filter((each): each is [string, Json] => each[1] !== undefined));
  };
  const { first } = step;
  const deciding = typeof first === "string" ? branches.findIndex(([name]) => name === first) : first;
  const until = await deadlineOf(context, step, path);
  if (typeof until === "object") return until;
  const terms = { concurrency: rows.length, goesOn: step.on_error === "continue", first: deciding, until };
  const ended = await runRows(context, path, rows, { ...terms, late: () => tooLate(step, path) });
  if (ended.end === "failed") {
    return { ...ended, done: byName((i) => ended.finished.get(i)) };
  }
  if (ended.end !== "done" && ended.end !== "won") return ended;
  context.reports.add({ path, status: "succeeded" });
  if (ended.end === "won") {
    const branch = branches[ended.index]?.[0] ?? null;
    return done({ branch, ...(ended.output !== undefined && { value: ended.output }) }, { at: ended.at });
  }
  // All branches were skipped: none was first.
  if (first !== undefined) return done(undefined);
  return done(
    byName((i) => ended.outputs[i]),
    { at: ended.at },
  );
};
