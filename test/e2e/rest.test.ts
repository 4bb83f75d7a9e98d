import { createConfig, lintFromString } from "@redocly/openapi-core";
import { beforeAll, describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { ownTenant, type Place } from "../support/server.ts";

/** The routes on a real server: what the tests of `test/rest` have in memory. */

let place: Place;
beforeAll(async () => {
  place = await ownTenant();
});

const send = (method: string, path: string, body?: JsonObject, headers: Record<string, string> = {}) =>
  fetch(`${place.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${place.key}`, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

async function api(method: string, path: string, body?: JsonObject): Promise<{ status: number; body: JsonObject }> {
  const response = await send(method, path, body);
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const plan = (steps: JsonObject[]): JsonObject => ({ name: "rest", steps });
const QUESTION = { id: "ask", type: "input", message: "Go on?", schema: { type: "object", properties: {} } };

/** Server-sent events as they come. */
async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: JsonObject }> {
  let rest = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      if (event !== undefined) yield { event, data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "{}") };
    }
  }
}

describe("the OpenAPI document", () => {
  it("is one that an independent linter has nothing against, and needs no key", async () => {
    const response = await fetch(`${place.url}/api/v1/openapi.json`);
    const source = await response.text();
    const config = await createConfig({ extends: ["recommended-strict"] });
    const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
    const told = problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ""}`);
    expect(told).toEqual([]);
    expect(JSON.parse(source)).toMatchObject({ openapi: "3.1.1", info: { title: "Edge Jobs" } });
  });
});

describe("a job over REST", () => {
  it("is submitted, followed to its question, answered, read in pages, run again and deleted", async () => {
    const steps = [QUESTION, { id: "done", type: "transform", value: { said: "{% $steps.ask.action %}" } }];
    const submitted = await api("POST", "/jobs", { blueprint: plan(steps), metadata: { env: "test" } });
    expect(submitted.status).toBe(201);
    const id = String(submitted.body.id);

    const stream = await send("GET", `/jobs/${id}/stream`);
    const seen: unknown[] = [];
    for await (const { data } of eventsOf(stream)) {
      seen.push(data.status);
      const [question] = Array.isArray(data.input_requests) ? data.input_requests : [];
      if (data.status !== "input_required" || !isJsonObject(question)) continue;
      const answer = { request_id: question.request_id ?? "", action: "accept", content: {} };
      const answered = await api("POST", `/jobs/${id}/respond`, answer);
      if (answered.status === 200) continue;
      expect(answered.body).toMatchObject({ code: "already_answered" });
    }
    expect(seen.at(-1)).toBe("succeeded");
    expect(seen).toContain("input_required");

    const page = await api("GET", `/jobs/${id}/result?pointer=/said`);
    expect(page.body).toEqual({ text: "accept", next_offset: null, total_bytes: 6 });
    const listed = await api("GET", `/jobs?metadata=${encodeURIComponent('{"env":"test"}')}`);
    expect(listed.body).toMatchObject({ jobs: [{ id, status: "succeeded" }], next_cursor: null });
    const again = await api("POST", `/jobs/${id}/retry`, { from_step: "done" });
    expect(again).toMatchObject({ status: 201, body: { retried_from: id } });
    const ids = { job_ids: [String(again.body.id)], timeout_seconds: 30 };
    expect(await api("POST", "/jobs/wait", ids)).toMatchObject({ status: 200, body: { timed_out: false } });
    expect(await api("DELETE", `/jobs/${id}`)).toMatchObject({ status: 200, body: { deleted: true } });
    expect((await api("GET", `/jobs/${id}`)).status).toBe(404);
  });

  it("is told at once when it changes: no reader has to ask", async () => {
    const { body } = await api("POST", "/jobs", { blueprint: plan([QUESTION]) });
    const stream = await send("GET", `/jobs/${String(body.id)}/stream`);
    const events = eventsOf(stream);
    await events.next();
    await api("POST", `/jobs/${String(body.id)}/cancel`, { reason: "enough" });
    const statuses: unknown[] = [];
    for await (const { data } of events) statuses.push(data.status);
    expect(statuses.at(-1)).toBe("cancelled");
    const ended = await send("GET", `/jobs/${String(body.id)}/stream`, undefined, { "last-event-id": "9-cancelled" });
    expect(ended.status).toBe(204);
  });
});
