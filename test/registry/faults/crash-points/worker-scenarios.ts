import { expect } from "vitest";
import type { ClaimRef } from "../../../../src/jobs/claim.ts";
import type { WorkReport } from "../../../../src/registry/api/worker-api.ts";
import { CALLER } from "../../bench.ts";
import type { Scenario } from "./runner-scenarios.ts";
import type { Stage } from "./stage.ts";

const TERMS = { lease_ms: 5_000, retries: 5, delay_ms: 0, backoff: "fixed" as const };

/** The step `first` is offered to workers. */
async function offerWork(stage: Stage, id: string): Promise<void> {
  const request = { queue: "q", input: { a: 1 }, timeout_ms: 600_000, terms: TERMS };
  const offered = await stage.ask("offer", (api) => api.runner.offer(stage.ref(id), "first", request, []));
  expect(offered.do).toBe("wait");
}

/** A worker that asks until it has something: an answer that was lost leaves a lease behind, which runs out. */
async function claimWork(stage: Stage): Promise<ClaimRef> {
  const request = { queues: ["q"], max: 1, room_bytes: 1_000, worker: "w" };
  for (let tries = 0; tries < 5; tries++) {
    const [held] = await stage.ask("claim", (api) => api.workers.claimWork(CALLER, request, 0));
    if (held !== undefined) return held;
    stage.world.clock.now += TERMS.lease_ms;
  }
  throw new Error("nothing to claim");
}

const reportWork = (stage: Stage, claim: ClaimRef, report: WorkReport) =>
  stage.ask("report", (api) => api.workers.reportWork(CALLER, claim, report));

const COMPLETE: WorkReport = { action: "complete", output: { done: true } };
const DONE = { do: "done", output: { done: true }, at: expect.any(Number) };

const collect = (stage: Stage, id: string) => stage.ask("collect", (api) => api.runner.collect(stage.ref(id), "first"));

/** What workers and their steps do, each in a life of its own. */
export const WORKER_SCENARIOS: Record<string, Scenario> = {
  "offer and claim": async (stage) => {
    const id = await stage.running();
    let held: ClaimRef | undefined;
    await stage.danger(async () => {
      await offerWork(stage, id);
      held = await claimWork(stage);
    });
    expect(held && (await reportWork(stage, held, COMPLETE))).toMatchObject({ ok: true, value: { accepted: true } });
    expect(await collect(stage, id)).toEqual(DONE);
  },

  "report on work": async (stage) => {
    const id = await stage.running();
    await offerWork(stage, id);
    const error = { code: "busy", message: "Busy.", retryable: true };
    await stage.danger(async () => {
      await reportWork(stage, await claimWork(stage), { action: "fail", error });
      await reportWork(stage, await claimWork(stage), { action: "release" });
      const held = await claimWork(stage);
      await reportWork(stage, held, { action: "heartbeat", progress: { done: 1, total: 2, message: "half" } });
      expect(await reportWork(stage, held, COMPLETE)).toMatchObject({ ok: true, value: { accepted: true } });
    });
    expect(await collect(stage, id)).toEqual(DONE);
    expect((await stage.status(id)).steps?.[0]).toMatchObject({ status: "succeeded" });
  },

  "lose a lease": async (stage) => {
    const id = await stage.running();
    await offerWork(stage, id);
    const lost = await claimWork(stage);
    await stage.danger(async () => {
      stage.world.clock.now += TERMS.lease_ms;
      await stage.world.ring();
      expect(await reportWork(stage, lost, COMPLETE)).toMatchObject({ ok: false });
    });
    expect(await reportWork(stage, await claimWork(stage), COMPLETE)).toMatchObject({ ok: true });
    expect(await collect(stage, id)).toEqual(DONE);
  },

  "cancel what is offered": async (stage) => {
    const id = await stage.running();
    await offerWork(stage, id);
    const held = await claimWork(stage);
    await stage.danger(() => stage.ask("cancel", (api) => api.caller.cancel(CALLER, id, null)));
    expect(await reportWork(stage, held, COMPLETE)).toMatchObject({
      ok: true,
      value: { accepted: false, cancel: true },
    });
    expect(await collect(stage, id)).toEqual({ do: "stop" });
  },
};
