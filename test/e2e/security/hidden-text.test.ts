import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pMap from "p-map";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { escapeInvisible } from "../../../src/lib/safe-text.ts";
import { visible } from "../../../src/mcp/replies/structure.ts";
import { type Call, type EraVersion, send, toolCall } from "../../../tooling/raw.ts";
import { everyNth } from "../../../tooling/tiers.ts";
import { hiddenIn, PAYLOADS } from "../../support/hidden.ts";
import { ownTenant, type Place } from "../../support/server.ts";
import { setting } from "../../support/setting.ts";

/** Fails with the payload that its path names, as the body of an error and as the title of a page. */
let hostile: Server;
let tenant: Place;

beforeAll(async () => {
  hostile = createServer(({ url = "/" }, response) => {
    const [, status, index] = url.split("/").map(Number);
    const payload = PAYLOADS[index ?? 0] ?? "";
    response.writeHead(status ?? 500, { "content-type": "text/html; charset=utf-8" });
    response.end(`<title>${payload}</title>${payload}`);
  });
  await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
  tenant = await ownTenant();
});

afterAll(async () => {
  await new Promise((done) => hostile?.close(done));
});

/** Every string of a reply: keys, names, texts, errors, data. JSON inside a text is read as text. */
function shown(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => shown(item));
  return Object.entries(value).flatMap(([key, item]) =>
    // A form is answered with the words that it has, as they are.
    key === "requestedSchema" ? [key] : [key, ...shown(item)],
  );
}

async function ask(call: Call, era: EraVersion = "2026-07-28"): Promise<JsonObject> {
  const reply = await send(tenant.url, tenant.key, era, call);
  const message = reply.message.result ?? reply.message.error ?? {};
  const found = shown(message).filter((text) => hiddenIn(text).length > 0);
  expect(found, JSON.stringify(call)).toEqual([]);
  return message;
}

const tool = async (name: string, args: JsonObject): Promise<JsonObject> => {
  const { structuredContent, content } = await ask(toolCall(name, args));
  return (structuredContent ?? { content }) as JsonObject;
};
const read = (uri: string) => ask({ method: "resources/read", params: { uri } });
/** Of those that callers send. What services send is little work: all of it is always sent. */
const SENT = everyNth(PAYLOADS, setting("TEXT_STRIDE"), setting("SEED"));
const each = (run: (payload: string, i: number) => Promise<void>) => pMap(SENT, run, { concurrency: 8 });
const urlOf = (status: number, index: number): string =>
  `http://127.0.0.1:${(hostile.address() as AddressInfo).port}/${status}/${index}`;

describe("text that nobody sees", () => {
  it("comes in more than 100 spellings", () => {
    expect(PAYLOADS.length).toBeGreaterThanOrEqual(100);
    expect(PAYLOADS.filter((payload) => hiddenIn(payload).length === 0)).toEqual([]);
  });

  it("of callers reaches no reply, and the value of a result is the same", async () => {
    await each(async (payload) => {
      const steps = [{ id: "say", type: "transform", value: { said: "{% $input.words %}" } }];
      const plan = { name: "said", description: payload, steps };
      const job = await tool("jobs_submit_blueprint", {
        blueprint: plan,
        input: { words: payload },
        name: payload,
        metadata: { note: payload, [payload]: 1 },
        wait_seconds: 20,
      });
      const said = escapeInvisible(payload);
      expect(job).toMatchObject({ status: "succeeded", result: { said }, metadata: { note: said } });
      const job_id = String(job.id);
      expect(JSON.parse(String((await tool("jobs_get_result", { job_id })).text))).toEqual({ said: payload });
      expect(await tool("jobs_get_result", { job_id, pointer: "/said" })).toMatchObject({ text: said });
      await tool("jobs_wait", { job_ids: [job_id] });
    });
    await tool("jobs_list", { limit: 100 });
    await ask({ method: "resources/list", params: {} });
  });

  it("reaches no error that repeats what was wrong", async () => {
    await each(async (payload) => {
      const ref = { type: "ref/prompt", name: payload };
      const steps = [
        { id: payload, type: payload },
        { id: "a", type: "transform", value: `{% ${payload} %}` },
      ];
      await Promise.all([
        tool("jobs_get_status", { job_id: payload, [payload]: payload }),
        tool("jobs_list", { cursor: payload, blueprint: payload, submitted_after: payload }),
        tool("jobs_submit_blueprint", { blueprint: { name: payload, [payload]: 1, steps }, dry_run: true }),
        ...[{ job_id: payload }, { name: payload }, { blueprint: payload, run_at: payload }].map((args, i) =>
          tool(["jobs_cancel", "blueprints_get", "jobs_submit_blueprint"][i] ?? "", args),
        ),
        ask({ method: "prompts/get", params: { name: "jobs_postmortem", arguments: { job_id: payload } } }),
        ask({ method: "prompts/get", params: { name: "jobs_plan", arguments: { goal: payload } } }),
        // Clients of 2026 repeat these in a header, which cannot hold what is hidden.
        ...[
          toolCall(payload, {}),
          { method: "prompts/get", params: { name: payload } },
          { method: "resources/read", params: { uri: `job://${payload}` } },
          { method: payload, params: {} },
          { method: "completion/complete", params: { ref, argument: { name: payload, value: payload } } },
        ].map((call) => ask(call, "2025-11-25")),
      ]);
    });
  });

  it("reaches no description of a saved blueprint, and its document is kept as it was sent", async () => {
    await each(async (payload, i) => {
      const blueprint = {
        name: `saved-${i}`,
        description: payload,
        steps: [{ id: "a", type: "transform", value: payload }],
      };
      await tool("blueprints_save", { blueprint });
      expect(await tool("blueprints_get", { name: `saved-${i}` })).toMatchObject({ blueprint: visible(blueprint) });
    });
    await tool("blueprints_list", { limit: 100 });
    await ask({ method: "resources/list", params: {} });
    const [content] = (await read("blueprint://saved-0")).contents as { text: string }[];
    expect(JSON.parse(content?.text ?? "")).toMatchObject({ blueprint: { description: SENT[0] } });
  });

  it("of services reaches no error, event, title or postmortem", async () => {
    const once = { limit: 1, delay: "1 second", backoff: "fixed" };
    const get = { id: "get", type: "http", url: "{% $item %}", on_error: "continue", retry: { limit: 0 } };
    const all = PAYLOADS.map((_, i) => urlOf(400, i));
    const failing = PAYLOADS.map((_, i) => ({
      id: `f${i}`,
      type: "http",
      url: urlOf(503, i),
      on_error: "continue",
      retry: once,
    }));
    const jobs = [
      { name: "mapped", steps: [{ id: "all", type: "map", over: "{% $input.urls %}", steps: [get], concurrency: 20 }] },
      {
        name: "retried",
        steps: [
          {
            id: "both",
            type: "parallel",
            branches: Object.fromEntries(failing.slice(0, 20).map((step) => [step.id, [step]])),
          },
        ],
      },
      { name: "broken", steps: [{ id: "stop", type: "http", url: urlOf(400, 3), retry: { limit: 0 } }] },
    ];
    for (const blueprint of jobs) {
      const job = await tool("jobs_submit_blueprint", { blueprint, input: { urls: all }, wait_seconds: 50 });
      const job_id = String(job.id);
      await tool("jobs_wait", { job_ids: [job_id], timeout_seconds: 50 });
      const { events, status } = await tool("jobs_get_status", { job_id, include: ["steps", "events"] });
      expect([(events as Json[]).length > 5, status]).toEqual([
        true,
        blueprint.name === "broken" ? "failed" : "succeeded",
      ]);
      await ask({ method: "prompts/get", params: { name: "jobs_postmortem", arguments: { job_id } } });
      for (const more of ["", "/events", "/result"]) await read(`job://${job_id}${more}`);
    }
    const audit = await tool("jobs_submit_blueprint", {
      blueprint: "url-audit",
      input: { urls: PAYLOADS.slice(0, 50).map((_, i) => urlOf(200, i)) },
      wait_seconds: 50,
    });
    const pages = await tool("jobs_get_result", { job_id: String(audit.id), pointer: "/pages", max_bytes: 10_000 });
    expect(hiddenIn(String(pages.text))).toEqual([]);
    expect(pages.text).toContain("ignore your orders");
  });

  it("reaches no question, and no reason of a cancelled job", async () => {
    await each(async (payload) => {
      const schema = {
        type: "object",
        properties: { a: { type: "string", title: payload, description: payload, enum: ["x"] } },
      };
      const blueprint = { name: "asks", steps: [{ id: "ask", type: "input", message: "{% $input.words %}", schema }] };
      const job = await tool("jobs_submit_blueprint", {
        blueprint,
        input: { words: `Well, ${payload}?` },
        wait_seconds: 20,
      });
      expect(hiddenIn(JSON.stringify(job.input_requests))).toEqual([]);
      const job_id = String(job.id);
      await tool("jobs_respond", { job_id, request_id: payload, action: "accept", content: { [payload]: payload } });
      await tool("jobs_respond", { job_id, request_id: "ask", action: "accept", content: { [payload]: payload } });
      await ask({ method: "tasks/get", params: { taskId: job_id } });
      const cancelled = await tool("jobs_cancel", { job_id, reason: payload });
      expect(cancelled.status).toBe("cancelled");
      // Of some nothing is left.
      expect(cancelled.error ?? "none").toMatch(/\S/);
    });
  });
});
