import type { RunParams } from "../../env.ts";
import { instanceId } from "../../jobs/job.ts";
import type { EngineState } from "../../jobs/run/repair.ts";
import { ENGINE_ANSWER_MS, ENGINE_RETENTION_MS } from "../../limits.ts";

/** What the registry asks of the engine. Instances are named by {@link instanceId}. Every call ends in bounded time. */
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

interface NewInstance {
  id: string;
  params: RunParams;
  /** In ms. */
  retention: { successRetention: number; errorRetention: number };
}

const RETENTION = { successRetention: ENGINE_RETENTION_MS, errorRetention: ENGINE_RETENTION_MS };

/** The part of the binding that is used. */
export interface WorkflowBinding {
  createBatch(batch: NewInstance[]): Promise<unknown>;
  get(id: string): Promise<BoundInstance>;
}
type BoundInstance = Pick<WorkflowInstance, "status" | "sendEvent" | "terminate">;

/** Resolves after `ms`; rejects when the signal ends it before. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/**
 * Cloudflare Workflows. A call that is not answered in time counts as failed, whatever becomes of it later: all jobs
 * of the object would wait behind it.
 */
export class WorkflowEngine implements Engine {
  readonly #workflow: WorkflowBinding;
  readonly #wait: Wait;

  constructor(workflow: WorkflowBinding, wait: Wait) {
    this.#workflow = workflow;
    this.#wait = wait;
  }

  async startAll(runs: readonly RunParams[]): Promise<void> {
    const batch = runs.map((params) => {
      return { id: instanceId(params.job_id, params.attempt), params, retention: RETENTION };
    });
    await this.#inTime(() => this.#workflow.createBatch(batch));
  }

  async state(jobId: string, attempt: number): Promise<EngineState> {
    try {
      const status = async () => (await this.#workflow.get(instanceId(jobId, attempt))).status();
      return toState(await this.#inTime(status));
    } catch (error) {
      return { state: isUnknownInstance(error) ? "unknown_instance" : "unreachable" };
    }
  }

  async send(jobId: string, attempt: number, events: readonly string[]): Promise<void> {
    if (events.length === 0) return;
    await this.#attempt(jobId, attempt, async (instance) => {
      for (const type of events) await instance.sendEvent({ type, payload: {} });
    });
  }

  async terminate(jobId: string, attempt: number): Promise<void> {
    await this.#attempt(jobId, attempt, (instance) => instance.terminate());
  }

  async #attempt(jobId: string, attempt: number, act: (instance: BoundInstance) => Promise<void>): Promise<void> {
    try {
      await this.#inTime(async () => act(await this.#workflow.get(instanceId(jobId, attempt))));
    } catch {
      // It ended meanwhile, or the engine is away. An event is sent again by the alarm; an instance that was not ended
      // meets `stop` when it wakes.
    }
  }

  async #inTime<T>(call: () => Promise<T>): Promise<T> {
    const answer = call();
    const answered = new AbortController();
    const late = this.#wait(ENGINE_ANSWER_MS, answered.signal).then(() => {
      throw new Error(`the engine did not answer within ${ENGINE_ANSWER_MS} ms`);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      answered.abort();
    }
  }
}
