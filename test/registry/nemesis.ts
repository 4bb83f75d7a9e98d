import { expect } from "vitest";
import { isOn } from "../support/setting.ts";
import type { apisOf } from "./apis.ts";

/**
 * The nemesis: with NEMESIS set, every object of the functional suite loses its memory before each call, as by an
 * eviction, and the tests must see no difference. vitest.config.ts runs them a second time so.
 */

type Apis = ReturnType<typeof apisOf>;

/** Tests of what is kept in memory on purpose, by a part of their names: an eviction must change what they see. */
const OF_MEMORY = [
  // The rate is kept in memory, so that a submit writes no row for it; an eviction forgives.
  "the limit of submits a minute",
  "takes so many in a minute",
  "over the rate of submits",
  "says when events were deleted before it had looked at them",
  "waits when too many jobs were submitted",
  "cost no rows more",
  // An object that starts anew reads its schema and its alarm, which are counted with the call's own rows.
  "rows read",
  "rows written",
  "writes at most 4 rows for a write",
  "costs a row at the first read",
  "costs 2 rows more than a question",
  "reads and writes as many rows as without limits",
  // It knows of a refusal only what it saw itself, and asks once more after its start.
  "asks it no more than once for each job",
  // It tells the other shards again.
  "tells each shard once, while it lives",
  // It cannot start on a storage that is out of order.
  "even the rows could not be read",
];

/** Evictions so far, over all tests of the file. */
export const nemesis = { evictions: 0 };

const strikes = (): boolean => {
  const test = expect.getState().currentTestName ?? "";
  return isOn("NEMESIS") && !OF_MEMORY.some((name) => test.includes(name));
};

/**
 * The same interfaces over an object that starts anew before each call, once what went on after the last reply has
 * ended. A call that is made while another one is under way, such as one that ends a wait, finds the object awake.
 */
export function underNemesis(apis: Apis, settleBackground: () => Promise<void>, reopen: () => Promise<Apis>): Apis {
  if (!strikes()) return apis;
  let current = apis;
  let underWay = 0;
  let awake = Promise.resolve();
  const evict = async () => {
    await settleBackground();
    current = await reopen();
    nemesis.evictions += 1;
  };
  const call = async (part: keyof Apis, method: PropertyKey, args: unknown[]): Promise<unknown> => {
    underWay += 1;
    try {
      if (underWay === 1) awake = evict();
      await awake;
      return await Reflect.get(current[part], method).apply(current[part], args);
    } finally {
      underWay -= 1;
    }
  };
  const evicted = <
    Part extends
      | "caller"
      | "runner"
      | "reconciler"
      | "keys"
      | "events"
      | "introduction"
      | "subscriptions"
      | "workers"
      | "batches"
      | "secrets"
      | "bulk"
      | "limits"
      | "stats",
  >(
    part: Part,
  ): Apis[Part] =>
    new Proxy(apis[part], {
      get:
        (_target, method) =>
        (...args: unknown[]) =>
          call(part, method, args),
    });
  return {
    caller: evicted("caller"),
    runner: evicted("runner"),
    reconciler: evicted("reconciler"),
    keys: evicted("keys"),
    events: evicted("events"),
    introduction: evicted("introduction"),
    subscriptions: evicted("subscriptions"),
    workers: evicted("workers"),
    batches: evicted("batches"),
    secrets: evicted("secrets"),
    bulk: evicted("bulk"),
    limits: evicted("limits"),
    stats: evicted("stats"),
    get counts() {
      return current.counts;
    },
    get changes() {
      return current.changes;
    },
    enter: () => current.enter(),
  };
}
