import { expect } from "vitest";
import { aListQuery, aRequest, CALLER } from "../../bench.ts";
import type { Scenario } from "./runner-scenarios.ts";

/** Many jobs of one submit. */
export const BATCH_SCENARIOS: Record<string, Scenario> = {
  "submit a batch": async (stage) => {
    const inputs = Array.from({ length: 5 }, (_, n) => ({ n }));
    const request = aRequest({ idempotency: { key: "a batch", request_hash: "a hash" } });
    const submit = () => stage.ask("submit a batch", (api) => api.batches.submitBatch(CALLER, request, inputs));
    let batch = "";
    await stage.danger(async () => {
      const submitted = await submit();
      if (submitted.ok) batch = submitted.value.batch_id;
    });
    expect(await submit()).toMatchObject({ ok: true, value: { batch_id: batch, count: 5, deduplicated: true } });
    const { jobs } = await stage.world.api.caller.list(CALLER, aListQuery());
    expect(jobs).toHaveLength(5);
    await stage.ringUntil(() => jobs.every(({ id }) => stage.world.workflow.instances.has(`${id}-1`)));
  },
};
