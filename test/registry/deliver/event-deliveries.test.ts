import { describe, expect, it } from "vitest";
import type { PostOutcome } from "../../../src/events/delivery.ts";
import { webhookHeaders } from "../../../src/events/webhook-signature.ts";
import type { Quotas } from "../../../src/jobs/flow/quotas.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_KEPT_ATTEMPTS, SECRET_OVERLAP_MS, SUBSCRIPTION_LOOK_MS, SUSPENDED_LOOK_MS } from "../../../src/limits.ts";
import type { DeliveryPort } from "../../../src/registry/deliver/delivery-port.ts";
import { type Bench, CALLER, callerOf, inRegistry, type MakeDelivery, START, TENANT } from "../bench.ts";

const ID = "sub_0123456789abcdef0123456789abcdef";
const SECRET = `whsec_${btoa("a".repeat(32))}`;
const OTHER_SECRET = `whsec_${btoa("b".repeat(32))}`;
const OK: PostOutcome = { status: 204, retry_after_ms: null, body: "" };
const answer = (status: number, retry_after_ms: number | null = null): PostOutcome => ({
  status,
  retry_after_ms,
  body: "",
});

interface Sent {
  url: string;
  headers: Record<string, string>;
  body: JsonObject;
  text: string;
}

/** A callback that answers as it is told, then with 204; secrets are sealed by a prefix. */
async function withCallback(
  test: (bench: Bench, sent: Sent[], answers: PostOutcome[]) => Promise<void>,
  limits: Partial<Quotas> = {},
): Promise<void> {
  const sent: Sent[] = [];
  const answers: PostOutcome[] = [];
  const delivery = (readOwn: Parameters<MakeDelivery>[0]): DeliveryPort => ({
    shard: 0,
    shards: 1,
    readEvents: (_shard, query) => readOwn(query),
    openSecret: async (sealed) => sealed.replace(/^(?:old )?sealed /, ""),
    resealSecret: async (sealed) => (sealed.startsWith("old ") ? sealed.slice("old ".length) : undefined),
    post: async (url, headers, text) => {
      sent.push({ url, headers, text, body: JSON.parse(text) });
      return answers.shift() ?? OK;
    },
  });
  await inRegistry((bench) => test(bench, sent, answers), limits, delivery);
}

const REQUEST = {
  ...{ subscription_id: ID, url: "https://hooks.example/cb?x=1", name: "job.settled", filter: {} },
  ...{ sealed_secret: `sealed ${SECRET}`, positions: [0], expires_at: null },
};

async function subscribe(bench: Bench, over: { secret?: string; expires_at?: number | null } = {}, by = CALLER) {
  const { position } = await bench.events.readEvents(
    { after: null, names: null, filter: {}, since: null, limit: 1 },
    0,
  );
  await bench.subscriptions.addSubscriber(by, 0);
  const request = {
    ...{ subscription_id: ID, url: "https://hooks.example/cb?x=1", name: "job.settled", filter: {} },
    ...{ sealed_secret: `sealed ${over.secret ?? SECRET}`, positions: [position], expires_at: over.expires_at ?? null },
  };
  const stored = await bench.subscriptions.subscribe(by, request);
  if (!stored.ok) throw new Error(stored.error.code);
  return stored.value;
}

/** All that goes on by itself now, the alarm's work too. */
async function rest(bench: Bench): Promise<void> {
  for (let i = 0; i < 5; i++) {
    const due = await bench.storage.getAlarm();
    if (due !== null && due <= bench.clock.now + 1) await bench.reconciler.onAlarm();
    await bench.settleBackground();
  }
}

async function settled(bench: Bench): Promise<string> {
  const { id } = await bench.submit();
  await bench.caller.cancel(CALLER, id, null);
  await rest(bench);
  return id;
}

const state = async (bench: Bench) => bench.subscriptions.subscription(CALLER, ID);
const jobsOf = (sent: readonly Sent[]) => sent.map(({ body }) => (body.data as JsonObject | undefined)?.job_id);

describe("a delivery", () => {
  it("is one POST for each event, in their order, signed over its very bytes", () =>
    withCallback(async (bench, sent) => {
      await subscribe(bench);
      const ids = [await settled(bench), await settled(bench)];
      expect(jobsOf(sent)).toEqual(ids);
      for (const { url, headers, body, text } of sent) {
        expect(url).toBe("https://hooks.example/cb?x=1");
        expect(headers["webhook-id"]).toBe(body.eventId);
        const message = { id: String(body.eventId), body: text, subscriptionId: ID };
        expect(headers).toEqual(await webhookHeaders(message, [SECRET], bench.clock.now));
        expect(body).toMatchObject({ name: "job.settled", timestamp: expect.any(String), cursor: expect.any(String) });
      }
      expect(await state(bench)).toMatchObject({ status: "active", last_delivery_at: START, last_error: null });
    }));

  it("that fails is tried again with the same id and a fresh stamp, and nothing behind it is sent before", () =>
    withCallback(async (bench, sent, answers) => {
      await subscribe(bench);
      answers.push(answer(503));
      const ids = [await settled(bench), await settled(bench)];
      expect(jobsOf(sent)).toEqual([ids[0]]);
      expect(await state(bench)).toMatchObject({ last_error: "http_5xx", failed_since: START });
      bench.clock.now += 1_000;
      await rest(bench);
      expect(sent).toHaveLength(1);
      bench.clock.now += 1_000;
      await rest(bench);
      expect(jobsOf(sent)).toEqual([ids[0], ids[0], ids[1]]);
      const [first, second] = sent;
      expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
      expect(Number(second?.headers["webhook-timestamp"])).toBeGreaterThan(Number(first?.headers["webhook-timestamp"]));
      expect(second?.headers["webhook-signature"]).not.toBe(first?.headers["webhook-signature"]);
      expect(await state(bench)).toMatchObject({ last_error: null, failed_since: null });
    }));

  it("waits as long as the callback asks for", () =>
    withCallback(async (bench, sent, answers) => {
      await subscribe(bench);
      answers.push(answer(429, 30_000));
      await settled(bench);
      bench.clock.now += 29_000;
      await rest(bench);
      expect(sent).toHaveLength(1);
      bench.clock.now += 1_000;
      await rest(bench);
      expect(sent).toHaveLength(2);
    }));

  it.each([410, 413])("answered with %i is given up, and the next one follows", (status) =>
    withCallback(async (bench, sent, answers) => {
      await subscribe(bench);
      answers.push(answer(status));
      const ids = [await settled(bench), await settled(bench)];
      expect(jobsOf(sent)).toEqual(ids);
      expect(await state(bench)).toMatchObject({ status: "active" });
    }),
  );

  it("whose tries run out suspends: nothing is skipped, and the next subscribe goes on with it", () =>
    withCallback(async (bench, sent, answers) => {
      await subscribe(bench);
      answers.push(...Array.from({ length: 6 }, () => answer(500)));
      const ids = [await settled(bench)];
      for (let i = 0; i < 10; i++) {
        bench.clock.now += 1_000_000;
        await rest(bench);
      }
      expect(jobsOf(sent)).toEqual(Array.from({ length: 6 }, () => ids[0]));
      expect(await state(bench)).toMatchObject({ status: "suspended", last_error: "http_5xx" });
      ids.push(await settled(bench));
      bench.clock.now += SUSPENDED_LOOK_MS;
      await rest(bench);
      expect(sent).toHaveLength(6);
      await subscribe(bench);
      await rest(bench);
      expect(jobsOf(sent.slice(6))).toEqual(ids);
      expect(await state(bench)).toMatchObject({ status: "active" });
    }));

  it("that was made when the process died is made again, and none is lost", () =>
    withCallback(async (bench, sent) => {
      await subscribe(bench);
      const { id } = await bench.submit();
      // The object is gone before it has sent anything.
      bench.storage.sql.exec("DELETE FROM event_subscribers");
      await bench.caller.cancel(CALLER, id, null);
      await bench.settleBackground();
      expect(sent).toEqual([]);
      bench.clock.now += 400_000;
      await rest(bench);
      expect(jobsOf(sent)).toEqual([id]);
    }));

  it("has a row that says how it went, of which the newest are kept", () =>
    withCallback(async (bench, _sent, answers) => {
      await subscribe(bench);
      answers.push(answer(410));
      for (let i = 0; i < MAX_KEPT_ATTEMPTS + 2; i++) await settled(bench);
      const rows = bench.storage.sql
        .exec("SELECT number, outcome, error FROM delivery_attempts ORDER BY number")
        .toArray();
      expect(rows).toHaveLength(MAX_KEPT_ATTEMPTS);
      expect(rows[0]).toEqual({ number: 3, outcome: "delivered", error: null });
    }));
});

describe("a subscription", () => {
  it("signs with both secrets while one replaces the other", () =>
    withCallback(async (bench, sent) => {
      await subscribe(bench);
      await subscribe(bench, { secret: OTHER_SECRET });
      await settled(bench);
      const [first] = sent;
      const message = { id: String(first?.body.eventId), body: first?.text ?? "", subscriptionId: ID };
      expect(first?.headers).toEqual(await webhookHeaders(message, [OTHER_SECRET, SECRET], bench.clock.now));
      bench.clock.now += SECRET_OVERLAP_MS;
      await settled(bench);
      expect(sent[1]?.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
    }));

  it("that has ended, or whose time is over, is sent nothing more", () =>
    withCallback(async (bench, sent) => {
      await subscribe(bench, { expires_at: START + 60_000 });
      bench.clock.now += 60_000;
      await settled(bench);
      expect(sent).toEqual([]);
      expect(await state(bench)).toMatchObject({ status: "ended" });
      await subscribe(bench);
      expect(await bench.subscriptions.unsubscribe(CALLER, ID)).toBe(true);
      expect(await bench.subscriptions.unsubscribe(CALLER, ID)).toBe(true);
      expect(await bench.subscriptions.unsubscribe(CALLER, "sub_never")).toBe(false);
      await settled(bench);
      expect(sent).toEqual([]);
    }));

  it("of a revoked key is terminated, and its callback told so", () =>
    withCallback(async (bench, sent) => {
      await subscribe(bench, {}, callerOf(TENANT, { key_id: "key_1" }));
      await bench.keys.revokeKey(CALLER, "key_1", START);
      await settled(bench);
      expect(sent.map(({ body }) => body)).toEqual([
        { type: "terminated", error: { code: -32_012, message: "Forbidden", data: { reason: "revoked" } } },
      ]);
      expect(sent[0]?.headers["webhook-id"]).toMatch(/^msg_terminated_[0-9a-f]+$/);
      expect(await state(bench)).toMatchObject({ status: "ended" });
    }));

  it("whose events are gone is told of the gap, and goes on behind it", () =>
    withCallback(
      async (bench, sent) => {
        await subscribe(bench);
        await bench.subscriptions.unsubscribe(CALLER, ID);
        for (let i = 0; i < 5; i++) await settled(bench);
        await bench.subscriptions.subscribe(CALLER, { ...REQUEST, positions: [0] });
        const last = await settled(bench);
        expect(sent[0]).toMatchObject({
          headers: { "webhook-id": expect.stringMatching(/^msg_gap_[0-9a-f]+$/) },
          body: { type: "gap", cursor: expect.any(String) },
        });
        expect(jobsOf(sent).at(-1)).toBe(last);
      },
      { eventsKept: 2 },
    ));

  it("is told of a gap once, however often the first event behind it fails", () =>
    withCallback(
      async (bench, sent, answers) => {
        await subscribe(bench);
        await bench.subscriptions.unsubscribe(CALLER, ID);
        for (let i = 0; i < 5; i++) await settled(bench);
        answers.push(OK, answer(500), answer(500));
        await bench.subscriptions.subscribe(CALLER, { ...REQUEST, positions: [0] });
        for (let i = 0; i < 4; i++) {
          await rest(bench);
          bench.clock.now += 60_000;
        }
        const kinds = sent.map(({ body, headers }) => body.type ?? headers["webhook-id"]);
        expect(kinds.filter((kind) => kind === "gap")).toHaveLength(1);
        expect(kinds.slice(1, 4)).toEqual(Array(3).fill(kinds[1]));
        expect(sent[1]?.body.cursor).toBe(sent[0]?.body.cursor);
      },
      { eventsKept: 2 },
    ));

  it("is told of no gap when what is deleted is what it does not want", () =>
    withCallback(
      async (bench, sent) => {
        await subscribe(bench);
        await bench.subscriptions.subscribe(CALLER, { ...REQUEST, name: "order.paid", positions: [0] });
        for (let i = 0; i < 5; i++) {
          await settled(bench);
          await rest(bench);
        }
        bench.clock.now += SUBSCRIPTION_LOOK_MS;
        await rest(bench);
        expect(sent).toEqual([]);
      },
      { eventsKept: 2 },
    ));

  it("can be sent again, under its own id, as long as its event is kept", () =>
    withCallback(async (bench, sent, answers) => {
      await subscribe(bench);
      const ids = [await settled(bench), await settled(bench)];
      answers.push(answer(500));
      const again = await bench.subscriptions.replay(CALLER, ID, 1);
      expect(again).toMatchObject({ value: { number: 3, outcome: "failed", http_status: 500, replay: true } });
      expect(await bench.subscriptions.replay(CALLER, ID, 1)).toMatchObject({
        value: { number: 4, outcome: "delivered" },
      });
      expect(jobsOf(sent)).toEqual([...ids, ids[0], ids[0]]);
      expect(sent[2]?.headers["webhook-id"]).toBe(sent[0]?.headers["webhook-id"]);
      const { status, last_error } = (await state(bench)) ?? {};
      expect([status, last_error]).toEqual(["active", null]);
      const listed = await bench.subscriptions.deliveries(CALLER, ID, 4, 2);
      expect(listed).toMatchObject({ value: [{ number: 3 }, { number: 2, outcome: "delivered", replay: false }] });
      expect(await bench.subscriptions.replay(CALLER, ID, 9)).toEqual({
        ok: false,
        error: { code: "unknown_delivery" },
      });
      bench.storage.sql.exec("DELETE FROM events WHERE position = 1");
      expect(await bench.subscriptions.replay(CALLER, ID, 1)).toEqual({ ok: false, error: { code: "event_gone" } });
      await bench.subscriptions.unsubscribe(CALLER, ID);
      const unknown = { ok: false, error: { code: "unknown_subscription" } };
      expect(await bench.subscriptions.replay(CALLER, ID, 2)).toEqual(unknown);
    }));

  it("has its secret sealed anew by the alarm once AUTH_SECRET was changed", () =>
    withCallback(async (bench, sent) => {
      await bench.subscriptions.subscribe(CALLER, { ...REQUEST, sealed_secret: `old sealed ${SECRET}` });
      await rest(bench);
      const secrets = () =>
        JSON.parse(String(bench.storage.sql.exec("SELECT secrets_json AS s FROM subscriptions").one().s));
      expect(secrets()).toEqual([{ sealed: `sealed ${SECRET}`, until: null }]);
      await bench.subscriptions.addSubscriber(CALLER, 0);
      await bench.events.readEvents({ after: null, names: null, filter: {}, since: null, limit: 1 }, 0);
      await settled(bench);
      expect(sent).toHaveLength(1);
    }));
});
