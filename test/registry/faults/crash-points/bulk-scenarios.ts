import { expect } from "vitest";
import type { BulkAction } from "../../../../src/jobs/bulk-state.ts";
import type { JobStatusName } from "../../../../src/jobs/status.ts";
import type { BulkRequest } from "../../../../src/registry/api/batch-calls.ts";
import { aListQuery, CALLER } from "../../bench.ts";
import type { Scenario } from "./runner-scenarios.ts";
import type { Stage } from "./stage.ts";

const JOBS = 3;

function request(action: BulkAction, statuses: JobStatusName[]): BulkRequest {
  const { limit: _limit, after: _after, ...where } = aListQuery({ statuses });
  return { action, where, patch: { input: null }, per_minute: null };
}

async function jobs(stage: Stage, end: (id: string) => Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < JOBS; i++) {
    const id = await stage.running({ idempotency: { key: `key ${i}`, request_hash: "h" } });
    await end(id);
    ids.push(id);
  }
  stage.world.clock.now += 1_000;
  return ids;
}

const listed = async ({ world }: Stage) => (await world.api.caller.list(CALLER, aListQuery())).jobs;

/** Begins it, and lets the alarm run it to its end; a caller that got no answer asks again. */
async function inDanger(stage: Stage, asked: BulkRequest): Promise<void> {
  await stage.danger(async () => {
    await stage.ask("bulk", (api) => api.bulk.bulk(CALLER, asked, false));
    await stage.world.ring();
  });
  await stage.ringUntil(async () => {
    const bulks = (await listed(stage)).filter(({ blueprint }) => blueprint === "bulk");
    return bulks.length > 0 && bulks.every(({ status }) => status === "succeeded");
  });
}

/** What is done to many jobs: to each of them once. */
export const BULK_SCENARIOS: Record<string, Scenario> = {
  "retry in bulk": async (stage) => {
    const ids = await jobs(stage, async (id) => {
      await stage.begin(id, "first", "t");
      await stage.finish(id, "first");
      await stage.fail(id);
    });
    await inDanger(stage, request("retry", ["failed"]));
    const all = await Promise.all((await listed(stage)).map(({ id }) => stage.status(id)));
    const again = all.filter(({ retried_from }) => retried_from !== null);
    expect(again.map(({ retried_from }) => retried_from).sort()).toEqual(ids.sort());
    await stage.ringUntil(() => again.every(({ id }) => stage.world.workflow.instances.has(`${id}-1`)));
  },

  "cancel in bulk": async (stage) => {
    const ids = await jobs(stage, async () => undefined);
    await inDanger(stage, request("cancel", ["queued", "running"]));
    for (const id of ids) expect((await stage.status(id)).status).toBe("cancelled");
  },

  "delete in bulk": async (stage) => {
    const ids = await jobs(stage, (id) => stage.succeed(id));
    for (const id of ids) stage.mayBeGone(id);
    await inDanger(stage, request("delete", ["succeeded"]));
    expect((await listed(stage)).filter(({ blueprint }) => blueprint !== "bulk")).toEqual([]);
  },
};
