import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseJobId } from "../../../src/jobs/id.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { keyOf, newSecret, newTenant, type Tenant } from "../../../tooling/fuzz/tenants.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { type Receiver, startReceiver, takeAll } from "../../../tooling/services/receiver.ts";
import { stayAway } from "../../faults/stored-rows.ts";

/** Work that starts itself, and tells whoever wants to hear of it, on the real server. */

const AUTH_SECRET = newSecret();
const NOTIFY_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const steps = [{ id: "twice", type: "transform", value: "{% $input.n * 2 %}" }];
const PLAN: JsonObject = { name: "twice", steps };

let server: RunningServer;
let receiver: Receiver;
let tenant: Tenant;
let key: string;
const vars: Record<string, string> = { AUTH_SECRET, REGISTRY_SHARDS: "1" };

beforeAll(async () => {
  receiver = await startReceiver();
  const { host } = new URL(receiver.url);
  Object.assign(vars, {
    NOTIFY_WEBHOOK_SECRET: NOTIFY_SECRET,
    BLUEPRINT_SECRETS: `NOTIFY_WEBHOOK_SECRET@${host}`,
    HTTP_ALLOW: host,
    EVENTS_ALLOW: receiver.url,
  });
  server = await startServer(vars);
  tenant = await newTenant(server.url, "starts", AUTH_SECRET);
  key = await keyOf("starts", AUTH_SECRET);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const bodyOf = (text: string): JsonObject => JSON.parse(text);
const dataOf = (text: string): JsonObject => bodyOf(text).data as JsonObject;

async function ranJob(n: number, more: JsonObject = {}): Promise<string> {
  const job = await tenant.tool("jobs_submit_blueprint", { blueprint: PLAN, input: { n }, wait_seconds: 30, ...more });
  return String(job.id);
}

async function rest(method: string, path: string, body?: JsonObject, by = key) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${by}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: bodyOf(await response.text()) };
}

describe("one event trigger", () => {
  it("tells a receiver of every job, once, in all shards, over kill -9 and a raise of shards", async () => {
    const isTold = ({ path }: { path: string }) => path === "/told";
    await tenant.tool("triggers_save", {
      name: "tell-me",
      blueprint: "notify-webhook",
      event: { name: "job.settled", filter: { status: "succeeded" } },
      when: "{% $not($exists($event.data.trigger)) or $event.data.trigger != 'tell-me' %}",
      input: { url: `${receiver.url}/told`, event: "{% $event %}" },
    });
    const ids = [await ranJob(1), await ranJob(2)];
    await receiver.until(2, isTold);

    vars.REGISTRY_SHARDS = "4";
    await server.kill9();
    await server.restart();
    for (let n = 0; n < 12; n++) ids.push(await ranJob(n));
    expect(new Set(ids.map((id) => parseJobId(id)?.shard)).size).toBeGreaterThan(1);
    // What has settled and was not told yet is told by the next process.
    await stayAway(server);
    const jobsTold = () => new Set(receiver.received.filter(isTold).map(({ text }) => dataOf(text).job_id));
    await receiver.until(1, () => jobsTold().size === ids.length, 60_000);
    const told = receiver.received.filter(isTold);
    expect([...jobsTold()].sort()).toEqual(ids.toSorted());
    // A request whose process died with it is made again, under the same id: that makes one telling of the two.
    expect(new Set(told.map(({ headers }) => headers["webhook-id"])).size).toBe(ids.length);
    for (const { text, headers } of told) {
      expect(new Webhook(NOTIFY_SECRET).verify(text, headers)).toMatchObject({ name: "job.settled" });
      expect(bodyOf(text).event_id).toMatch(/^evt_/);
    }
    const { trigger, ledger } = await tenant.tool("triggers_list", { name: "tell-me", limit: 100 });
    expect(trigger).toMatchObject({ kind: "event", runs: ids.length });
    const outcomes = (ledger as { outcome: string }[]).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "ran")).toHaveLength(ids.length);
    expect(new Set(outcomes)).toEqual(new Set(["ran", "filtered"]));
    const listed = (await tenant.tool("triggers_list", {})).triggers as JsonObject[];
    expect(listed).toMatchObject([{ name: "tell-me", runs: ids.length }]);

    await tenant.tool("triggers_delete", { name: "tell-me" });
    for (let n = 0; n < 8; n++) await ranJob(n);
    // A telling of before may be made again meanwhile; none is of these.
    expect([...jobsTold()].sort()).toEqual(ids.toSorted());
  }, 240_000);

  it("starts on what an emit step tells, whose name is listed from then on", async () => {
    const emit = { name: "ship", steps: [{ id: "tell", type: "emit", event: "order.shipped", data: { order: 7 } }] };
    await tenant.tool("jobs_submit_blueprint", { blueprint: emit, wait_seconds: 30 });
    const { message } = await tenant.send({ method: "events/list", params: {} }, "2026-07-28");
    const names = ((message.result?.events ?? []) as JsonObject[]).map(({ name }) => name);
    expect(names).toContain("order.shipped");
    await tenant.tool("triggers_save", {
      name: "on-ship",
      blueprint: { name: "note", steps: [{ id: "note", type: "transform", value: "{% $input.event.data.order %}" }] },
      event: { name: "order.shipped" },
    });
    const { next_cursor } = await tenant.tool("events_read", {});
    await tenant.tool("jobs_submit_blueprint", { blueprint: emit, wait_seconds: 30 });
    const read = await tenant.tool("events_read", {
      cursor: String(next_cursor),
      names: ["job.settled"],
      trigger: "on-ship",
      wait_seconds: 30,
    });
    expect(read.events).toMatchObject([{ data: { trigger: "on-ship", status: "succeeded", result: { value: 7 } } }]);
  }, 120_000);
});

describe("a schedule", () => {
  const told = async (cursor: unknown, name: string, trigger: string) => {
    const wanted = { cursor: String(cursor), names: [name], trigger, wait_seconds: 30 };
    return (await tenant.tool("events_read", wanted)).events as JsonObject[];
  };

  it("runs at its time by the clock of the server, as often as it may", async () => {
    const { next_cursor } = await tenant.tool("events_read", {});
    const starts_at = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 2_000).toISOString();
    const saved = await tenant.tool("triggers_save", {
      name: "soon",
      blueprint: PLAN,
      input: { n: 2 },
      schedule: { every: "1 minute", starts_at, max_runs: 1 },
    });
    expect((saved.next_runs as string[])[0]).toBe(starts_at);
    const [event] = await told(next_cursor, "job.settled", "soon");
    expect(event).toMatchObject({ data: { status: "succeeded", result: { value: 4 } } });
    const { trigger, ledger } = await tenant.tool("triggers_list", { name: "soon" });
    expect(trigger).toMatchObject({ runs: 1, next_runs: [] });
    expect(ledger).toMatchObject([{ outcome: "ran", occurrence: starts_at }]);
  }, 120_000);

  it("tells of a time that it refuses, and why", async () => {
    const { next_cursor } = await tenant.tool("events_read", {});
    await tenant.tool("triggers_save", {
      name: "faulty",
      blueprint: PLAN,
      input: { n: "{% $number('no number') %}" },
      schedule: { every: "1 day" },
    });
    expect(await tenant.tool("triggers_fire", { name: "faulty" })).toMatchObject({ fired: [{ outcome: "refused" }] });
    expect(await told(next_cursor, "trigger.refused", "faulty")).toMatchObject([
      { data: { trigger: "faulty", reason: expect.stringContaining("no number") } },
    ]);
  }, 120_000);
});

describe("a watch", () => {
  it("tells of a change once, and of no change nothing", async () => {
    let list = ["a", "b"];
    receiver.answer = () => ({
      status: 200,
      body: JSON.stringify({ list }),
      headers: { "content-type": "application/json" },
    });
    const steps = [{ id: "get", type: "http", url: `${receiver.url}/list` }];
    await tenant.tool("triggers_save", {
      name: "watch",
      blueprint: { name: "look", steps, output: { list: "{% $steps.get.body.list %}" } },
      schedule: { every: "1 day" },
      changed: "{% $result.list %}",
    });
    const { next_cursor } = await tenant.tool("events_read", {});
    const run = async () => {
      const { fired } = await tenant.tool("triggers_fire", { name: "watch" });
      const [{ job_id } = { job_id: "" }] = fired as { job_id: string }[];
      await tenant.tool("jobs_wait", { job_ids: [job_id], timeout_seconds: 30 });
      return job_id;
    };
    await run();
    await run();
    list = ["a", "c"];
    const job_id = await run();
    const read = await tenant.tool("events_read", {
      cursor: String(next_cursor),
      names: ["trigger.changed"],
      trigger: "watch",
      wait_seconds: 10,
    });
    expect(read.events).toMatchObject([
      { data: { trigger: "watch", before: ["a", "b"], after: ["a", "c"], added: ["c"], removed: ["b"], job_id } },
    ]);
  }, 120_000);
});

describe("a subscription", () => {
  it("delivers over kill -9, and each delivery can be read and replayed over REST", async () => {
    receiver.answer = takeAll;
    const secret = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
    const isEvent = ({ path, text }: { path: string; text: string }) => path === "/cb?x=1" && "eventId" in bodyOf(text);
    const params = {
      name: "job.settled",
      arguments: { name: "delivered" },
      delivery: { mode: "webhook", url: `${receiver.url}/cb?x=1`, secret },
    };
    const { message } = await tenant.send({ method: "events/subscribe", params }, "2026-07-28");
    const id = String(message.result?.id);
    expect(id).toMatch(/^sub_/);
    const first = await ranJob(1, { name: "delivered" });
    await receiver.until(1, isEvent);

    // Nobody takes it while the server dies with it.
    receiver.answer = () => ({ status: 503 });
    const second = await ranJob(2, { name: "delivered" });
    await receiver.until(2, isEvent);
    await server.kill9();
    const refused = receiver.received.filter(isEvent).length - 1;
    receiver.answer = takeAll;
    await server.restart();
    const sent = await receiver.until(refused + 2, isEvent, 90_000);
    expect(sent.map(({ text }) => dataOf(text).job_id)).toEqual([first, ...Array(refused + 1).fill(second)]);
    for (const { text, headers } of sent) {
      expect(new Webhook(secret).verify(text, headers)).toMatchObject({ name: "job.settled" });
      expect(headers["webhook-id"]).toBe(bodyOf(text).eventId);
      expect(headers["x-mcp-subscription-id"]).toBe(id);
    }

    const listed = await rest("GET", "/subscriptions");
    expect(listed.body.subscriptions).toMatchObject([{ id, url: `${receiver.url}/cb`, status: "active" }]);
    expect(JSON.stringify(listed.body)).not.toMatch(/whsec|x=1/);
    const { body } = await rest("GET", `/subscriptions/${id}/deliveries`);
    const [last, ...before] = body.deliveries as JsonObject[];
    expect(last).toMatchObject({ outcome: "delivered", http_status: 204 });
    expect(before.at(-1)).toMatchObject({ number: 1, outcome: "delivered" });
    // Of the last that was refused nobody may have heard the answer.
    for (const each of before.slice(0, -1)) {
      expect(each).toMatchObject({ outcome: "failed", http_status: 503, error: "http_5xx" });
    }
    const replayed = await rest("POST", `/subscriptions/${id}/replay`, { delivery: 1 });
    expect(replayed).toMatchObject({ status: 200, body: { outcome: "delivered", replay: true } });
    expect(replayed.body.number).toBe(Number(last?.number) + 1);
    const again = (await receiver.until(sent.length + 1, isEvent)).at(-1);
    expect(bodyOf(again?.text ?? "").eventId).toBe(bodyOf(sent[0]?.text ?? "").eventId);
    expect((await rest("POST", `/subscriptions/${id}/replay`, { delivery: 99 })).body.code).toBe("unknown_delivery");
    // To another tenant it is what there never was.
    const strangers = await keyOf("strangers", AUTH_SECRET);
    for (const [method, path] of [
      ["GET", "/deliveries"],
      ["POST", "/replay"],
      ["DELETE", ""],
    ] as const) {
      const body = method === "POST" ? { delivery: 1 } : undefined;
      const theirs = await rest(method, `/subscriptions/${id}${path}`, body, strangers);
      const unknown = await rest(method, `/subscriptions/sub_${"0".repeat(32)}${path}`, body, strangers);
      expect([theirs.status, theirs.body]).toEqual([404, unknown.body]);
    }
    expect((await rest("GET", "/subscriptions", undefined, strangers)).body.subscriptions).toEqual([]);
    expect((await rest("DELETE", `/subscriptions/${id}`)).status).toBe(200);
    await ranJob(3, { name: "delivered" });
    expect(receiver.received.filter(isEvent)).toHaveLength(sent.length + 1);
  }, 240_000);
});
