import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { recordFigures } from "../../tooling/figures.ts";
import { newSecret, newTenant, type Tenant } from "../../tooling/fuzz/tenants.ts";
import { type SampleService, startSampleService } from "../../tooling/sample-service.ts";
import { type DevServer, startDevServer } from "../../tooling/servers/dev-server.ts";
import { setting } from "../support/setting.ts";
import { memoryOf } from "./memory.ts";

/** Jobs that take long, each in its way: they get on, and nothing that watches over jobs takes them for dead. */

/** Of the longest step and the longest map; a hundred short steps are as many in each run. */
const SHARE = setting("LONG_SHAPES") / 100;
const STEP_MS = 590_000 * SHARE;
const ITEMS = Math.round(1_000 * SHARE);
const STEPS = 100;
const MOST_MIB = 128;
const LOOK_MS = 100;
/** Between two looks at the memory: each collects the garbage of every isolate. */
const WEIGH_MS = 10_000;

const AUTH_SECRET = newSecret();
let service: SampleService;
let server: DevServer;
let tenant: Tenant;

beforeAll(async () => {
  service = await startSampleService();
  server = await startDevServer({ vars: { AUTH_SECRET, HTTP_ALLOW: new URL(service.url).host } });
  tenant = await newTenant(server.url, "patient", AUTH_SECRET);
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await service?.close();
});

const slow = (id: string, ms: number, of: string, timeout = "10 seconds"): JsonObject => {
  return { id, type: "http", url: `${service.url}/slow?ms=${ms}&of=${of}`, timeout };
};

const SHAPES: Record<string, () => JsonObject[]> = {
  "a step of ten minutes": () => [slow("long", STEP_MS, "long", `${Math.ceil(STEP_MS / 1_000) + 10} seconds`)],
  "a map of a thousand items": () => [
    { id: "rows", type: "map", over: `{% [1..${ITEMS}] %}`, steps: [slow("row", 2_000, "row{% $item %}")] },
  ],
  "a hundred steps": () => Array.from({ length: STEPS }, (_, i) => slow(`s${i}`, 50, `step${i}`)),
};

interface Watched {
  last: JsonObject;
  /** Each share of the way that was seen, and how many of a map's rows had ended. */
  seen: Set<number>;
}

/** Looks until the job has settled. @throws when its progress falls */
async function watch(id: string): Promise<Watched> {
  const seen = new Set<number>();
  for (let before = 0; ; await sleep(LOOK_MS)) {
    const last = await tenant.tool("jobs_get_status", { job_id: id, include: ["steps", "events"] });
    const progress = Number(last.progress);
    if (progress < before) throw new Error(`progress of ${id} fell from ${before} to ${progress}`);
    before = progress;
    const [first] = last.steps as { items?: { done: number } }[];
    seen.add(first?.items?.done ?? progress);
    if (!["queued", "running"].includes(String(last.status))) return { last, seen };
  }
}

/** @returns the most that the Worker's isolate reached, in MiB */
async function weigh(over: AbortSignal): Promise<number> {
  let most = 0;
  while (!over.aborted) {
    most = Math.max(most, (await memoryOf(server)).liveHeapBytes / 2 ** 20);
    await sleep(WEIGH_MS, undefined, { signal: over }).catch(() => undefined);
  }
  return most;
}

it(
  "a step of ten minutes, a map of a thousand items and a hundred steps get on, and are not taken for dead",
  async (test) => {
    const over = new AbortController();
    const weighed = weigh(over.signal);
    const watched = await Promise.all(
      Object.entries(SHAPES).map(async ([name, steps]) => ({ name, ...(await watch(await tenant.submit(steps()))) })),
    );
    over.abort();
    const mib = await weighed;
    for (const { name, last } of watched) {
      expect(last, name).toMatchObject({ status: "succeeded", progress: 1, error: null });
      const events = (last.events as { type: string }[]).map(({ type }) => type);
      for (const alarming of ["nudged", "redispatched", "step_retrying", "step_failed"]) {
        expect(events, name).not.toContain(alarming);
      }
      for (const { tries } of last.steps as { tries: number }[]) expect(tries, name).toBeLessThanOrEqual(1);
    }
    // Nothing was asked for twice.
    const asked = service.requests.map(({ path }) => path);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toHaveLength(1 + ITEMS + STEPS);
    const [, rows, steps] = watched;
    // Five rows at once.
    expect(rows?.seen.size).toBeGreaterThanOrEqual(ITEMS / 5 / 2);
    expect(steps?.seen.size).toBeGreaterThan(10);
    expect(mib).toBeLessThan(MOST_MIB);
    recordFigures(test, {
      harness: "long shapes",
      seed: null,
      counts: {
        "seconds of a step": Math.round(STEP_MS / 1_000),
        items: ITEMS,
        steps: STEPS,
        "MiB at most": Math.round(mib),
      },
    });
  },
  60_000 + 1_500 * 1_000 * SHARE,
);
