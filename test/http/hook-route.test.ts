import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Env } from "../../src/env.ts";
import { hookRoute } from "../../src/http/hook-route.ts";
import { RequestLog } from "../../src/lib/log.ts";
import { MAX_HOOK_BYTES } from "../../src/limits.ts";
import { askAsServer } from "../../src/registry/api/client.ts";
import { hookToken, readHookToken } from "../../src/service/triggers/hook-token.ts";
import type { TriggerDocument } from "../../src/triggers/trigger-document.ts";
import { planOf } from "../registry/bench.ts";

const AUTH_SECRET = "x".repeat(32);
const PLAN = {
  label: "on-push@1",
  plan: planOf([{ id: "rest", type: "sleep", for: "1 hour" }]),
  plan_hash: "hash-of-on-push",
  timeout_ms: 86_400_000,
};
const SIGNED = { scheme: "github", secret: "HOOK_SECRET" } as const;
const GITHUB = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

/** A trigger of a tenant of its own, and how to call it. */
async function hook(webhook: NonNullable<TriggerDocument["webhook"]>, over: Partial<TriggerDocument> = {}) {
  const tenant = `t${crypto.randomUUID().slice(0, 8)}`;
  const settings = {
    ...env,
    AUTH_SECRET,
    BLUEPRINT_SECRETS: `HOOK_SECRET@webhook#${tenant}`,
    HOOK_SECRET: "It's a Secret to Everybody",
  };
  const deps = { env: settings as unknown as Env, log: new RequestLog(Date.now), now: Date.now };
  const ask = askAsServer(deps.env.JOB_REGISTRY, tenant);
  const document: TriggerDocument = { name: "on-push", blueprint: "on-push", webhook, paused: false, ...over };
  const saved = await ask(0, (registry, server) =>
    registry.saveTrigger(server, { document, plan: PLAN, isNewest: false, rotate: false }),
  );
  const hookId = saved.ok ? (saved.value.hook_id ?? "") : "";
  const token = await hookToken({ tenant, shard: 0, hookId }, { current: AUTH_SECRET });
  const send = async (init: RequestInit, path = "", as = token) => {
    const request = new Request(`https://edge.example/hooks/${as}${path}`, { method: "POST", ...init });
    const response = await hookRoute(request, as, deps);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  const jobs = () =>
    ask(0, (registry, server) =>
      registry.list(server, {
        statuses: [],
        blueprint: null,
        metadata: {},
        submitted_after: null,
        submitted_before: null,
        limit: 100,
        after: null,
      }),
    );
  const inputOf = async (id: string) => {
    const told = await ask(0, (registry, server) => registry.explain(server, id));
    return told.ok ? told.value.input : undefined;
  };
  const ledger = () => ask(0, (registry, server) => registry.triggerLedger(server, "on-push", null, 100));
  return { tenant, token, send, jobs, inputOf, ledger };
}

const signed = (signature = GITHUB, delivery = "72d3162e"): RequestInit => ({
  body: "Hello, World!",
  headers: {
    "x-hub-signature-256": `sha256=${signature}`,
    "x-github-delivery": delivery,
    "content-type": "text/plain",
  },
});

describe("a delivery", () => {
  it("that is signed is accepted, once for all times that it is sent, and says which job", async () => {
    const { send, jobs } = await hook({ verify: SIGNED });
    const replies = await Promise.all(Array.from({ length: 50 }, () => send(signed())));
    const { jobs: made } = await jobs();
    expect(made).toHaveLength(1);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    const bodies = replies.map(({ text }) => JSON.parse(text));
    expect(new Set(bodies.map(({ job_id }) => job_id))).toEqual(new Set([made[0]?.id]));
    expect(bodies.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
  });

  it("that is forged is 401 and writes no row", async () => {
    const { send, jobs, ledger } = await hook({ verify: SIGNED });
    const noJson = { body: "{", headers: { "content-type": "application/json" } };
    const forged = [signed("0".repeat(64)), { body: "Hello, World!" }, { ...signed(), body: "Hello, world!" }, noJson];
    for (const init of forged) {
      expect((await send(init)).status).toBe(401);
    }
    expect((await jobs()).jobs).toEqual([]);
    expect(await ledger()).toMatchObject({ value: { entries: [] } });
  });

  it("is the event that its job is told of, without the sender's credentials", async () => {
    const { send, jobs, inputOf } = await hook({ verify: null });
    const headers = { "content-type": "application/vnd.api+json", authorization: "Bearer x", "x-y": "z" };
    await send({ body: '{"a":[1]}', headers }, "?tag=a&tag=b&one=1");
    const [job] = (await jobs()).jobs;
    expect(await inputOf(job?.id ?? "")).toEqual({
      event: {
        id: null,
        method: "POST",
        headers: { "content-type": "application/vnd.api+json", "x-y": "z" },
        query: { tag: ["a", "b"], one: "1" },
        body: { a: [1] },
        received_at: expect.stringMatching(/Z$/),
        verified: false,
      },
    });
  });

  it.each([
    ["application/x-www-form-urlencoded", "a=1&a=2&b=x+y", { a: ["1", "2"], b: "x y" }],
    ["text/plain", '{"a":1}', '{"a":1}'],
    ["application/json", "", null],
    ["application/json; charset=utf-8", '{"id":1234567890123456789}', { id: "1234567890123456789" }],
  ])("of %s has the body that it means", async (type, body, expected) => {
    const { send, jobs, inputOf } = await hook({ verify: null }, { input: { body: "{% $event.body %}" } });
    await send({ body, headers: { "content-type": type } });
    const [job] = (await jobs()).jobs;
    expect(await inputOf(job?.id ?? "")).toEqual({ body: expected });
  });

  it("that is no JSON, or too large, is refused with the reason", async () => {
    const { send } = await hook({ verify: null });
    const json = { "content-type": "application/json" };
    for (const body of ["{", `${"[".repeat(5_000)}${"]".repeat(5_000)}`, '{"n":1e999}']) {
      const refused = { status: 400, text: expect.stringMatching(/^.*cannot be read: the (text|JSON|number) /) };
      expect(await send({ body, headers: json })).toMatchObject(refused);
    }
    expect((await send({ body: "a".repeat(MAX_HOOK_BYTES) })).status).toBe(202);
    expect((await send({ body: "a".repeat(MAX_HOOK_BYTES + 1) })).status).toBe(413);
  });

  it("that is filtered, or comes while the trigger is paused, is taken and makes no job", async () => {
    const filtered = await hook({ verify: null }, { when: "{% $event.body = 'yes' %}" });
    expect(JSON.parse((await filtered.send({ body: "no" })).text)).toEqual({
      job_id: null,
      deduplicated: false,
      outcome: "filtered",
    });
    const paused = await hook({ verify: null }, { paused: true });
    expect(JSON.parse((await paused.send({ body: "no" })).text)).toMatchObject({ job_id: null, outcome: "paused" });
  });
});

describe("a token", () => {
  it("that nobody made is like one of nobody's trigger: 404, with the same words", async () => {
    const { send, token, tenant } = await hook({ verify: null });
    const other = await hookToken({ tenant, shard: 0, hookId: "AAAAAAAAAAAAAAAAAAAAAA" }, { current: AUTH_SECRET });
    // Not the last character, of which some bits say nothing.
    const altered = `${token.slice(0, -2)}${token.at(-2) === "A" ? "B" : "A"}${token.at(-1)}`;
    const replies = await Promise.all(
      [other, altered, token.slice(1), "x", "a".repeat(1_000)].map((as) => send({}, "", as)),
    );
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(replies[0]?.status).toBe(404);
  });

  it("names its place, is good for the secret before too, and no longer", async () => {
    const place = { tenant: "acme", shard: 3, hookId: "AAAAAAAAAAAAAAAAAAAAAA" };
    const [old, current] = ["o".repeat(32), "n".repeat(32)];
    const token = await hookToken(place, { current: old });
    expect(await readHookToken(token, { current, previous: old })).toEqual(place);
    expect(await readHookToken(token, { current })).toBeUndefined();
  });
});

describe("what a service asks before it delivers", () => {
  it.each(["?challenge=abc", "?hub.mode=subscribe&hub.challenge=abc", "?validationToken=abc"])(
    "by GET %s is answered as plain text",
    async (query) => {
      const { send } = await hook({ verify: SIGNED });
      const reply = await send({ method: "GET" }, query);
      expect([reply.status, reply.text, reply.headers.get("content-type")]).toEqual([
        200,
        "abc",
        "text/plain; charset=utf-8",
      ]);
      expect((await send({ method: "GET" })).status).toBe(404);
    },
  );

  it("by Slack's url_verification is answered, and makes no job", async () => {
    const { send, jobs } = await hook({ verify: null });
    const body = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1aB10FEMAGAZd4FyFQ" });
    const reply = await send({ body, headers: { "content-type": "application/json" } });
    expect([reply.status, reply.text]).toEqual([200, "3eZbrw1aB10FEMAGAZd4FyFQ"]);
    expect((await jobs()).jobs).toEqual([]);
  });
});
