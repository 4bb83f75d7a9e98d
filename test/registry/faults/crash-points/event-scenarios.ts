import { expect } from "vitest";
import { CALLER } from "../../bench.ts";
import type { Scenario } from "./runner-scenarios.ts";
import type { Stage } from "./stage.ts";

const ID = "sub_0123456789abcdef0123456789abcdef";
const SECRET = `whsec_${btoa("a".repeat(32))}`;

/** Where a subscriber begins: what happens from now on is recorded. */
async function listen(stage: Stage): Promise<number> {
  const query = { after: null, names: null, filter: {}, since: null, limit: 9 };
  return (await stage.ask("read", (api) => api.events.readEvents(query, 0))).position;
}

async function subscribe(stage: Stage, position: number) {
  const request = {
    ...{ subscription_id: ID, url: "https://hooks.example/cb", name: "job.settled", filter: {} },
    ...{ sealed_secret: SECRET, positions: [position], expires_at: null },
  };
  await stage.ask("say who listens", (api) => api.subscriptions.addSubscriber(CALLER, 0));
  return stage.ask("subscribe", (api) => api.subscriptions.subscribe(CALLER, request));
}

/** A job that ends. */
async function end(stage: Stage): Promise<void> {
  const { id } = await stage.submit({ idempotency: null });
  await stage.ask("cancel", (api) => api.caller.cancel(CALLER, id, null));
}

/** Ids of all events since. */
async function recorded(stage: Stage, after: number): Promise<string[]> {
  const query = { after, names: null, filter: {}, since: null, limit: 9 };
  const { events } = await stage.ask("read", (api) => api.events.readEvents(query, 0));
  return events.map(({ event }) => event.event_id);
}

/** The first time that each came. */
const firsts = ({ world }: Stage): string[] => [...new Set(world.callback.received)];

const stateOf = (stage: Stage) => stage.ask("look", (api) => api.subscriptions.subscription(CALLER, ID));

async function rowsOf({ world }: Stage): Promise<object[]> {
  return world.storage.sql.exec("SELECT subscription_id, secrets_json FROM subscriptions").toArray();
}

const AWAITED = {
  ...{
    request_id: "first",
    name: "order.paid",
    when: "{% $event.data.n = 2 %}",
    timeout_ms: 3_600_000,
    fallback: null,
  },
  scope: { input: {}, steps: {}, job: { id: "j", attempt: 1, submitted_at: "" }, now: 0 },
};

const awaitEvent = (stage: Stage, id: string) =>
  stage.ask("await an event", (api) => api.runner.awaitEvent(stage.ref(id), "first", AWAITED, []));

const emit = (stage: Stage, n: number) =>
  stage.ask("emit", (api) =>
    api.events.emitEvent(CALLER, { job_id: "other", key: `n ${n}`, name: "order.paid", data: { n } }),
  );

const collect = (stage: Stage, id: string) => stage.ask("collect", (api) => api.runner.collect(stage.ref(id), "first"));

const waitsOf = ({ world }: Stage) => world.storage.sql.exec("SELECT job_id FROM event_waits").toArray();

async function answered(stage: Stage, id: string): Promise<void> {
  await stage.ringUntil(async () => (await collect(stage, id)).do === "done");
  expect(await collect(stage, id)).toEqual({
    at: expect.any(Number),
    do: "done",
    output: { action: "accept", content: { n: 2 } },
  });
  expect(waitsOf(stage)).toEqual([]);
}

/** Events that are sent to callbacks. */
export const EVENT_SCENARIOS: Record<string, Scenario> = {
  "subscribe to events": async (stage) => {
    const position = await listen(stage);
    await stage.danger(() => subscribe(stage, position));
    expect(await rowsOf(stage)).toEqual([
      { subscription_id: ID, secrets_json: JSON.stringify([{ sealed: SECRET, until: null }]) },
    ]);
    await end(stage);
    await stage.ringUntil(() => stage.world.callback.received.length > 0);
    expect(firsts(stage)).toEqual(await recorded(stage, position));
    expect(await stateOf(stage)).toMatchObject({ status: "active", last_error: null });
  },

  "send events to a callback": async (stage) => {
    const position = await listen(stage);
    await subscribe(stage, position);
    await stage.danger(async () => {
      await end(stage);
      await end(stage);
    });
    await stage.ringUntil(() => firsts(stage).length === 2);
    expect(firsts(stage)).toEqual(await recorded(stage, position));
    const sent = stage.world.callback.received.length;
    // One that came, but whose answer was lost, comes once more.
    expect(sent).toBeLessThanOrEqual(3);
    await stage.world.ring();
    expect(stage.world.callback.received).toHaveLength(sent);
  },

  "begin to wait for an event": async (stage) => {
    const id = await stage.running({ idempotency: null });
    await stage.danger(() => awaitEvent(stage, id));
    expect(waitsOf(stage)).toEqual([{ job_id: id }]);
    expect([...stage.world.siblings.told]).toEqual([0]);
    await emit(stage, 1);
    await emit(stage, 2);
    await answered(stage, id);
  },

  "answer a step by an event": async (stage) => {
    const id = await stage.running({ idempotency: null });
    await awaitEvent(stage, id);
    await stage.danger(async () => {
      await emit(stage, 1);
      await emit(stage, 2);
      await emit(stage, 3);
    });
    await answered(stage, id);
  },

  "answer a step by an event of another shard": async (stage) => {
    const { siblings, clock } = stage.world;
    siblings.emit("order.paid", { n: 2, before: "it waited" }, clock.now);
    const id = await stage.running({ idempotency: null });
    await awaitEvent(stage, id);
    siblings.emit("order.paid", { n: 1 }, clock.now);
    siblings.emit("order.paid", { n: 2 }, clock.now);
    await stage.danger(() => stage.ask("wake", (api) => api.subscriptions.wakeSubscriptions()));
    await answered(stage, id);
  },

  unsubscribe: async (stage) => {
    const position = await listen(stage);
    await subscribe(stage, position);
    await stage.danger(() => stage.ask("unsubscribe", (api) => api.subscriptions.unsubscribe(CALLER, ID)));
    expect(await stateOf(stage)).toMatchObject({ status: "ended" });
    await end(stage);
    await stage.world.ring();
    expect(stage.world.callback.received).toEqual([]);
  },
};
