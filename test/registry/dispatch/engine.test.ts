import { describe, expect, it } from "vitest";
import { ENGINE_ANSWER_MS, ENGINE_RETENTION_MS } from "../../../src/limits.ts";
import { type WorkflowBinding, WorkflowEngine } from "../../../src/registry/dispatch/engine.ts";

const NEVER = new Promise<never>(() => undefined);
const instance = {
  status: async () => ({ status: "running" as const }),
  sendEvent: async () => undefined,
  terminate: async () => undefined,
};
const willing: WorkflowBinding = { createBatch: async () => [], get: async () => instance };

/** An engine whose patience ends as soon as it is asked, and what it waited for. */
function impatient(binding: Partial<WorkflowBinding>) {
  const waits: number[] = [];
  const engine = new WorkflowEngine({ ...willing, ...binding }, async (ms) => {
    waits.push(ms);
  });
  return { engine, waits };
}

/** An engine with all the time of the world, which notes whether it stopped waiting. */
function patient(binding: Partial<WorkflowBinding>) {
  const signals: AbortSignal[] = [];
  const engine = new WorkflowEngine({ ...willing, ...binding }, (_ms, signal) => {
    signals.push(signal);
    return NEVER;
  });
  return { engine, signals };
}

describe("an engine that does not answer", () => {
  it("has not taken a batch", async () => {
    const { engine, waits } = impatient({ createBatch: () => NEVER });
    await expect(engine.startAll([])).rejects.toThrow("did not answer");
    expect(waits).toEqual([ENGINE_ANSWER_MS]);
  });

  it.each([
    ["finding the instance", { get: () => NEVER }],
    ["saying its status", { get: async () => ({ ...instance, status: () => NEVER }) }],
  ])("is unreachable: %s", async (_name, binding) => {
    expect(await impatient(binding).engine.state("job", 1)).toEqual({ state: "unreachable" });
  });

  it.each([
    ["an event", (engine: WorkflowEngine) => engine.send("job", 1, ["x"])],
    ["a termination", (engine: WorkflowEngine) => engine.terminate("job", 1)],
  ])("holds nobody up with %s", async (_name, act) => {
    const deaf = { ...instance, sendEvent: () => NEVER, terminate: () => NEVER };
    await expect(act(impatient({ get: async () => deaf }).engine)).resolves.toBeUndefined();
  });
});

describe("an engine that answers", () => {
  it("is told to forget each instance an hour after its end, whatever that was", async () => {
    const batches: unknown[] = [];
    const createBatch = async (batch: unknown) => batches.push(batch);
    await patient({ createBatch }).engine.startAll([{ tenant: "acme", job_id: "job", attempt: 2 }]);
    const retention = { successRetention: ENGINE_RETENTION_MS, errorRetention: ENGINE_RETENTION_MS };
    expect(batches).toEqual([[expect.objectContaining({ id: "job-2", retention })]]);
    expect(ENGINE_RETENTION_MS).toBe(3_600_000);
  });

  it("is waited for no longer, which would keep the object awake", async () => {
    const { engine, signals } = patient({});
    await engine.startAll([]);
    expect(await engine.state("job", 1)).toEqual({ state: "running" });
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  it.each([
    ["Error: instance.not_found", "unknown_instance"],
    ["Error: something else", "unreachable"],
  ])("with %s names the state %s", async (message, state) => {
    const { engine } = patient({ get: () => Promise.reject(new Error(message)) });
    expect(await engine.state("job", 1)).toEqual({ state });
  });
});
