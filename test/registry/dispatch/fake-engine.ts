import type { RunParams } from "../../../src/env.ts";
import { instanceId } from "../../../src/jobs/job.ts";
import type { EngineState } from "../../../src/jobs/run/repair.ts";
import { type Engine, NUDGE_EVENT } from "../../../src/registry/dispatch/engine.ts";

/** An engine that starts nothing: tests say what it claims, and read what it was asked. */
export class FakeEngine implements Engine {
  readonly started: RunParams[] = [];
  readonly batches: number[] = [];
  readonly nudged: string[] = [];
  /** Instance and event, for each event that a step may wait for. */
  readonly told: string[] = [];
  readonly terminated: string[] = [];
  /** What it says of every instance. */
  claims: EngineState = { state: "running" };
  refuses = false;
  /** Runs while a call to the engine is under way. */
  meanwhile: () => Promise<unknown> = async () => undefined;

  async startAll(runs: readonly RunParams[]): Promise<void> {
    await this.meanwhile();
    if (this.refuses) throw new Error("the engine refuses");
    this.batches.push(runs.length);
    this.started.push(...runs);
  }

  async state(): Promise<EngineState> {
    await this.meanwhile();
    return this.claims;
  }

  async send(jobId: string, attempt: number, events: readonly string[]): Promise<void> {
    if (events.includes(NUDGE_EVENT)) this.nudged.push(instanceId(jobId, attempt));
    this.told.push(
      ...events.filter((event) => event !== NUDGE_EVENT).map((event) => `${instanceId(jobId, attempt)} ${event}`),
    );
  }

  async terminate(jobId: string, attempt: number): Promise<void> {
    this.terminated.push(instanceId(jobId, attempt));
  }
}
