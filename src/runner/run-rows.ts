import pMap from "p-map";
import type { Scope } from "../blueprint/template.ts";
import { type Json, jsonBytes } from "../jobs/json.ts";
import { MAX_ROWS_BYTES } from "../limits.ts";
import { type Done, type Ending, failed, type RunContext, type Step } from "./context.ts";
import { runSteps } from "./run-steps.ts";

/** Steps that run beside others: an item of a map, or a branch. */
export interface Row {
  steps: readonly Step[];
  scope: Scope;
  /** Path of the row with its dot. */
  prefix: string;
}

const TOO_LARGE = {
  code: "output_too_large",
  message: `The outputs together are larger than ${MAX_ROWS_BYTES} bytes. End each row with a transform that keeps the gist.`,
};

type Broken = Exclude<Ending, Done>;

/** Rows without engine steps would keep a local server's only thread for themselves: the pause lets others in. */
async function flushAndYield({ reports, ports }: RunContext): Promise<void> {
  await reports.flush();
  await ports.pause(0);
}

/**
 * Runs rows side by side, each in a scope of its own. Ends with the first that does not end well, without waiting for
 * the others: once the job has settled, the registry lets them start nothing.
 * @returns the rows' last outputs, in order
 */
export async function runRows(
  context: RunContext,
  path: string,
  rows: readonly Row[],
  concurrency: number,
): Promise<{ end: "done"; outputs: Json[] } | Broken> {
  const counts = { total: rows.length, done: 0, failed: 0 };
  const count = () => context.reports.add({ path, status: "running", items: { ...counts } });
  let telling: Promise<void> | undefined;
  /** One report at a time: rows that end meanwhile wait for it, and their counts ride along with the next one. */
  const tell = (): Promise<void> => {
    telling ??= flushAndYield(context).finally(() => {
      telling = undefined;
    });
    return telling;
  };
  const broken = Promise.withResolvers<Broken>();
  let isBroken = false;
  const end = (ending: Broken): null => {
    isBroken = true;
    broken.resolve(ending);
    return null;
  };
  let bytes = 0;
  const runRow = async ({ steps, scope, prefix }: Row): Promise<Json> => {
    if (isBroken) return null;
    const ending = await runSteps(context, steps, { ...scope, steps: { ...scope.steps } }, prefix);
    if (ending.end !== "done") return end(ending);
    bytes += jsonBytes(ending.output);
    if (bytes > MAX_ROWS_BYTES) return end(failed(TOO_LARGE, path));
    counts.done += 1;
    if (ending.tolerated > 0) counts.failed += 1;
    count();
    await tell();
    return ending.output;
  };
  count();
  const all = pMap(rows, runRow, { concurrency }).then((outputs) => ({ end: "done" as const, outputs }));
  const first = await Promise.race([broken.promise, all]);
  return isBroken ? broken.promise : first;
}
