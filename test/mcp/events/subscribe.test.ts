import { describe, expect, it } from "vitest";
import type { PostOutcome } from "../../../src/events/delivery.ts";
import { isJsonObject, type JsonObject } from "../../../src/lib/json.ts";
import {
  DEFAULT_SUBSCRIPTION_MS,
  MAX_CALLBACK_URL_CHARS,
  MAX_EVENT_SUBSCRIPTIONS,
  MAX_SUBSCRIPTION_MS,
  MIN_SUBSCRIPTION_MS,
} from "../../../src/limits.ts";
import { deployment, submitted } from "../deployment.ts";
import { callTool } from "../support.ts";
import { ask, listOf } from "./wire.ts";

const SECRET = `whsec_${btoa("a".repeat(32))}`;
const URL_A = "https://hooks.example.com/cb?x=1";

/** Callbacks that echo the challenge, unless they are told otherwise. */
function tenant(answer?: (body: JsonObject) => PostOutcome) {
  const posted: JsonObject[] = [];
  const { worker, calls } = deployment();
  const callbacks = {
    allow: ["http://127.0.0.1:9"],
    post: async (_url: string, headers: Record<string, string>, text: string): Promise<PostOutcome> => {
      const body: JsonObject = JSON.parse(text);
      posted.push({ ...body, headers });
      const echo = { status: 200, retry_after_ms: null, body: JSON.stringify({ challenge: body.challenge }) };
      return answer?.(body) ?? echo;
    },
    seal: async (secret: string) => `sealed ${secret}`,
  };
  const deps = (shards: number) => ({ ...worker(shards), callbacks });
  const subscribe = (
    over: JsonObject = {},
    { shards = 2, delivery = {} }: { shards?: number; delivery?: JsonObject } = {},
  ) =>
    ask(deps(shards), "events/subscribe", {
      ...{ name: "job.settled", arguments: {}, delivery: { mode: "webhook", url: URL_A, secret: SECRET, ...delivery } },
      ...over,
    });
  const unsubscribe = (over: JsonObject = {}, shards = 2) =>
    ask(deps(shards), "events/unsubscribe", { name: "job.settled", arguments: {}, delivery: { url: URL_A }, ...over });
  return { deps, posted, calls, subscribe, unsubscribe };
}

const graceOf = (result: JsonObject) => Date.parse(String(result.refreshBefore)) - Date.now();

describe("events/subscribe", () => {
  it("verifies the callback with a signed challenge, and answers with what the subscriber needs", async () => {
    const { subscribe, posted } = tenant();
    const { result } = await subscribe();
    expect(result).toEqual({
      ...{ resultType: "complete", id: expect.stringMatching(/^sub_[0-9a-f]{32}$/), cursor: expect.any(String) },
      ...{ refreshBefore: expect.stringMatching(/^\d{4}-.*Z$/), truncated: false, _meta: expect.anything() },
    });
    expect(posted).toHaveLength(1);
    expect(posted[0]).toMatchObject({
      type: "verification",
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      headers: {
        "webhook-id": expect.stringMatching(/^msg_verification_[0-9a-f]+$/),
        "webhook-timestamp": expect.stringMatching(/^\d+$/),
        "webhook-signature": expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
        "x-mcp-subscription-id": result.id,
      },
    });
  });

  it("tells each shard whom to wake once there is somebody, then looks for what happened before", async () => {
    const { subscribe, calls } = tenant();
    const { result } = await subscribe();
    expect(result.id).toBeDefined();
    const all = calls();
    const stored = all.findIndex((call) => call.endsWith(" subscribe"));
    const [shard] = all[stored]?.split(" ") ?? [];
    expect(all.slice(stored + 1)).toEqual(["0 addSubscriber", "1 addSubscriber", `${shard} wakeSubscriptions`]);
    expect(all.slice(0, stored)).not.toContain("0 addSubscriber");
    await subscribe();
    expect(calls()).not.toContain(`${shard} wakeSubscriptions`);
  });

  it.each([
    ["its filter", { arguments: { job_id: "\ud800" } }, "arguments.job_id"],
    ["its URL", { delivery: { url: "https://hooks.example.com/\ud800" } }, "delivery.url"],
  ])("refuses half of a surrogate pair in %s, and so does its end", async (_where, over, path) => {
    const { subscribe, unsubscribe } = tenant();
    const { delivery = {}, ...rest } = over as { delivery?: JsonObject };
    for (const { error } of [await subscribe(rest, { delivery }), await unsubscribe(over)]) {
      expect(error).toMatchObject({ code: -32_602, message: expect.stringContaining(`${path} holds half`) });
    }
  });

  it("again is the same subscription, refreshed: no other challenge, and word of how it goes", async () => {
    const { subscribe, posted } = tenant();
    const first = await subscribe();
    const again = await subscribe(
      { id: "sub_mine", cursor: "ev1_0" },
      { delivery: { secret: `whsec_${btoa("b".repeat(24))}` } },
    );
    expect(again.result).toMatchObject({
      id: first.result.id,
      cursor: first.result.cursor,
      deliveryStatus: { active: true, lastDeliveryAt: null, lastError: null },
    });
    expect(posted).toHaveLength(1);
  });

  it("is known by its url, name and arguments: another of them is another subscription", async () => {
    const { subscribe } = tenant();
    const ids = [
      await subscribe(),
      await subscribe({}, { delivery: { url: `${URL_A}&y=2` } }),
      await subscribe({ arguments: { status: "failed" } }),
      await subscribe({ name: "job.input_required" }),
    ].map(({ result }) => result.id);
    expect(new Set(ids).size).toBe(4);
    const stranger = await tenant().subscribe();
    expect(ids).not.toContain(stranger.result.id);
  });

  it("survives that the shards are raised", async () => {
    const { subscribe, unsubscribe, posted } = tenant();
    const urls = Array.from({ length: 6 }, (_, n) => `${URL_A}&n=${n}`);
    for (const url of urls) await subscribe({}, { shards: 1, delivery: { url } });
    for (const url of urls) {
      expect((await subscribe({}, { shards: 8, delivery: { url } })).result).toHaveProperty("deliveryStatus");
      expect((await unsubscribe({ delivery: { url } }, 8)).error).toEqual({});
    }
    expect(posted).toHaveLength(6);
  });

  it("begins where a cursor says, and tells of what cannot be had", async () => {
    const { subscribe, deps } = tenant();
    const { cursor = null } = (await ask(deps(2), "events/poll", { name: "job.settled" })).result;
    const id = await submitted(deps(2));
    await callTool(deps(2), "jobs_cancel", { job_id: id });
    expect((await subscribe({ cursor })).result).toMatchObject({ cursor, truncated: false });
    const foreign = await subscribe({ cursor: "foreign" }, { delivery: { url: `${URL_A}&y` } });
    expect(foreign.result).toMatchObject({ truncated: true, cursor: expect.stringMatching(/^ev1_/) });
  });

  it.each([
    [undefined, DEFAULT_SUBSCRIPTION_MS],
    [1_000, MIN_SUBSCRIPTION_MS],
    [3_600_000, 3_600_000],
    [30 * 86_400_000, MAX_SUBSCRIPTION_MS],
  ])("with ttlMs %j lives for %i ms, and refuses none", async (ttlMs, granted) => {
    const { result } = await tenant().subscribe(ttlMs === undefined ? {} : { ttlMs });
    expect(graceOf(result)).toBeGreaterThan(granted - 60_000);
    expect(graceOf(result)).toBeLessThanOrEqual(granted);
  });

  it("ends never for a client that asks for no end", async () => {
    expect((await tenant().subscribe({ ttlMs: null })).result.refreshBefore).toBe(null);
  });

  it.each([
    [{ name: "no.such" }, {}, -32_011, { kind: "event" }],
    [{}, { mode: "push" }, -32_014, { feature: "deliveryMode", value: "push" }],
    [{ arguments: { job_id: 1 } }, {}, -32_602, { reason: expect.stringContaining("job_id") }],
    [{ ttlMs: "1 day" }, {}, -32_602, { reason: expect.stringContaining("ttlMs") }],
    [{}, { secret: null }, -32_602, { reason: expect.stringContaining("secret") }],
    [{}, { secret: btoa("a".repeat(32)) }, -32_602, { reason: expect.stringContaining("secret") }],
    [{}, { secret: `whsec_${btoa("a".repeat(8))}` }, -32_602, { reason: expect.stringContaining("24 to 64 bytes") }],
    [{}, { secret: "whsec_____________________________________________" }, -32_602, expect.anything()],
    [{}, { url: "http://hooks.example.com/cb" }, -32_602, { reason: expect.stringContaining("https") }],
    [{}, { url: "https://127.0.0.1/cb" }, -32_602, { reason: expect.stringContaining("loopback") }],
    [{}, { url: "https://localhost/cb" }, -32_602, expect.anything()],
    [{}, { url: "https://169.254.169.254/" }, -32_602, expect.anything()],
    [{}, { url: "https://[::1]/cb" }, -32_602, expect.anything()],
    [{}, { url: "https://u:p@hooks.example.com/" }, -32_602, expect.anything()],
    [{}, { url: `${URL_A}#part` }, -32_602, { reason: expect.stringContaining("fragment") }],
    [{}, { url: "hooks" }, -32_602, expect.anything()],
    [{}, { url: 5 }, -32_602, expect.anything()],
  ])("of %j and %j is refused with %i, and nothing is sent", async (over, delivery, code, data) => {
    const { subscribe, posted } = tenant();
    expect((await subscribe(over, { delivery })).error).toMatchObject({ code, data });
    expect(posted).toEqual([]);
  });

  it("takes a URL of so many characters, and an origin that the operator allows", async () => {
    const long = (chars: number) => `${URL_A}&a=`.padEnd(chars, "a");
    const { subscribe } = tenant();
    expect((await subscribe({}, { delivery: { url: long(MAX_CALLBACK_URL_CHARS) } })).error).toEqual({});
    const { error } = await subscribe({}, { delivery: { url: long(MAX_CALLBACK_URL_CHARS + 1) } });
    expect(error.data).toEqual({ reason: expect.stringContaining("2048 characters") });
    expect((await subscribe({}, { delivery: { url: "http://127.0.0.1:9/cb" } })).error).toEqual({});
  });

  it.each([
    [{ status: 200, retry_after_ms: null, body: '{"challenge":"another"}' }, "challenge_failed"],
    [{ status: 200, retry_after_ms: null, body: "secret of the callback" }, "challenge_failed"],
    [{ status: 302, retry_after_ms: null, body: "" }, "challenge_failed"],
    [{ status: 500, retry_after_ms: null, body: "" }, "http_5xx"],
    [{ error: "timeout" }, "timeout"],
  ] as [PostOutcome, string][])(
    "of a callback that answers %j says %s, stores nothing and repeats nothing of it",
    async (answer, reason) => {
      const { subscribe, unsubscribe } = tenant(() => answer);
      const { error } = await subscribe();
      expect(error).toMatchObject({ code: -32_015, data: { reason } });
      expect(JSON.stringify(error)).not.toContain("secret of the callback");
      expect((await unsubscribe()).error.code).toBe(-32_011);
    },
  );

  it("without AUTH_SECRET is refused, and not offered", async () => {
    const deps = deployment().worker(1);
    const delivery = { mode: "webhook", url: URL_A, secret: SECRET };
    const { error } = await ask(deps, "events/subscribe", { name: "job.settled", delivery });
    expect(error).toMatchObject({ code: -32_012, message: expect.stringContaining("AUTH_SECRET") });
    const modes = async (of: typeof deps) => listOf((await ask(of, "events/list")).result.events)[0]?.delivery;
    expect(await modes(deps)).toEqual(["poll", "push"]);
    expect(await modes(tenant().deps(1))).toEqual(["poll", "push", "webhook"]);
  });

  it("makes so many, and says which limit was met; a refresh is always possible", async () => {
    const { subscribe } = tenant();
    const at = (n: number) => subscribe({}, { shards: 1, delivery: { url: `${URL_A}&n=${n}` } });
    for (let n = 0; n < MAX_EVENT_SUBSCRIPTIONS; n++) expect((await at(n)).error).toEqual({});
    expect((await at(MAX_EVENT_SUBSCRIPTIONS)).error).toMatchObject({
      code: -32_013,
      data: { limit: "subscriptions", max: MAX_EVENT_SUBSCRIPTIONS },
    });
    expect((await at(0)).error).toEqual({});
  });
});

describe("events/unsubscribe", () => {
  it("ends what there is, again and again, and knows nothing of what there never was", async () => {
    const { subscribe, unsubscribe } = tenant();
    await subscribe();
    for (const _ of [1, 2]) expect((await unsubscribe()).result).toMatchObject({ resultType: "complete" });
    expect((await unsubscribe({ delivery: { url: `${URL_A}&z` } })).error).toMatchObject({
      code: -32_011,
      data: { kind: "subscription" },
    });
    expect((await unsubscribe({ arguments: { colour: 1 } })).error.code).toBe(-32_011);
    const { result } = await subscribe();
    expect(isJsonObject(result) && "deliveryStatus" in result).toBe(false);
  });
});
