import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../../support/clients.ts";
import { ownTenant } from "../../support/server.ts";

let client: AnyClient;

beforeAll(async () => {
  const { endpoint, key } = await ownTenant();
  client = await connectAuto(endpoint, key);
});

afterAll(() => client?.close());

const SCHEMA = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };

async function ask(step: JsonObject, budget?: JsonObject) {
  const steps = [{ id: "ask", type: "ai", retry: { limit: 0 }, ...step }];
  const blueprint = { name: "ask", steps, ...(budget && { budget }) };
  const submitted = await callTool(client, "jobs_submit_blueprint", { blueprint });
  if (submitted.isError) throw new Error(submitted.text);
  return untilSettled(client, String(submitted.structured.id));
}

it.each<[string, JsonObject, JsonObject | undefined, JsonObject]>([
  ["text", { prompt: "say hello there" }, undefined, { result: { text: "hello there", model: "fake-1" } }],
  ["an object that fits", { prompt: "count", schema: SCHEMA }, undefined, { result: { value: { n: 1 } } }],
  ["one that fits at last", { prompt: "say no", schema: SCHEMA }, undefined, { result: { value: { n: 1 } } }],
  ["an error", { prompt: "fail 401" }, undefined, { status: "failed", error_code: "http_status" }],
  [
    "nothing in time",
    { prompt: "stall", timeout: "2 seconds" },
    undefined,
    { status: "failed", error_code: "step_timeout" },
  ],
  ["no JSON", { prompt: "babble <html>" }, undefined, { status: "failed", error_code: "http_json" }],
  [
    "more than the budget",
    { prompt: "overspend 9000" },
    { ai_tokens: 5_000 },
    { status: "failed", error_code: "limit_exceeded" },
  ],
])(
  "a real endpoint answers an ai step with %s",
  async (_, step, budget, expected) => {
    expect(await ask(step, budget)).toMatchObject(expected);
  },
  60_000,
);
