import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { registryOf } from "../../../src/registry/api/client.ts";
import { deployment, shardOf, submitted } from "../../mcp/deployment.ts";
import { callTool } from "../../mcp/support.ts";

const TERMS = { lease_ms: 60_000, retries: 1, delay_ms: 0, backoff: "fixed" as const };

const refOf = (tenant: string, job_id: string) => ({ tenant, job_id, attempt: 1 });

describe.each([1, 4])("jobs_stats of a tenant with %i shards", (shards) => {
  it("counts all of them, names causes of failures with a job each, and says how queues stand", async () => {
    const { tenant, worker } = deployment();
    const deps = worker(shards);
    const ids: string[] = [];
    for (let n = 0; n < 8; n++) ids.push(await submitted(deps));
    const of = (id: string) => ({
      registry: registryOf(env.JOB_REGISTRY, tenant, shardOf(id)),
      ref: refOf(tenant, id),
    });
    for (const id of ids.slice(0, 6)) await of(id).registry.start(of(id).ref);
    for (const [n, id] of ids.slice(0, 3).entries()) {
      const error = { code: "http_status", message: `HTTP 50${n}: ${id}` };
      await of(id).registry.settle(of(id).ref, { name: "failed", error, path: "call" }, []);
    }
    for (const id of ids.slice(3, 4)) await of(id).registry.settle(of(id).ref, { name: "succeeded", output: {} }, []);
    const offer = { queue: "gpu", input: {}, timeout_ms: 3_600_000, terms: TERMS };
    for (const id of ids.slice(4, 6)) await of(id).registry.offer(of(id).ref, "work", offer, []);
    await callTool(deps, "work_claim", { queues: ["gpu"], worker: "box" });
    const { structured, text } = await callTool(deps, "jobs_stats", { group_by: "status", period: "1 hour" });
    expect(structured).toMatchObject({
      ...{ jobs: 8, truncated: false, success_rate: 0.25 },
      statuses: { failed: 3, succeeded: 1, running: 2, queued: 2 },
      failures: [{ code: "http_status", message: "Step call: HTTP #: <id>", count: 3, sample: ids[2] }],
      queues: [{ queue: "gpu", depth: 1, leased: 1, workers: 1 }],
    });
    expect((structured.groups as { key: string; jobs: number }[]).map(({ key, jobs }) => [key, jobs])[0]).toEqual([
      "failed",
      3,
    ]);
    expect(text).toContain("8 jobs");
    // One that does not say who it is.
    await callTool(deps, "work_claim", { queues: ["gpu"] });
    const { structured: all } = await callTool(deps, "jobs_stats", {});
    expect(all.queues).toMatchObject([{ queue: "gpu", depth: 0, leased: 2, workers: 2 }]);
    const stranger = await callTool(deployment().worker(shards), "jobs_stats", {});
    expect(stranger.structured).toMatchObject({ jobs: 0 });
  });

  it("says which period it takes", async () => {
    const { isError, text } = await callTool(deployment().worker(shards), "jobs_stats", { period: "91 days" });
    expect([isError, text]).toEqual([true, expect.stringContaining("period: is longer than 7776000 seconds")]);
  });
});
