import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { keyOf, newSecret, newTenant, type Tenant } from "../../../tooling/fuzz/tenants.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { type Received, type Receiver, startReceiver, takeAll } from "../../../tooling/services/receiver.ts";
import { EventsClient, type Frame, methodOf, paramsOf, type Stream } from "./events-wire.ts";
import { ALL_ROWS, ELSEWHERE, NOT_APPLICABLE, type Row } from "./rows.ts";

/** The rows of a conformance suite for the Events extension, one test each, on the real server. */

const AUTH_SECRET = newSecret();
const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
/** So few events are kept, so that a reader can come too late. */
const KEPT = 30;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LONG_WATCH_MS = 35_000;

let server: RunningServer;
let receiver: Receiver;
let tenant: Tenant;
let other: EventsClient;
let client: EventsClient;
let watched: Promise<Stream>;

const shown = new Set<Row>();
function row(id: Row, show: () => Promise<void>, timeout = 60_000): void {
  shown.add(id);
  it(id, show, timeout);
}

beforeAll(async () => {
  receiver = await startReceiver();
  const vars = { AUTH_SECRET, EVENTS_ALLOW: receiver.url, EVENTS_KEPT: `${KEPT}`, SUBMITS_PER_MINUTE: "0" };
  server = await startServer(vars);
  tenant = await newTenant(server.url, "rows", AUTH_SECRET);
  client = new EventsClient(server.url, await keyOf("rows", AUTH_SECRET));
  other = new EventsClient(server.url, await keyOf("rows-other", AUTH_SECRET));
  watched = watch();
  await settle();
});
afterAll(async () => {
  (await watched).leave();
  await server?.stop();
  await receiver?.close();
});

/** One event. */
async function settle(): Promise<string> {
  const blueprint = { name: "one", steps: [{ id: "one", type: "transform", value: 1 }] };
  return String((await tenant.tool("jobs_submit_blueprint", { blueprint, wait_seconds: 30 })).id);
}

/** A stream that is watched for longer than it may be silent, with an event in its beginning. */
async function watch(): Promise<Stream> {
  const stream = await client.stream();
  await until(() => stream.frames.length > 0);
  await settle();
  return stream;
}

async function until(isReached: () => boolean, withinMs = 20_000): Promise<void> {
  for (const end = Date.now() + withinMs; !isReached(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`not reached within ${withinMs} ms`);
  }
}

const framesOf = async (method: string): Promise<Frame[]> =>
  (await watched).frames.filter((frame) => methodOf(frame) === method);
const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value : []);
const descriptors = async (): Promise<JsonObject[]> => listOf((await client.ask("events/list")).result.events);
const cursorOf = async (): Promise<string> => String((await client.poll()).result.cursor);
const jsonOf = ({ text }: Pick<Received, "text">): JsonObject => JSON.parse(text);

let paths = 0;
/** A callback of its own, so that rows do not see each other's. */
const newPath = (): string => {
  paths += 1;
  return `/cb-${paths}`;
};

interface Wanted extends JsonObject {
  path?: string;
}

function subscription({ path = newPath(), ...over }: Wanted = {}) {
  const { url = `${receiver.url}${path}`, secret = SECRET, mode = "webhook", ...more } = over;
  return { path, params: { name: "job.settled", delivery: { mode, url, secret }, ...more } as JsonObject };
}

async function subscribe(wanted: Wanted = {}) {
  const { path, params } = subscription(wanted);
  const answer = await client.ask("events/subscribe", params);
  const at = (request: Received) => request.path === path;
  const isEvent = (request: Received) => at(request) && "eventId" in jsonOf(request);
  return { ...answer, path, params, at, isEvent };
}

/** A subscription that has had one event, and that event. */
async function delivered(wanted: Wanted = {}) {
  const made = await subscribe(wanted);
  expect(made.error).toEqual({});
  const job = await settle();
  const [sent] = await receiver.until(1, (each) => made.isEvent(each) && jobOf(each) === job);
  if (sent === undefined) throw new Error("nothing came");
  return { ...made, job, sent };
}

const jobOf = (request: Received): unknown => (jsonOf(request).data as JsonObject).job_id;

/** The callback answers each request as the first of these says, and then takes all. */
function answering(path: string, ...statuses: number[]): void {
  receiver.answer = (request) => {
    const isEvent = request.path === path && !("challenge" in jsonOf(request));
    const status = isEvent ? statuses.shift() : undefined;
    return status === undefined ? takeAll(request) : { status, headers: { location: `${receiver.url}/elsewhere` } };
  };
}

describe("what is declared and listed", () => {
  row("capability-events-object", async () => {
    const { result } = await client.ask("server/discover");
    expect(result.capabilities).toMatchObject({ events: {}, extensions: { "io.modelcontextprotocol/events": {} } });
  });
  row("capability-list-changed-flag", async () => {
    const { result } = await client.ask("server/discover");
    expect((result.capabilities as JsonObject).events).not.toHaveProperty("listChanged");
  });
  row("list-implemented", async () => {
    const { result } = await client.ask("events/list");
    expect(result).toMatchObject({ resultType: "complete", events: expect.any(Array) });
  });
  row("list-pagination", async () => {
    const { result } = await client.ask("events/list");
    expect(result).not.toHaveProperty("nextCursor");
    expect((await client.ask("events/list", { cursor: "x" })).error.code).toBe(-32_602);
  });
  row("descriptor-name", async () => {
    for (const { name } of await descriptors()) expect(name).toMatch(/^[a-z_.0-9]+$/);
  });
  row("descriptor-description", async () => {
    for (const { description } of await descriptors()) expect(description).toMatch(/\S/);
  });
  row("descriptor-delivery-subset", async () => {
    const modes = ["poll", "push", "webhook"];
    for (const { delivery } of await descriptors()) {
      expect(delivery).not.toEqual([]);
      for (const mode of delivery as string[]) expect(modes).toContain(mode);
    }
  });
  row("descriptor-input-schema", async () => {
    for (const { inputSchema } of await descriptors()) expect(inputSchema).toMatchObject({ type: "object" });
  });
  row("descriptor-payload-schema", async () => {
    for (const { payloadSchema } of await descriptors()) expect(payloadSchema).toMatchObject({ type: "object" });
  });
  row("descriptor-meta", async () => {
    for (const { _meta } of await descriptors()) expect(_meta).toBe(undefined);
  });
});

describe("errors", () => {
  row("error-invalid-params", async () => {
    const { error } = await client.poll({ arguments: { job_id: 7 } });
    expect(error).toMatchObject({ code: -32_602, data: { reason: expect.any(String) } });
  });
  row("error-not-found", async () => {
    const { error, status } = await client.poll({ name: "no.such" });
    expect([status, error]).toMatchObject([200, { code: -32_011, data: { kind: "event" } }]);
  });
  row("error-unsupported", async () => {
    const { error } = await client.ask("events/subscribe", subscription({ mode: "poll" }).params);
    expect(error).toMatchObject({ code: -32_014, data: { feature: "deliveryMode", value: "poll" } });
  });
  row("error-callback-endpoint-error", async () => {
    receiver.answer = () => ({ status: 500 });
    const { error } = await subscribe();
    receiver.answer = takeAll;
    expect(error).toMatchObject({ code: -32_015, data: { reason: "http_5xx" } });
  });
  row("error-server-range", async () => {
    const answers = [
      await client.poll({ name: "no.such" }),
      await client.ask("events/unsubscribe", subscription().params),
    ];
    for (const { error } of answers) {
      expect(Number(error.code)).toBeGreaterThanOrEqual(-32_099);
      expect(Number(error.code)).toBeLessThanOrEqual(-32_000);
    }
  });
  row("removal-poll-not-found", async () => expect((await client.poll({ name: "no.such" })).error.code).toBe(-32_011));
});

describe("events/poll", () => {
  row("poll-implemented", async () => expect((await client.poll()).result.resultType).toBe("complete"));
  row("poll-one-subscription-per-request", async () => {
    expect((await client.ask("events/poll", { cursor: null })).error.code).toBe(-32_602);
  });
  row("poll-bootstraps-subscription", async () => {
    expect((await client.poll({ cursor: null })).result).toMatchObject({ events: [], cursor: expect.any(String) });
  });
  row("poll-events-array", async () => {
    expect((await client.poll({ cursor: await cursorOf() })).result.events).toEqual([]);
  });
  row("poll-response-cursor", async () => expect((await client.poll()).result.cursor).toBeTypeOf("string"));
  row("poll-next-poll-ms", async () => expect((await client.poll()).result.nextPollMs).toBeTypeOf("number"));
  row("poll-has-more", async () => {
    const cursor = await cursorOf();
    await Promise.all([settle(), settle()]);
    const { result } = await client.poll({ cursor, maxEvents: 1 });
    expect(result.hasMore).toBe(true);
    const rest = await client.poll({ cursor: result.cursor ?? null });
    expect(rest.result).toMatchObject({ hasMore: false, events: [{}] });
  });
  row("poll-max-events-cap", async () => {
    const cursor = await cursorOf();
    await Promise.all([settle(), settle()]);
    expect((await client.poll({ cursor, maxEvents: 1 })).result.events).toHaveLength(1);
  });
  row("poll-stateless-request", async () => {
    const cursor = await cursorOf();
    await settle();
    const [one, two] = [await client.poll({ cursor }), await client.poll({ cursor })];
    expect(one.result.events).toEqual(two.result.events);
    expect(one.result.events).toHaveLength(1);
  });
  row("poll-errors-are-jsonrpc", async () => {
    const { status, error } = await client.poll({ name: "no.such" });
    expect([status, error]).toMatchObject([200, { code: expect.any(Number), message: expect.any(String) }]);
  });
  row("poll-invalid-arguments", async () => {
    expect((await client.poll({ arguments: { status: "sleeping" } })).error.code).toBe(-32_602);
  });
});

describe("an occurrence", () => {
  async function occurred(): Promise<JsonObject> {
    const cursor = await cursorOf();
    await settle();
    const [event] = listOf((await client.poll({ cursor })).result.events);
    return event ?? {};
  }
  row("occurrence-event-id", async () => expect((await occurred()).eventId).toMatch(/^[\x21-\x2d\x2f-\x7e]+$/));
  row("occurrence-name", async () => expect((await occurred()).name).toBe("job.settled"));
  row("occurrence-timestamp", async () => expect((await occurred()).timestamp).toMatch(ISO));
  row("occurrence-data", async () => expect((await occurred()).data).toMatchObject({ status: "succeeded" }));
  row("occurrence-cursor-optional", async () => {
    expect(["string", "undefined"]).toContain(typeof (await occurred()).cursor);
  });
  row("occurrence-meta-ungoverned", async () => expect(await occurred()).not.toHaveProperty("_meta"));
  row("occurrence-event-id-from-upstream", async () => {
    const cursor = await cursorOf();
    await Promise.all([settle(), settle(), settle()]);
    const ids = listOf((await client.poll({ cursor })).result.events).map(({ eventId }) => eventId);
    expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
  });
  row("payload-minimality", async () => {
    const { data } = await occurred();
    expect(JSON.stringify(data)).not.toMatch(/secret|Bearer|instruction/i);
  });
});

describe("a cursor", () => {
  row("cursor-opaque", async () => expect(await cursorOf()).toMatch(/^\S+$/));
  row("cursor-null-starts-from-now", async () =>
    expect((await client.poll({ cursor: null })).result.events).toEqual([]),
  );
  row("cursor-absent-equals-null", async () => {
    const [absent, none] = [await client.poll(), await client.poll({ cursor: null })];
    expect(absent.result).toMatchObject({ events: none.result.events ?? [], truncated: false });
  });
  row("cursor-consistency", async () => {
    for (const cursor of [null, await cursorOf()]) {
      expect((await client.poll({ cursor })).result.cursor).toBeTypeOf("string");
    }
  });
  row("cursor-advances-when-quiet", async () => {
    const filtered = { arguments: { job_id: "job_none" } };
    const before = await cursorOf();
    await settle();
    const { result } = await client.poll({ ...filtered, cursor: before });
    expect(result.events).toEqual([]);
    expect(result.cursor).not.toBe(before);
  });
  row("cursor-max-age-ms-floor", async () => {
    const cursor = await cursorOf();
    await settle();
    expect((await client.poll({ cursor, maxAgeMs: 3_600_000 })).result.events).toHaveLength(1);
  });
  row("cursor-max-age-ms-sets-truncated", async () => {
    const cursor = await cursorOf();
    await settle();
    await sleep(50);
    expect((await client.poll({ cursor, maxAgeMs: 1 })).result).toMatchObject({ events: [], truncated: true });
  });
  row("cursor-max-age-ms-ignored-when-cursor-null", async () => {
    expect((await client.poll({ cursor: null, maxAgeMs: 3_600_000 })).result).toMatchObject({
      events: [],
      truncated: false,
    });
  });
  /** A place whose events are gone. */
  async function tooLate(): Promise<string> {
    const cursor = await cursorOf();
    for (let i = 0; i <= KEPT; i += 10) await Promise.all(Array.from({ length: 10 }, () => settle()));
    return cursor;
  }
  row("cursor-replay-ceiling-sets-truncated", async () => {
    const { result } = await client.poll({ cursor: await tooLate() });
    expect(result.truncated).toBe(true);
    expect(listOf(result.events).length).toBeLessThanOrEqual(KEPT);
  });
  row("cursor-truncated-returns-fresh-cursor", async () => {
    const { result } = await client.poll({ cursor: await tooLate() });
    expect((await client.poll({ cursor: result.cursor ?? null })).result.truncated).toBe(false);
  });
  row("cursor-truncated-poll-never-an-error", async () => {
    const { error, result } = await client.poll({ cursor: "nobody's" });
    expect([error, result.truncated]).toEqual([{}, true]);
  });
});

describe("events/stream", () => {
  row("stream-implemented", async () => {
    expect((await watched).response.headers.get("content-type")).toBe("text/event-stream");
  });
  row("stream-error-before-open", async () => {
    const response = await client.send("events/stream", { name: "no.such" });
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(await response.json()).toMatchObject({ error: { code: -32_011 } });
  });
  row("stream-active-confirmation", async () => {
    const { began } = await watched;
    const [first] = await framesOf("active");
    expect((first?.at ?? 0) - began).toBeLessThan(3_000);
    expect(paramsOf(first as Frame)).toMatchObject({ cursor: expect.any(String), truncated: false });
  });
  row("stream-subscription-id-meta", async () => {
    for (const id of ["text", 7]) {
      const stream = await client.stream({}, id);
      await until(() => stream.frames.length > 1);
      stream.leave();
      for (const frame of stream.frames) {
        expect(paramsOf(frame)._meta).toEqual({ "io.modelcontextprotocol/subscriptionId": id });
      }
    }
  });
  row("stream-event-notification", async () => {
    const [event] = await framesOf("event");
    expect(paramsOf(event as Frame)).toMatchObject({
      eventId: expect.any(String),
      name: "job.settled",
      timestamp: expect.stringMatching(ISO),
      data: { status: "succeeded" },
      cursor: expect.any(String),
    });
  });
  row("stream-gap-resends-active", async () => {
    const stream = await client.stream({ cursor: "nobody's" });
    await until(() => stream.frames.length > 0);
    stream.leave();
    expect(methodOf(stream.frames[0] as Frame)).toBe("active");
    expect(paramsOf(stream.frames[0] as Frame).truncated).toBe(true);
  });
  row("stream-terminated-ends-subscription", async () => {
    const stream = await revokedStream();
    expect(stream.frames.map(methodOf)).toContain("terminated");
    const terminated = stream.frames.find((frame) => methodOf(frame) === "terminated");
    expect(paramsOf(terminated as Frame).error).toMatchObject({ code: -32_012, data: { reason: "revoked" } });
    expect(stream.isOver).toBe(true);
  });
  row("stream-final-result-shape", async () => {
    const last = (await revokedStream()).frames.at(-1);
    expect(last?.message).toEqual({ jsonrpc: "2.0", id: 7, result: { resultType: "complete", _meta: {} } });
  });
  row("stream-final-result-timing", async () => {
    const { frames } = await revokedStream();
    expect(frames.filter(({ message }) => "result" in message)).toEqual([frames.at(-1)]);
  });
  row("stream-cancel-stops-delivery", async () => {
    const stream = await client.stream();
    await until(() => stream.frames.length > 0);
    stream.leave();
    const had = stream.frames.length;
    await settle();
    await sleep(200);
    expect(stream.frames).toHaveLength(had);
  });
  row("stream-exempt-from-concurrency-cap", async () => {
    const streams = await Promise.all([client.stream(), client.stream(), client.stream()]);
    for (const stream of streams) await until(() => stream.frames.some((frame) => methodOf(frame) === "active"));
    for (const stream of streams) stream.leave();
  });
});

/** One whose key was revoked while it was open. */
async function revokedStream(): Promise<Stream> {
  const key = await keyOf("rows", AUTH_SECRET);
  const stream = await new EventsClient(server.url, key).stream();
  await until(() => stream.frames.length > 0);
  await revoke(key);
  await until(() => stream.isOver, 30_000);
  return stream;
}

async function revoke(key: string): Promise<void> {
  const [claims = ""] = key.slice("ej1_".length).split(".");
  const { key_id } = JSON.parse(Buffer.from(claims, "base64url").toString());
  const response = await fetch(`${server.url}/api/v1/keys/revoke`, {
    method: "POST",
    headers: { authorization: `Bearer ${await keyOf("rows", AUTH_SECRET)}`, "content-type": "application/json" },
    body: JSON.stringify({ key_id }),
  });
  expect(response.status).toBe(200);
}

describe("events/subscribe", () => {
  row("subscribe-webhook-only", async () => {
    expect((await client.ask("events/subscribe", subscription({ mode: "push" }).params)).error.code).toBe(-32_014);
  });
  row("subscribe-secret-required", async () => {
    const delivery = { mode: "webhook", url: `${receiver.url}/x` };
    expect((await client.ask("events/subscribe", { name: "job.settled", delivery })).error.code).toBe(-32_602);
  });
  row("subscribe-secret-format", async () => {
    expect((await subscribe({ secret: SECRET.slice(6) })).error.code).toBe(-32_602);
  });
  row("subscribe-secret-rejected", async () => {
    expect((await subscribe({ secret: `whsec_${btoa("8 bytes!")}` })).error.code).toBe(-32_602);
  });
  row("subscribe-url-https-required", async () => {
    expect((await subscribe({ url: "http://hooks.example/" })).error.code).toBe(-32_602);
  });
  row("subscribe-url-non-https-rejected", async () => {
    for (const url of ["ftp://hooks.example/", "hooks.example", "javascript:1"]) {
      expect((await subscribe({ url })).error.code).toBe(-32_602);
    }
  });
  row("subscribe-key-composition", async () => {
    const ids = [await subscribe(), await subscribe(), await subscribe({ arguments: { status: "failed" } })];
    expect(new Set(ids.map(({ result }) => result.id)).size).toBe(3);
  });
  row("subscribe-key-immutable", async () => {
    const { path, result } = await subscribe();
    const changed = await subscribe({ path, arguments: { status: "failed" } });
    expect(changed.result.id).not.toBe(result.id);
  });
  row("subscribe-idempotent-upsert", async () => {
    const { path, result } = await subscribe();
    expect((await subscribe({ path, secret: OTHER_SECRET })).result.id).toBe(result.id);
  });
  row("subscribe-id-derived", async () => {
    const { params, result } = await subscribe();
    await client.ask("events/unsubscribe", params);
    expect((await client.ask("events/subscribe", params)).result.id).toBe(result.id);
  });
  row("subscribe-id-not-an-input", async () => {
    const { path, result } = await subscribe();
    expect((await subscribe({ path, id: "sub_mine" })).result.id).toBe(result.id);
  });
  row("subscribe-refresh-replaces-secret", async () => {
    const { path, isEvent } = await delivered();
    await subscribe({ path, secret: OTHER_SECRET });
    const job = await settle();
    const [sent] = await receiver.until(1, (each) => isEvent(each) && jobOf(each) === job);
    expect(new Webhook(OTHER_SECRET).verify(sent?.text ?? "", sent?.headers ?? {})).toBeTruthy();
  });
  row("subscribe-response-cursor", async () => expect((await subscribe()).result.cursor).toBeTypeOf("string"));
  row("subscribe-response-truncated", async () => {
    expect((await subscribe()).result.truncated).toBe(false);
    expect((await subscribe({ cursor: "nobody's" })).result.truncated).toBe(true);
  });
  row("subscribe-cross-tenant-isolation", async () => {
    const { params, result } = await subscribe();
    const theirs = await other.ask("events/subscribe", params);
    expect(theirs.result.id).toMatch(/^sub_/);
    expect(theirs.result.id).not.toBe(result.id);
    const job = await settle();
    const came = await receiver.until(1, (each) => "eventId" in jsonOf(each) && jobOf(each) === job);
    expect(came.map(({ headers }) => headers["x-mcp-subscription-id"])).not.toContain(theirs.result.id);
  });
  row("authz-subscribe-time", async () => {
    const key = await keyOf("rows", AUTH_SECRET, ["jobs:write"]);
    expect((await new EventsClient(server.url, key).send("events/subscribe", subscription().params)).status).toBe(403);
  });
});

describe("the time that a subscription lives", () => {
  const grant = async (ttlMs?: number | null) => {
    const { result } = await subscribe(ttlMs === undefined ? {} : { ttlMs });
    return result.refreshBefore === null ? null : Date.parse(String(result.refreshBefore)) - Date.now();
  };
  row("ttl-refresh-before-lte-suggestion", async () => expect(await grant(3_600_000)).toBeLessThanOrEqual(3_660_000));
  row("ttl-no-rejection-path", async () => {
    for (const ttlMs of [0, 1, 1_000, 30 * 86_400_000]) expect(await grant(ttlMs)).toBeGreaterThan(0);
  });
  row("ttl-null-only-when-requested", async () => {
    expect([await grant(null), await grant(60_000)]).toEqual([null, expect.any(Number)]);
  });
  row("ttl-omitted-means-default", async () => expect(await grant()).toBeGreaterThan(3_600_000));
});

describe("events/unsubscribe", () => {
  row("unsubscribe-by-key", async () => {
    const { params, isEvent } = await subscribe();
    expect((await client.ask("events/unsubscribe", params)).result).toMatchObject({ resultType: "complete" });
    await settle();
    await sleep(300);
    expect(receiver.received.filter(isEvent)).toEqual([]);
  });
  row("unsubscribe-unknown-not-found", async () => {
    const { error } = await client.ask("events/unsubscribe", subscription().params);
    expect(error).toMatchObject({ code: -32_011, data: { kind: "subscription" } });
  });
});

describe("a delivery", () => {
  row("delivery-post-json", async () => {
    const { sent } = await delivered();
    expect(sent.headers["content-type"]).toBe("application/json");
    expect(jsonOf(sent)).toMatchObject({ name: "job.settled", timestamp: expect.stringMatching(ISO), data: {} });
  });
  row("delivery-standard-webhooks-headers", async () => {
    const { sent } = await delivered();
    expect(sent.headers).toMatchObject({
      "webhook-id": jsonOf(sent).eventId,
      "webhook-timestamp": expect.stringMatching(/^\d{10}$/),
      "webhook-signature": expect.stringMatching(/^v1,\S+$/),
    });
  });
  row("delivery-subscription-id-header", async () => {
    const { sent, result } = await delivered();
    expect(sent.headers["x-mcp-subscription-id"]).toBe(result.id);
  });
  row("delivery-signature-formula", async () => {
    const { sent } = await delivered();
    expect(new Webhook(SECRET).verify(sent.text, sent.headers)).toEqual(jsonOf(sent));
  });
  row("delivery-retry-regenerates-signature", async () => {
    const { path, isEvent } = await subscribe();
    answering(path, 503);
    await settle();
    const [first, second] = await receiver.until(2, isEvent);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(second?.headers["webhook-timestamp"]).not.toBe(first?.headers["webhook-timestamp"]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1_000);
    expect(new Webhook(SECRET).verify(second?.text ?? "", second?.headers ?? {})).toBeTruthy();
  });
  row("delivery-dual-sign-on-rotation", async () => {
    const { path, isEvent } = await delivered();
    await subscribe({ path, secret: OTHER_SECRET });
    const job = await settle();
    const [sent] = await receiver.until(1, (each) => isEvent(each) && jobOf(each) === job);
    expect(sent?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const secret of [SECRET, OTHER_SECRET]) new Webhook(secret).verify(sent?.text ?? "", sent?.headers ?? {});
  });
  row("delivery-status-last-error-category", async () => {
    const { path, isEvent } = await subscribe();
    answering(path, 503, 503);
    await settle();
    await receiver.until(1, isEvent);
    const told = async () => (await subscribe({ path })).result.deliveryStatus;
    const failing = { lastError: "http_5xx", failedSince: expect.stringMatching(ISO) };
    await expect.poll(told, { timeout: 60_000 }).toMatchObject(failing);
    receiver.answer = takeAll;
  });
  for (const status of [410, 413] as const) {
    row(`delivery-${status}-non-retryable`, async () => {
      const { path, isEvent } = await subscribe();
      answering(path, status);
      await settle();
      const job = await settle();
      await receiver.until(1, (each) => isEvent(each) && jobOf(each) === job);
      await sleep(2_500);
      expect(receiver.received.filter(isEvent)).toHaveLength(2);
    });
  }
});

describe("where deliveries may go", () => {
  row("ssrf-validate-callback-url", async () => {
    for (const url of ["https://u:p@hooks.example/", "https://hooks.example/#a", "https://localhost/"]) {
      expect((await subscribe({ url })).error.code).toBe(-32_602);
    }
  });
  row("ssrf-reject-non-routable", async () => {
    for (const host of ["127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]", "100.64.0.1"]) {
      expect((await subscribe({ url: `https://${host}/` })).error.code).toBe(-32_602);
    }
  });
  row("ssrf-no-redirects", async () => {
    const { path, isEvent } = await subscribe();
    answering(path, 302);
    await settle();
    // It is tried again where it was to go.
    await receiver.until(2, isEvent);
    expect(receiver.received.filter((each) => each.path === "/elsewhere")).toEqual([]);
  });
});

describe("the callback's verification", () => {
  const challenges = (path: string) =>
    receiver.received.filter((each) => each.path === path && "challenge" in jsonOf(each));
  row("verification-required-before-delivery", async () => {
    const { path, sent } = await delivered();
    const [challenge] = challenges(path);
    expect(challenge?.at).toBeLessThanOrEqual(sent.at);
  });
  row("verification-challenge-echo", async () => {
    const { path } = await subscribe();
    expect(jsonOf(challenges(path)[0] as Received)).toEqual({
      type: "verification",
      challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
  });
  row("verification-failure-error", async () => {
    receiver.answer = () => ({ status: 200, body: JSON.stringify({ challenge: "another" }) });
    const { error } = await subscribe();
    receiver.answer = takeAll;
    expect(error).toMatchObject({ code: -32_015, data: { reason: "challenge_failed" } });
  });
  row("verification-cached-per-principal-url", async () => {
    const { path } = await subscribe();
    await subscribe({ path });
    expect(challenges(path)).toHaveLength(1);
  });
  row("verification-no-raw-endpoint-responses", async () => {
    receiver.answer = () => ({ status: 404, body: "private words of the endpoint" });
    const { text } = await subscribe();
    receiver.answer = takeAll;
    expect(text).not.toContain("private words");
  });
});

describe("an envelope", () => {
  const challengeOf = async () => {
    const { path } = await subscribe();
    const [challenge] = receiver.received.filter((each) => each.path === path);
    return challenge as Received;
  };
  row("envelope-type-discriminator", async () => expect(jsonOf(await challengeOf()).type).toBe("verification"));
  row("envelope-signed-like-deliveries", async () => {
    const { text, headers } = await challengeOf();
    expect(new Webhook(SECRET).verify(text, headers)).toBeTruthy();
  });
  row("envelope-webhook-id-format", async () => {
    expect((await challengeOf()).headers["webhook-id"]).toMatch(/^msg_verification_\w+$/);
  });
  row("envelope-terminated", async () => {
    const key = await keyOf("rows", AUTH_SECRET);
    const { path, params } = subscription();
    expect((await new EventsClient(server.url, key).ask("events/subscribe", params)).error).toEqual({});
    await revoke(key);
    await settle();
    const [sent] = await receiver.until(1, (each) => each.path === path && jsonOf(each).type === "terminated");
    expect(sent?.headers["webhook-id"]).toMatch(/^msg_terminated_\w+$/);
    expect(jsonOf(sent as Received).error).toMatchObject({ code: -32_012, message: expect.any(String) });
  });
});

/** Behind all that goes on meanwhile, and before the server is killed. */
describe("a stream that is watched for long", () => {
  row(
    "stream-heartbeat-required",
    async () => {
      const { began } = await watched;
      await sleep(Math.max(began + LONG_WATCH_MS - Date.now(), 0));
      expect((await framesOf("heartbeat")).length).toBeGreaterThanOrEqual(2);
    },
    90_000,
  );
  row("stream-heartbeat-carries-cursor", async () => {
    for (const frame of await framesOf("heartbeat")) expect(paramsOf(frame).cursor).toBeTypeOf("string");
  });
  row("stream-heartbeat-not-sse-comment", async () => {
    for (const line of (await watched).lines) expect(line).toMatch(/^data: /);
  });
  row(
    "stream-heartbeat-interval",
    async () => {
      const { began } = await watched;
      await sleep(Math.max(began + LONG_WATCH_MS - Date.now(), 0));
      const times = [began, ...(await framesOf("heartbeat")).map(({ at }) => at), Date.now()];
      for (const [i, at] of times.entries()) expect(at - (times[i - 1] ?? at)).toBeLessThanOrEqual(32_000);
    },
    90_000,
  );
  row("stream-carries-only-event-notifications", async () => {
    for (const { message } of (await watched).frames) {
      expect(message.method).toMatch(/^notifications\/events\/(?:active|event|heartbeat)$/);
    }
  });
});

describe("over a restart", () => {
  row("ttl-long-grant-retained", () => survives(7 * 86_400_000), 120_000);
  row("ttl-no-expiry-persisted", () => survives(null), 120_000);
  row("verification-persisted-for-no-expiry", () => survives(null), 120_000);

  /** Known after a kill, with nothing asked of the callback again, and still delivering. */
  async function survives(ttlMs: number | null): Promise<void> {
    const { path, isEvent, at } = await delivered({ ttlMs });
    const had = receiver.received.filter(at).length;
    await server.kill9();
    await server.restart();
    const again = await subscribe({ path, ttlMs });
    expect(again.result.deliveryStatus).toMatchObject({ active: true });
    expect(receiver.received.filter((each) => at(each) && "challenge" in jsonOf(each))).toHaveLength(1);
    const job = await settle();
    await receiver.until(1, (each) => isEvent(each) && jobOf(each) === job);
    expect(receiver.received.filter(at).length).toBeGreaterThan(had);
  }
});

describe("the rows", () => {
  it("are 131, each shown here, shown elsewhere, or without a subject on this server", () => {
    expect(ALL_ROWS).toHaveLength(131);
    const all = [...shown, ...Object.keys(ELSEWHERE), ...Object.keys(NOT_APPLICABLE)];
    expect(all.toSorted()).toEqual(ALL_ROWS.toSorted());
    for (const [file, test] of Object.values(ELSEWHERE)) expect(readFileSync(file, "utf8")).toContain(test);
  });
});
