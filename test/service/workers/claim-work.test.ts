import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../../../src/lib/json.ts";
import { MAX_OUTPUT_BYTES, MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { registryOf } from "../../../src/registry/api/client.ts";
import type { Claim } from "../../../src/service/workers/claim-work.ts";
import { reportWork } from "../../../src/service/workers/report-work.ts";
import { type Deployment, deployment, shardOf, submitted } from "../../mcp/deployment.ts";
import { callTool, replyBytes } from "../../mcp/support.ts";

const TERMS = { lease_ms: 60_000, retries: 1, delay_ms: 0, backoff: "fixed" as const };

/** A job that runs, with a step that is offered. */
async function offer({ tenant, worker }: Deployment, shards: number, input: string): Promise<string> {
  const id = await submitted(worker(shards));
  const registry = registryOf(env.JOB_REGISTRY, tenant, shardOf(id));
  const ref = { tenant, job_id: id, attempt: 1 };
  await registry.start(ref);
  await registry.offer(ref, "work", { queue: "q", input, timeout_ms: 3_600_000, terms: TERMS }, []);
  return id;
}

const claims = (reply: { structured: object }) => (reply.structured as { claims: Claim[] }).claims;

describe.each([1, 4])("workers of a tenant with %i shards", (shards) => {
  it("claim from all of them, the oldest first, complete, and hear no more than once of anything", async () => {
    const all = deployment();
    const deps = all.worker(shards);
    const ids: string[] = [];
    for (let n = 0; n < 8; n++) ids.push(await offer(all, shards, `${n}`));
    expect(new Set(ids.map(shardOf)).size).toBeGreaterThan(shards === 1 ? 0 : 1);
    const first = claims(await callTool(deps, "work_claim", { queues: ["q"], max: 3, worker: "w" }));
    expect(first.map(({ job_id }) => job_id).toSorted()).toEqual(ids.slice(0, 3).toSorted());
    const rest = claims(await callTool(deps, "work_claim", { queues: ["q"], max: 20 }));
    expect(rest.map(({ job_id }) => job_id).toSorted()).toEqual(ids.slice(3).toSorted());
    const none = await callTool(deps, "work_claim", { queues: ["q"] });
    expect([claims(none), none.text]).toEqual([[], expect.stringContaining("Nothing to do.")]);
    for (const { claim, input } of [...first, ...rest]) {
      const report = { claim, action: "complete", output: { seen: input } };
      const done = await callTool(deps, "work_report", report);
      expect(done.structured).toMatchObject({ accepted: true, cancel: false });
      expect((await callTool(deps, "work_report", report)).structured).toEqual(done.structured);
    }
  });

  it("wait for what is offered in any of them", async () => {
    const all = deployment();
    const waiting = callTool(all.worker(shards), "work_claim", { queues: ["q"], wait_seconds: 30 });
    const id = await offer(all, shards, "late");
    expect(claims(await waiting)).toMatchObject([{ job_id: id, step: "work", input: "late", try: 1 }]);
  });

  it("get as many as one reply has room for, and one that is large alone and whole", async () => {
    const all = deployment();
    const deps = all.worker(shards);
    const large = "x".repeat(40_000);
    await offer(all, shards, large);
    for (let n = 0; n < 20; n++) await offer(all, shards, `${n}${"y".repeat(1_000)}`);
    const [alone, ...others] = claims(await callTool(deps, "work_claim", { queues: ["q"], max: 1 }));
    expect([alone?.input, others]).toEqual([large, []]);
    let left = 20;
    while (left > 0) {
      const reply = await callTool(deps, "work_claim", { queues: ["q"], max: 20 });
      expect(replyBytes(reply)).toBeLessThanOrEqual(MAX_REPLY_BYTES);
      const taken = claims(reply);
      expect(taken.length).toBeGreaterThan(0);
      expect(taken.every(({ input }) => utf8Bytes(String(input)) > 1_000)).toBe(true);
      left -= taken.length;
    }
  });
});

describe("work_report", () => {
  it.each([
    [{ action: "complete" }, "output: is missing"],
    [{ action: "fail" }, "error: is missing"],
    [{ action: "release", output: 1 }, "output: does not go with action release"],
    [{ action: "complete", output: 1, extend_seconds: 5 }, "extend_seconds: does not go with action complete"],
    [{ action: "heartbeat", progress: { done: 3, total: 2 } }, "progress.done: is above total"],
    [{ action: "heartbeat", progress: { done: 3 } }, "progress.done: is above total"],
    [{ action: "fail", error: { code: "engine_x", message: "m" } }, "error.code: must be a word"],
  ])("refuses %o and says why", async (args, why) => {
    const { isError, text } = await callTool(deployment().worker(1), "work_report", { claim: "x", ...args });
    expect([isError, text]).toEqual([true, expect.stringContaining(why)]);
  });

  it.each(["x", "", "WyJhIiwiYiIsMV0"])(
    "answers claim %j, which is of no job, as one whose lease is lost",
    async (claim) => {
      const { isError, text } = await callTool(deployment().worker(1), "work_report", { claim, action: "release" });
      expect([isError, text]).toEqual([true, expect.stringContaining("(lease_lost)")]);
    },
  );

  it.each([
    [MAX_OUTPUT_BYTES - 2, "lease_lost"],
    [MAX_OUTPUT_BYTES - 1, "invalid_arguments"],
  ])("of an output of %i characters and two quotes is judged by its size first: %s", async (chars, code) => {
    const args = { claim: "x", action: "complete" as const, output: "x".repeat(chars) };
    expect(await reportWork(deployment().worker(1), args)).toMatchObject({ ok: false, error: { code } });
  });

  it("takes null as an output, and beside another action as left out", async () => {
    const all = deployment();
    const deps = all.worker(1);
    await offer(all, 1, "a");
    const [held] = claims(await callTool(deps, "work_claim", { queues: ["q"] }));
    const beat = { claim: held?.claim ?? "", action: "heartbeat", output: null, error: null };
    expect((await callTool(deps, "work_report", beat)).structured).toMatchObject({ accepted: true });
    const done = { claim: held?.claim ?? "", action: "complete", output: null };
    expect((await callTool(deps, "work_report", done)).structured).toMatchObject({ accepted: true });
  });

  it("tells a worker that its job no longer wants it", async () => {
    const all = deployment();
    const deps = all.worker(1);
    const id = await offer(all, 1, "a");
    const [held] = claims(await callTool(deps, "work_claim", { queues: ["q"] }));
    await callTool(deps, "jobs_cancel", { job_id: id });
    const reply = await callTool(deps, "work_report", { claim: held?.claim ?? "", action: "heartbeat" });
    expect(reply.structured).toMatchObject({ accepted: false, cancel: true });
    expect(reply.text).toContain("no longer wants it");
  });
});
