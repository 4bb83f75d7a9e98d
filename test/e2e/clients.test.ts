import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SampleService, startSampleService } from "../../tooling/sample-service.ts";
import { type AnyClient, CLIENTS, callTool, untilSettled } from "../support/clients.ts";
import { ownTenant, type Place } from "../support/server.ts";

let service: SampleService;
let tenant: Place;

beforeAll(async () => {
  service = await startSampleService();
  tenant = await ownTenant();
});

afterAll(() => service?.close());

const CLASSIC = [
  "id",
  "name",
  "status",
  "submitted_at",
  "started_at",
  "completed_at",
  "progress",
  "metadata",
  "result",
  "error",
];

describe.each(Object.entries(CLIENTS))("%s", (_name, connect) => {
  let client: AnyClient;
  beforeAll(async () => {
    client = await connect(tenant.endpoint, tenant.key);
  });
  afterAll(() => client.close());

  const blueprint = () => ({
    name: "probe",
    steps: [
      { id: "get", type: "http", url: `${service.url}/ok.json` },
      { id: "count", type: "transform", value: { items: "{% $count($steps.get.body.items) %}" } },
    ],
  });

  it("lists the tools", async () => {
    const names = (await client.listTools()).tools.map((tool) => tool.name);
    expect(names).toEqual(expect.arrayContaining(["jobs_submit_blueprint", "jobs_get_status", "jobs_list"]));
  });

  it("submits a blueprint, waits for its result, finds it in the list", async () => {
    const submitted = await callTool(client, "jobs_submit_blueprint", {
      blueprint: blueprint(),
      metadata: { from: "test" },
      wait_seconds: 30,
    });
    expect(submitted).toMatchObject({
      isError: false,
      structured: { status: "succeeded", result: { items: 3 }, deduplicated: false },
    });
    const id = String(submitted.structured.id);
    const status = await callTool(client, "jobs_get_status", { job_id: id });
    expect(Object.keys(status.structured)).toEqual(expect.arrayContaining(CLASSIC));
    expect(status.structured).toMatchObject({
      status: "succeeded",
      progress: 1,
      metadata: { from: "test" },
      error: null,
    });
    const listed = await callTool(client, "jobs_list", { limit: 5, status: "succeeded" });
    expect(JSON.stringify(listed.structured)).toContain(id);
  });

  it("gets a job id at once and the result later", async () => {
    const submitted = await callTool(client, "jobs_submit_blueprint", {
      blueprint: "url-audit",
      input: { urls: [`${service.url}/`, `${service.url}/missing`] },
    });
    expect(submitted.structured.status).toBe("queued");
    const status = await untilSettled(client, String(submitted.structured.id));
    expect(status).toMatchObject({ status: "succeeded", blueprint: "url-audit@1" });
  });

  it("reads the job as a resource, and the module descriptor", async () => {
    const { structured } = await callTool(client, "jobs_submit_blueprint", {
      blueprint: blueprint(),
      wait_seconds: 30,
    });
    const read = await client.readResource({ uri: `job://${structured.id}` });
    const [content] = read.contents;
    if (content === undefined || !("text" in content)) throw new Error("no text");
    expect(JSON.parse(content.text as string)).toMatchObject({ id: structured.id, status: "succeeded" });
    expect(JSON.stringify(await client.readResource({ uri: "module://jobs" }))).toContain("jobs_submit_blueprint");
  });

  it("gets a postmortem of a job that failed", async () => {
    const failing = { name: "failing", steps: [{ id: "call", type: "http", url: `${service.url}/missing` }] };
    const { structured } = await callTool(client, "jobs_submit_blueprint", { blueprint: failing, wait_seconds: 30 });
    expect(structured).toMatchObject({ status: "failed", error_code: "http_status" });
    const prompt = await client.getPrompt({ name: "jobs_postmortem", arguments: { job_id: String(structured.id) } });
    expect(JSON.stringify(prompt.messages)).toContain("404");
  });

  it.each(["nonsense", "job_00000000000000000000000000zz", "", `job_${"0".repeat(28)}`, "job_\u0007x", "x".repeat(65)])(
    "answers the unknown id %j with exactly that",
    async (id) => {
      const reply = await callTool(client, "jobs_get_status", { job_id: id });
      expect(reply.isError).toBe(true);
      expect(reply.text).toBe(`Unknown job: ${id.replace("\u0007", "")}`);
    },
  );

  it("makes one job, run once, of fifty submits at once with one key", async () => {
    const key = crypto.randomUUID();
    const args = {
      blueprint: {
        name: "once",
        steps: [{ id: "effect", type: "http", method: "POST", url: `${service.url}/effects`, body: { key } }],
      },
      idempotency_key: key,
    };
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => callTool(client, "jobs_submit_blueprint", args)),
    );
    const ids = new Set(replies.map((reply) => reply.structured.id));
    expect(ids.size).toBe(1);
    expect(replies.filter((reply) => reply.structured.deduplicated === false)).toHaveLength(1);
    await untilSettled(client, String([...ids][0]));
    expect(service.effects.filter((effect) => JSON.stringify(effect.body).includes(key))).toHaveLength(1);
  });
});
