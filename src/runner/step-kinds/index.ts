import type { StepRuns } from "../context.ts";
import { runHandler } from "./handler.ts";
import { runHttp } from "./http.ts";
import { runMap } from "./map.ts";
import { runSleep } from "./sleep.ts";
import { runTransform } from "./transform.ts";

/** One run file a kind; its schema stands in `src/blueprint/kinds`. */
export const STEP_RUNS: StepRuns = {
  http: runHttp,
  sleep: runSleep,
  transform: runTransform,
  map: runMap,
  handler: runHandler,
};
