import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type SampleService, startSampleService } from "../../../tooling/sample-service.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { ownBundle, startServer } from "../../../tooling/servers/workerd-server.ts";
import { type AnyClient, callTool, connectAuto, until, untilSettled } from "../../support/clients.ts";

/**
 * A server of release 0.1.0 is killed amid its jobs, and this build goes on with what it left: the rows of the registry, and
 * instances of the engine that began under the other runner. `worker-0.1.0.json.br` is that release as
 * `wrangler deploy --dry-run` bundled it (commit aa13832), with its options: file names and their texts.
 */

let release: string;
let service: SampleService;
let server: RunningServer;
let serves: () => string;

beforeAll(async () => {
  release = mkdtempSync(join(tmpdir(), "edge-jobs-0-1-0-"));
  const packed = brotliDecompressSync(readFileSync(join(import.meta.dirname, "worker-0.1.0.json.br")));
  const files: Record<string, string> = JSON.parse(packed.toString());
  for (const [name, text] of Object.entries(files)) writeFileSync(join(release, name), text);
  service = await startSampleService();
  serves = () => release;
  server = await startServer({ HTTP_ALLOW: new URL(service.url).host }, { bundle: () => serves() });
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await service?.close();
  rmSync(release, { recursive: true, force: true });
});

const connect = () => connectAuto(`${server.url}/mcp`);

const get = (id: string, path: string, more: object = {}): object => {
  return { id, type: "http", url: `${service.url}${path}`, timeout: "8 seconds", ...more };
};
const effect = (id: string): object => get(id, "/effects", { method: "POST", body: { step: id } });
const nap = { id: "wait", type: "sleep", for: "9 seconds" };

/** By what each is at when the server is killed: the steps between two effects. */
const MIDDLES: Record<string, () => object> = {
  acting: () => get("wait", "/slow?ms=5000&of=acting"),
  sleeping: () => nap,
  asking: () => ({ id: "wait", type: "input", message: "Go on?", schema: { type: "object", properties: {} } }),
  retrying: () => get("wait", "/flaky?key=upgrade&times=1", { retry: { limit: 3, delay: "9 seconds" } }),
  parent: () => ({
    id: "wait",
    type: "job",
    blueprint: { name: "child", steps: [effect("inner"), nap, effect("late")] },
  }),
  rows: () => ({
    ...{ id: "wait", type: "map", over: ["a", "b", "c", "d"], concurrency: 2 },
    steps: [effect("first"), get("slow", "/slow?ms=2500&of={% $item %}"), effect("last")],
  }),
  branches: () => ({
    ...{ id: "wait", type: "parallel" },
    branches: { left: [effect("left"), { ...nap, id: "left_nap" }], right: [get("right", "/slow?ms=5000&of=branch")] },
  }),
};

const hasBegun = (query: string) => service.requests.some(({ path }) => path.endsWith(query));

async function submit(client: AnyClient, args: object): Promise<string> {
  const { structured, text } = await callTool(client, "jobs_submit_blueprint", { ...args });
  expect(structured.id, text).toBeTypeOf("string");
  return String(structured.id);
}

const statusOf = async (client: AnyClient, id: string) =>
  (await callTool(client, "jobs_get_status", { job_id: id })).structured;

/** Effects by the key that they were asked for under. */
const effectsOf = (id: string): string[] =>
  service.effects.flatMap(({ idempotencyKey }) =>
    idempotencyKey?.startsWith(id) ? [idempotencyKey.slice(id.length + 1)] : [],
  );

it("jobs of 0.1.0 that run, sleep, ask, retry, wait for a child or stand amid rows go on under this build, and end well", async () => {
  const restStatus = async () => (await fetch(`${server.url}/api/v1/jobs`)).status;
  // It came with this build.
  expect(await restStatus()).toBe(404);
  const before = await connect();
  const settled = await submit(before, {
    ...{ blueprint: { name: "settled", steps: [effect("only")] }, idempotency_key: "order 17", wait_seconds: 20 },
  });
  const ids: Record<string, string> = {};
  for (const [name, middle] of Object.entries(MIDDLES)) {
    const blueprint = { name, steps: [effect("before"), middle(), effect("after")] };
    ids[name] = await submit(before, { blueprint });
  }
  const run_at = new Date(Date.now() + 9_000).toISOString();
  const later = await submit(before, { blueprint: { name: "later", steps: [effect("only")] }, run_at });
  const isAt = async (name: string) => (await statusOf(before, ids[name] ?? "")).step === "wait";
  for (const name of ["sleeping", "asking", "parent"]) await until(() => isAt(name), `${name} waits`);
  await until(() => (service.hits.get("/flaky") ?? 0) === 1, "the first try has failed");
  // Two rows have ended, and of the next two each has acted and waits for its answer.
  await until(() => ["=acting", "=branch", "=c", "=d"].every(hasBegun), "steps act");
  await server.kill9();
  await before.close().catch(() => undefined);

  serves = ownBundle;
  await server.restart();
  expect(await restStatus()).toBe(200);
  const after = await connect();
  const { input_requests } = await statusOf(after, ids.asking ?? "");
  const [{ request_id }] = input_requests as [{ request_id: string }];
  await callTool(after, "jobs_respond", { job_id: ids.asking, request_id, action: "accept", content: {} });
  for (const [name, id] of Object.entries({ ...ids, later })) {
    expect(await untilSettled(after, id), name).toMatchObject({ name, status: "succeeded", progress: 1, error: null });
  }

  const plain = ["before", "after"];
  const rows = [0, 1, 2, 3].flatMap((i) => [`wait[${i}].first`, `wait[${i}].last`]);
  const expected: Record<string, string[]> = { rows: [...plain, ...rows], branches: [...plain, "wait.left.left"] };
  // What had ended is not done again, and what follows is done once, under the keys of 0.1.0.
  for (const [name, id] of Object.entries(ids)) {
    expect(effectsOf(id).sort(), name).toEqual((expected[name] ?? plain).sort());
  }
  expect(effectsOf(later)).toEqual(["only"]);
  const children = (await callTool(after, "jobs_list", {})).structured.jobs as {
    id: string;
    name: string;
    status: string;
  }[];
  const child = children.find(({ name }) => name === "child");
  expect(child).toMatchObject({ status: "succeeded" });
  expect(effectsOf(child?.id ?? "").sort()).toEqual(["inner", "late"]);

  // What had settled is as it was, and its key is known.
  expect(await statusOf(after, settled)).toMatchObject({ status: "succeeded", result: { status: 200 } });
  const again = { blueprint: { name: "settled", steps: [effect("only")] }, idempotency_key: "order 17" };
  expect((await callTool(after, "jobs_submit_blueprint", again)).structured).toMatchObject({
    id: settled,
    deduplicated: true,
  });
  expect(
    await statusOf(
      after,
      await submit(after, { blueprint: { name: "new", steps: [effect("only")] }, wait_seconds: 20 }),
    ),
  ).toMatchObject({
    status: "succeeded",
  });
  await after.close();
}, 180_000);
