import type { RunParams } from "../env.ts";
import { instanceId } from "../jobs/job.ts";
import type { EngineState } from "../jobs/repair.ts";

/** What the registry asks of the engine. Instances are named by {@link instanceId}. */
export interface Engine {
  /** Start the attempts; one that was started before is skipped. At most 100. Throws when the engine refuses. */
  startAll(runs: readonly RunParams[]): Promise<void>;
  /** Never throws: a failure to ask is a state too. */
  state(jobId: string, attempt: number): Promise<EngineState>;
  /**
   * Send events. {@link NUDGE_EVENT} wakes an instance that a crash of a local engine left asleep, and is harmless to a
   * live one. Never throws.
   */
  send(jobId: string, attempt: number, events: readonly string[]): Promise<void>;
  /** End an instance that has nothing left to do. Never throws. */
  terminate(jobId: string, attempt: number): Promise<void>;
}

/** No step waits for it. */
export const NUDGE_EVENT = "edge-jobs-nudge";

/** The engine's name of "no such instance"; its errors cross the binding as text alone. */
const isUnknownInstance = (error: unknown): boolean => String(error).includes("instance.not_found");

function toState(status: InstanceStatus): EngineState {
  switch (status.status) {
    case "queued":
    case "running":
    case "waiting":
    case "paused":
      return { state: status.status };
    case "waitingForPause":
      return { state: "paused" };
    case "complete":
    case "errored":
    case "terminated":
      return { state: "ended", detail: status.error ? `${status.status}: ${status.error.message}` : status.status };
    default:
      return { state: "unreachable" };
  }
}

/** Cloudflare Workflows. */
export class WorkflowEngine implements Engine {
  readonly #workflow: Workflow<RunParams>;

  constructor(workflow: Workflow<RunParams>) {
    this.#workflow = workflow;
  }

  async startAll(runs: readonly RunParams[]): Promise<void> {
    await this.#workflow.createBatch(runs.map((params) => ({ id: instanceId(params.job_id, params.attempt), params })));
  }

  async state(jobId: string, attempt: number): Promise<EngineState> {
    try {
      const instance = await this.#workflow.get(instanceId(jobId, attempt));
      return toState(await instance.status());
    } catch (error) {
      return { state: isUnknownInstance(error) ? "unknown_instance" : "unreachable" };
    }
  }

  async send(jobId: string, attempt: number, events: readonly string[]): Promise<void> {
    await this.#attempt(jobId, attempt, async (instance) => {
      for (const type of events) await instance.sendEvent({ type, payload: {} });
    });
  }

  async terminate(jobId: string, attempt: number): Promise<void> {
    await this.#attempt(jobId, attempt, (instance) => instance.terminate());
  }

  async #attempt(jobId: string, attempt: number, act: (instance: WorkflowInstance) => Promise<void>): Promise<void> {
    try {
      await act(await this.#workflow.get(instanceId(jobId, attempt)));
    } catch {
      // It ended meanwhile, or the engine is away. An event is sent again by the alarm; an instance that was not ended
      // meets `stop` when it wakes.
    }
  }
}
