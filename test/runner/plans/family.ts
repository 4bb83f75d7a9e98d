import { isSettled } from "../../../src/jobs/status.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { type Bench, statusOf } from "../../registry/bench.ts";
import { RecordingStep, type RunOptions, runSteps } from "../bench.ts";

const UNUSED: Json[] = [{ id: "unused", type: "transform", value: 0 }];

/** Runs jobs with all that they start: children, while they wait for these, and what cleans up after them. */
export class Family {
  readonly #bench: Bench;
  readonly #options: RunOptions;
  readonly #begun = new Set<string>();

  constructor(bench: Bench, options: RunOptions) {
    this.#bench = bench;
    this.#options = options;
  }

  /** Until nothing that was started is left to run. */
  async runAll(): Promise<void> {
    for (;;) {
      await this.#bench.settleBackground();
      const next = this.#bench.engine.started.find(({ job_id }) => !this.#begun.has(job_id));
      if (next === undefined) return;
      this.#begun.add(next.job_id);
      await this.#run(next.job_id);
    }
  }

  /** Again and again, where its process dies. */
  async #run(existing: string): Promise<void> {
    const run = await runSteps(this.#bench, UNUSED, { ...this.#options, existing, step: this.#step(existing) });
    for (let deaths = 0; deaths < 5 && !(await this.#isOver(existing)); deaths++) {
      this.#bench.clock.now += 60_000;
      await run.resume(this.#step(existing));
    }
  }

  /** The engine ends an attempt whose job has settled. */
  #step(id: string): RecordingStep {
    const step = new RecordingStep();
    step.whileWaiting = async () => {
      await this.runAll();
      if (await this.#isOver(id)) await step.die();
    };
    return step;
  }

  async #isOver(id: string): Promise<boolean> {
    return isSettled((await statusOf(this.#bench, id)).status);
  }
}

/** How all jobs stand. */
export async function statusesOf(bench: Bench): Promise<JsonObject[]> {
  const ids = new Set(bench.engine.started.map(({ job_id }) => job_id));
  return Promise.all([...ids].map(async (id) => ({ ...(await statusOf(bench, id)) }) as unknown as JsonObject));
}
