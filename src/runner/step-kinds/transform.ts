import type { StepRun } from "../context.ts";
import { done, failed } from "../ending.ts";

/** Pure: computed again at every resume, so it needs no engine step and is not stored. */
export const runTransform: StepRun<"transform"> = async (context, step, scope, path) => {
  const value = await context.evaluate(step.value, scope);
  if (!value.ok) return failed(value.error, path);
  context.reports.add({ path, status: "succeeded" });
  return done(value.value);
};
