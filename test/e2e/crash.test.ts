import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SampleService, startSampleService } from "../../tooling/sample-service.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { type AnyClient, callTool, connectAuto, until, untilSettled } from "../support/clients.ts";

let service: SampleService;
let server: RunningServer;

beforeAll(async () => {
  service = await startSampleService();
  server = await startServer({ HTTP_ALLOW: new URL(service.url).host });
});

afterAll(async () => {
  await server.stop();
  await service.close();
});

const connect = () => connectAuto(`${server.url}/mcp`);

const effect = (id: string): object => {
  return { id, type: "http", method: "POST", url: `${service.url}/effects`, body: { step: id }, timeout: "2 seconds" };
};
const effectsOf = (jobId: string) => service.effects.filter((seen) => seen.idempotencyKey?.startsWith(jobId));

async function submitAndKill(
  blueprint: object,
  killWhen: (jobId: string, client: AnyClient) => boolean | Promise<boolean>,
): Promise<Record<string, unknown>> {
  const before = await connect();
  const { structured } = await callTool(before, "jobs_submit_blueprint", { blueprint });
  const id = String(structured.id);
  await until(() => killWhen(id, before), "the moment to kill");
  await server.kill9();
  await before.close().catch(() => undefined);
  await server.restart();
  const after = await connect();
  const status = await untilSettled(after, id);
  await after.close();
  return status;
}

describe("kill -9 of the server", () => {
  it("right after the acknowledgement: the job is run and settles", async () => {
    const status = await submitAndKill({ name: "acked", steps: [effect("only")] }, () => true);
    expect(status).toMatchObject({ status: "succeeded", progress: 1 });
    const keys = effectsOf(String(status.id)).map((seen) => seen.idempotencyKey);
    expect(new Set(keys)).toEqual(new Set([`${status.id}.only`]));
  }, 90_000);

  it("while a step acts: it acts again with the same key, and finished steps are not run again", async () => {
    const blueprint = {
      name: "acting",
      steps: [
        effect("before"),
        { id: "slow", type: "http", url: `${service.url}/slow?ms=1500`, timeout: "3 seconds" },
        effect("after"),
      ],
    };
    const slowBefore = service.hits.get("/slow") ?? 0;
    const status = await submitAndKill(blueprint, () => (service.hits.get("/slow") ?? 0) > slowBefore);
    expect(status).toMatchObject({ status: "succeeded", progress: 1 });
    expect(effectsOf(String(status.id)).map((seen) => seen.idempotencyKey)).toEqual([
      `${status.id}.before`,
      `${status.id}.after`,
    ]);
    expect((status.steps as { id: string; tries: number }[]).map((step) => [step.id, step.tries])).toEqual([
      ["before", 1],
      ["slow", 2],
      ["after", 1],
    ]);
  }, 90_000);

  it("with rows of a map in flight: those that ended are not run again, the others act again under their keys", async () => {
    const items = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const slow = { id: "slow", type: "http", url: `${service.url}/slow?ms=1500&of={% $item %}`, timeout: "3 seconds" };
    const steps = [effect("first"), slow, effect("last")];
    const map = { id: "rows", type: "map", over: items, concurrency: 4, steps };
    const seen = (id: string, step: string) =>
      service.requests.filter(
        ({ idempotencyKey }) => idempotencyKey?.startsWith(`${id}.rows[`) && idempotencyKey.endsWith(step),
      );
    const doneBefore: (string | null)[] = [];
    // The first four have ended, and of the next four each has acted and waits for its answer.
    const status = await submitAndKill({ name: "rows", steps: [map] }, (id) => {
      doneBefore.splice(0, doneBefore.length, ...seen(id, ".last").map(({ idempotencyKey }) => idempotencyKey));
      return seen(id, ".slow").length === items.length;
    });
    const id = String(status.id);
    expect(status).toMatchObject({ status: "succeeded", progress: 1 });
    expect(doneBefore.length).toBeGreaterThan(2);
    const counts = (step: string) => [...Map.groupBy(seen(id, step), ({ idempotencyKey }) => idempotencyKey).values()];
    for (const step of [".first", ".slow", ".last"]) expect(counts(step)).toHaveLength(items.length);
    for (const step of [".first", ".last"]) expect(counts(step).map((tries) => tries.length)).toEqual(Array(8).fill(1));
    const again = counts(".slow").filter((tries) => tries.length > 1);
    expect(again).toHaveLength(4);
    for (const [first] of again) {
      expect(doneBefore).not.toContain(first?.idempotencyKey?.replace(".slow", ".last"));
    }
  }, 90_000);

  it("while a job sleeps: it wakes and goes on", async () => {
    const blueprint = {
      name: "sleeping",
      steps: [effect("before"), { id: "nap", type: "sleep", for: "5 seconds" }, effect("after")],
    };
    const status = await submitAndKill(blueprint, async (id, client) => {
      const { structured } = await callTool(client, "jobs_get_status", { job_id: id });
      return structured.step === "nap";
    });
    expect(status).toMatchObject({ status: "succeeded" });
    expect(effectsOf(String(status.id)).map((seen) => seen.idempotencyKey)).toEqual([
      `${status.id}.before`,
      `${status.id}.after`,
    ]);
  }, 90_000);

  it("while jobs wait for events: one told just before and one told after answer each once", async () => {
    const before = await connect();
    const submit = async (client: AnyClient, name: string, steps: object[], more: object = {}) => {
      const { structured } = await callTool(client, "jobs_submit_blueprint", { blueprint: { name, steps }, ...more });
      return String(structured.id);
    };
    const emit = (client: AnyClient, event: string, n: number) =>
      submit(client, "telling", [{ id: "tell", type: "emit", event, data: { n } }], { wait_seconds: 30 });
    const waiting = (event: string) =>
      submit(before, "waiting", [
        effect("asked"),
        { id: "told", type: "input", event: { name: event, when: "{% $event.data.n > 1 %}" } },
        effect("after"),
        { id: "n", type: "transform", value: "{% $steps.told.content.n %}" },
      ]);
    const jobs = [await waiting("crash.before"), await waiting("crash.later")];
    for (const job_id of jobs) {
      const statusOf = async () => (await callTool(before, "jobs_get_status", { job_id })).structured;
      await until(async () => (await statusOf()).step === "told" && "wakes_at" in (await statusOf()), "the wait");
    }
    await emit(before, "crash.later", 1);
    await emit(before, "crash.before", 2);
    await server.kill9();
    await before.close().catch(() => undefined);
    await server.restart();
    const after = await connect();
    for (const n of [3, 4]) for (const event of ["crash.before", "crash.later"]) await emit(after, event, n);
    const ended = await Promise.all(jobs.map((id) => untilSettled(after, id)));
    expect(ended.map(({ status, result }) => [status, result])).toEqual([
      ["succeeded", { value: 2 }],
      ["succeeded", { value: 3 }],
    ]);
    for (const job_id of jobs) {
      // What was in flight at the kill acts again, under its key.
      const keys = effectsOf(job_id).map((seen) => seen.idempotencyKey);
      expect([...new Set(keys)]).toEqual([`${job_id}.asked`, `${job_id}.after`]);
      const { structured } = await callTool(after, "jobs_get_status", { job_id, include: ["events"] });
      const types = (structured.events as { type: string }[]).map(({ type }) => type);
      expect(types.filter((type) => type === "answered")).toHaveLength(1);
    }
    await after.close();
  }, 90_000);

  it("while an alarm is due: it rings at the next start, without a request", async () => {
    const client = await connect();
    const run_at = new Date(Date.now() + 3_000).toISOString();
    const blueprint = { name: "later", steps: [effect("only")] };
    const { structured } = await callTool(client, "jobs_submit_blueprint", { blueprint, run_at });
    const id = String(structured.id);
    await client.close();
    await server.kill9();
    expect(effectsOf(id)).toEqual([]);
    await until(() => Date.now() > Date.parse(run_at) + 1_000, "the alarm is overdue");
    await server.restart();
    await until(() => effectsOf(id).length > 0, "the effect of a job that nobody asked for");
  }, 90_000);
});
