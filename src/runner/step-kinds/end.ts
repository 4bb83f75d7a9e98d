import { oneLine } from "../../lib/safe-text.ts";
import { MAX_ERROR_CHARS } from "../../limits.ts";
import type { StepRun } from "../context.ts";
import { type Ending, failed } from "../ending.ts";

const lineOf = (value: unknown): string =>
  oneLine(typeof value === "string" ? value : JSON.stringify(value), MAX_ERROR_CHARS);

/** Ends the whole job. No blueprint goes on from it, so nothing has to be kept but how the job settles. */
export const runEnd: StepRun<"end"> = async (context, step, scope, path): Promise<Ending> => {
  const said = await context.evaluate(step.message ?? null, scope);
  if (!said.ok) return failed(said.error, path);
  const message = said.value === undefined || said.value === null ? null : lineOf(said.value);
  if (step.as === "failed") {
    return { ...failed({ code: step.code, message: message ?? "The plan ends the job here." }, path), fatal: true };
  }
  const output = await context.evaluate(step.output ?? null, scope);
  if (!output.ok) return failed(output.error, path);
  context.reports.add({ path, status: "succeeded" });
  return { end: "ended", output: output.value ?? null, message };
};
