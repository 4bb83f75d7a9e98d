import type { Blueprint } from "../../blueprint/blueprint.ts";
import { readInput } from "../../blueprint/checks/check.ts";
import { call } from "./text.ts";

/** The call that runs a blueprint: as it stands where no input is needed, else one that says what the input lacks. */
export function submitCall(label: string, plan: Blueprint): string {
  const args = { blueprint: label, input: {} };
  if (readInput(plan, {}).ok) return `${call("jobs_submit_blueprint", args)}, with your input.`;
  return `${call("jobs_submit_blueprint", { ...args, dry_run: true })} with your input checks it; then without dry_run.`;
}
