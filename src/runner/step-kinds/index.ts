import type { StepRuns } from "../context.ts";
import { runAi } from "./ai.ts";
import { runEmit } from "./emit.ts";
import { runEnd } from "./end.ts";
import { runHandler } from "./handler.ts";
import { runHttp } from "./http.ts";
import { runInput } from "./input.ts";
import { runJob } from "./job.ts";
import { runMap } from "./map.ts";
import { runParallel } from "./parallel.ts";
import { runRepeat } from "./repeat.ts";
import { runSleep } from "./sleep.ts";
import { runStore } from "./store.ts";
import { runTransform } from "./transform.ts";
import { runWorker } from "./worker.ts";

/** One run file a kind; its schema stands in `src/blueprint/kinds`. */
export const STEP_RUNS: StepRuns = {
  http: runHttp,
  sleep: runSleep,
  transform: runTransform,
  map: runMap,
  repeat: runRepeat,
  parallel: runParallel,
  job: runJob,
  input: runInput,
  handler: runHandler,
  ai: runAi,
  end: runEnd,
  store: runStore,
  emit: runEmit,
  worker: runWorker,
};
