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
