import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../support/clients.ts";
import { ownTenant } from "../support/server.ts";

/** What the guide's examples call, by method and path; each as a service of this kind would answer. */
function api() {
  let exportPolls = 0;
  let queued = 2;
  const answers: Record<string, () => [status: number, body: unknown]> = {
    "GET /repos/acme-app/releases": () => [200, [{ tag: "v1.2.3" }]],
    "GET /items/1": () => [200, { name: "one" }],
    "GET /items/2": () => [404, { error: "no such item" }],
    "GET /items/3": () => [200, { name: "three" }],
    "POST /exports": () => [202, { id: "e1" }],
    "GET /exports/e1": () => [200, { state: ++exportPolls > 1 ? "done" : "busy" }],
    "GET /exports/e1/file": () => [200, "n\n1\n2\n"],
    "GET /customers": () => [200, { data: [{ name: "Ada" }, { name: "Bob" }], next_cursor: null }],
    "GET /invoices": () => [200, { page: 1, pages: 1, rows: [{ amount: 3 }, { amount: 4 }] }],
    "GET /issues": () => [
      200,
      [
        { title: "Old", year: 2025 },
        { title: "New", year: 2026 },
      ],
    ],
    "POST /hotels": () => [201, { id: "h1" }],
    "POST /flights": () => [201, { id: "f1" }],
    "POST /hooks/trip": () => [200, {}],
    "POST /sessions": () => [200, { token: "t-123" }],
    "GET /tickets/t1": () => [200, { text: "The shop is down." }],
    "GET /me": () => [200, { name: "Ada" }],
    "POST /queue/take": () => [200, { id: queued, left: --queued }],
    "GET /drafts/d7": () => [200, { title: "Draft seven" }],
    "POST /posts": () => [201, { id: "p1" }],
    "GET /customers/c42": () => [200, { name: "Ada" }],
    "GET /orders": () => [200, [{ amount: 10 }, { amount: 5 }]],
    "POST /hooks/reminder": () => [200, {}],
    "GET /status": () => [503, { state: "down" }],
  };
  return createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const [status, body] = answers[`${request.method} ${path}`]?.() ?? [500, { unexpected: request.url }];
    const [type, text] = typeof body === "string" ? ["text/csv", body] : ["application/json", JSON.stringify(body)];
    response.writeHead(status, { "content-type": type }).end(text);
  });
}

const ANSWERS: Record<string, object> = { approve: { channel: "web" } };

let service: Server;
let client: AnyClient;
let examples: { blueprint: { name: string } }[] = [];

beforeAll(async () => {
  service = api().listen(0, "127.0.0.1");
  await new Promise((resolve) => service.once("listening", resolve));
  const host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  const { endpoint, key } = await ownTenant();
  client = await connectAuto(endpoint, key);
  const [page] = (await client.readResource({ uri: "blueprint://guide" })).contents;
  const text = page && "text" in page ? String(page.text) : "";
  const blocks = [...text.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, block = ""]) => block);
  examples = blocks.map((block) => JSON.parse(block.replaceAll("https://api.example.com", `http://${host}`)));
});

afterAll(async () => {
  await client?.close();
  service?.close();
});

/** Answers what the job asks, as a person would. */
async function answer(id: string): Promise<void> {
  const waited = await callTool(client, "jobs_wait", { job_ids: [id], timeout_seconds: 50 });
  const [row] = waited.structured.jobs as { input_requests: { request_id: string }[] }[];
  for (const { request_id } of row?.input_requests ?? []) {
    const content = ANSWERS[request_id];
    const reply = await callTool(client, "jobs_respond", { job_id: id, request_id, action: "accept", content });
    if (reply.isError) throw new Error(reply.text);
  }
}

/** Does what waits in the queue of the examples, as a worker would. */
async function work(): Promise<void> {
  const { structured } = await callTool(client, "work_claim", { queues: ["gpu"], wait_seconds: 50 });
  for (const { claim } of structured.claims as { claim: string }[]) {
    await callTool(client, "work_report", { claim, action: "complete", output: "Good morning." });
  }
}

describe("the guide", () => {
  it("is true: every example in it runs to its end on the real server", async () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
    const working = work();
    const outcomes = await Promise.all(
      examples.map(async (args) => {
        const submitted = await callTool(client, "jobs_submit_blueprint", { ...args, wait_seconds: 0 });
        if (submitted.isError) return [args.blueprint.name, submitted.text];
        const id = String(submitted.structured.id);
        await answer(id);
        const { status, error } = await untilSettled(client, id);
        return [args.blueprint.name, error ?? status];
      }),
    );
    await working;
    expect(outcomes).toEqual(examples.map((args) => [args.blueprint.name, "succeeded"]));
  }, 120_000);
});
