import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../support/clients.ts";
import { ownTenant } from "../support/server.ts";

interface Claim {
  claim: string;
  step: string;
  input: { n: number };
  try: number;
  lease_expires_at: string;
}

let client: AnyClient;
let place: Awaited<ReturnType<typeof ownTenant>>;

beforeAll(async () => {
  place = await ownTenant();
  const { endpoint, key } = place;
  client = await connectAuto(endpoint, key);
});

afterAll(() => client?.close());

async function call(name: string, args: object) {
  const { isError, text, structured } = await callTool(client, name, { ...args });
  if (isError) throw new Error(text);
  return structured;
}

const claim = async (queue: string, max = 1, wait_seconds = 20): Promise<Claim[]> =>
  (await call("work_claim", { queues: [queue], max, wait_seconds, worker: "test" })).claims as Claim[];

const submit = async (steps: object[], output: string): Promise<string> =>
  String((await call("jobs_submit_blueprint", { blueprint: { name: "by-workers", steps, output } })).id);

describe("workers over MCP", () => {
  it("do the rows of a map, as many at a time as it runs, and the job goes on with what they return", async () => {
    const hash = { id: "hash", type: "worker", queue: "hashes", input: { n: "{% $item %}" } };
    const steps = [{ id: "rows", type: "map", over: [1, 2, 3, 4, 5], concurrency: 3, steps: [hash] }];
    const id = await submit(steps, "{% $sum($steps.rows.double) %}");
    for (let done = 0; done < 5; ) {
      const claims = await claim("hashes", 3);
      expect(claims.length).toBeGreaterThan(0);
      for (const { claim: held, input, step } of claims) {
        expect(step).toMatch(/^rows\[\d\]\.hash$/);
        await call("work_report", { claim: held, action: "complete", output: { double: 2 * input.n } });
      }
      done += claims.length;
    }
    expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded", result: { value: 30 } });
  });

  it("that say nothing lose the step to the next one within a second of the lease's end, and come too late", async () => {
    const step = { id: "work", type: "worker", queue: "slow", input: { n: 1 }, lease: "2 seconds" };
    const id = await submit([step], "{% $steps.work %}");
    const [lost] = await claim("slow");
    const [next] = await claim("slow");
    expect(Date.now() - Date.parse(lost?.lease_expires_at ?? "")).toBeLessThan(1_000);
    expect([lost?.try, next?.try]).toEqual([1, 2]);
    const late = await callTool(client, "work_report", { claim: lost?.claim, action: "complete", output: "late" });
    expect([late.isError, late.text]).toEqual([true, expect.stringContaining("lease_lost")]);
    await call("work_report", { claim: next?.claim, action: "complete", output: "in time" });
    expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded", result: { value: "in time" } });
  });

  it("hear that a job was cancelled, and fail one with an error of their own", async () => {
    const step = { id: "work", type: "worker", queue: "unwanted", input: { n: 1 } };
    const cancelled = await submit([step], "");
    const [held] = await claim("unwanted");
    await call("jobs_cancel", { job_id: cancelled });
    expect(await call("work_report", { claim: held?.claim, action: "heartbeat" })).toMatchObject({ cancel: true });
    const failed = await submit([step], "");
    const [other] = await claim("unwanted");
    const error = { code: "no_such_file", message: "There is no a.mp4.", retryable: false };
    await call("work_report", { claim: other?.claim, action: "fail", error });
    expect(await untilSettled(client, failed)).toMatchObject({ status: "failed", error_code: "no_such_file" });
  });
});

const ROOT = join(import.meta.dirname, "../..");

describe("the example of a worker", () => {
  it("hashes files of its machine, and says of one that is not there that it failed", async () => {
    const { endpoint, key } = place;
    const env = { ...process.env, EDGE_JOBS_URL: endpoint.replace(/\/mcp$/, ""), EDGE_JOBS_KEY: key };
    const worker = spawn(process.execPath, ["examples/worker/worker.ts"], { cwd: ROOT, env, stdio: "ignore" });
    try {
      const hash = {
        id: "hash",
        type: "worker",
        queue: "hashes",
        input: { path: "{% $item %}" },
        on_error: "continue",
      };
      const over = ["package.json", "no-such-file"];
      const id = await submit([{ id: "rows", type: "map", over, steps: [hash] }], "{% $steps.rows %}");
      const text = readFileSync(join(ROOT, "package.json"));
      const sha256 = createHash("sha256").update(text).digest("hex");
      const settled = await untilSettled(client, id);
      expect(settled).toMatchObject({
        status: "succeeded",
        result: { value: [{ sha256, bytes: text.length }, { error: { code: "cannot_read" } }] },
      });
    } finally {
      worker.kill();
    }
  });
});
