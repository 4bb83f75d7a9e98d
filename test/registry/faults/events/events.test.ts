import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recordFigures } from "../../../../tooling/figures.ts";
import { setting } from "../../../support/setting.ts";
import { type Api, type WorldOptions, withWorlds } from "../world.ts";
import { EventStream } from "./stream.ts";

const EVENTS = setting("EVENTS");
const SEED = setting("SEED");
/** A delivery takes as long as twenty events that are only read. */
const DELIVERED_SHARE = 0.5;
/** EVENTS_KEPT: many times as many are told. */
const KEPT = 1_000;

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function stream(events: number, isDelivered: boolean, options: WorldOptions = {}): Promise<EventStream> {
  let done: EventStream | undefined;
  await withWorlds(async (fresh) => {
    const world = await fresh({ seed: SEED, quotas: { eventsKept: KEPT }, ...options });
    done = new EventStream(world, SEED, { kept: KEPT, isDelivered });
    await done.run(events);
    done.faults.push(...world.surprises.map(String));
  });
  if (done === undefined) throw new Error("no world");
  return done;
}

describe(`events of 20 writers over an object that dies again and again, by seed ${SEED}`, () => {
  const TITLE = "reach a %s: none of %i lost, none before another of its writer, each under one id";
  it.for([
    ["reader", EVENTS, false],
    ["callback", EVENTS * DELIVERED_SHARE, true],
  ] as const)(TITLE, { timeout: 1_800_000 }, async ([who, events, isDelivered], context) => {
    const { faults, figures } = await stream(events, isDelivered);
    recordFigures(context, { harness: `events to a ${who}, amid faults`, seed: SEED, counts: { ...figures } });
    expect(faults.slice(0, 5)).toEqual([]);
    // One in some 170 events: of thousands, so many are by no chance missed.
    expect(figures.restarts).toBeGreaterThan(events / 400);
  });

  it("would be missed, were one of a hundred acknowledged and not written", async () => {
    let told = 0;
    const spoil = (api: Api): Api => {
      const emitEvent: Api["events"]["emitEvent"] = async (...given) =>
        ++told % 100 === 0 ? { ok: true, value: "evt_nothing" } : api.events.emitEvent(...given);
      const events = new Proxy(api.events, {
        get: (of, name) => (name === "emitEvent" ? emitEvent : Reflect.get(of, name).bind(of)),
      });
      return { ...api, events };
    };
    const { faults } = await stream(500, false, { spoil });
    expect(faults.length).toBeGreaterThan(0);
  });
});
