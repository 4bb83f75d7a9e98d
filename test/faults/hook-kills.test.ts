import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { recordFigures } from "../../tooling/figures.ts";
import { newSecret, newTenant, type Tenant } from "../../tooling/fuzz/tenants.ts";
import { seeded } from "../../tooling/random.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { setting } from "../support/setting.ts";

/** A sender that got no answer sends again. Whatever it was answered is kept, and each delivery has one job. */

const KILLS = setting("HOOK_KILLS");
const SEED = setting("SEED");
const AT_ONCE = 5;
/** By then all that were sent have been answered, on a quiet machine. */
const LATEST_KILL_MS = 80;

let server: RunningServer;
let tenant: Tenant;

beforeAll(async () => {
  const AUTH_SECRET = newSecret();
  const vars = { AUTH_SECRET, MAX_ACTIVE_JOBS: "0", SUBMITS_PER_MINUTE: "0", HOOKS_PER_MINUTE: "0" };
  server = await startServer(vars);
  tenant = await newTenant(server.url, "hooks", AUTH_SECRET);
});
afterAll(() => server?.stop());

/** @returns the job, undefined when there was no answer */
async function deliver(url: string, id: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: "POST", headers: { "x-delivery": id }, body: "{}" });
    const body: JsonObject = JSON.parse(await response.text());
    return response.status === 202 ? String(body.job_id) : undefined;
  } catch {
    return undefined;
  }
}

async function again(url: string, id: string): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const job = await deliver(url, id);
    if (job !== undefined) return job;
    await sleep(100);
  }
  throw new Error(`${id} was not accepted`);
}

it(`no answered delivery is lost and none makes two jobs, over ${KILLS} kills`, async (test) => {
  const random = seeded(SEED);
  const { url } = await tenant.tool("triggers_save", {
    name: "orders",
    blueprint: { name: "order", steps: [{ id: "one", type: "transform", value: 1 }] },
    webhook: { verify: null, dedupe: "{% $event.headers.'x-delivery' %}" },
  });
  const hook = String(url);
  const jobs = new Set<string>();
  const counts = { kills: KILLS, deliveries: 0, "answered before the kill": 0, "lost or double": 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    const ids = Array.from({ length: AT_ONCE }, (_, i) => `${kill}-${i}`);
    const sent = ids.map((id) => deliver(hook, id));
    await sleep(Math.floor(random() * LATEST_KILL_MS));
    await server.kill9();
    const answered = await Promise.all(sent);
    await server.restart();
    const after = await Promise.all(ids.map((id) => again(hook, id)));
    counts.deliveries += ids.length;
    for (const [i, job] of after.entries()) {
      if (answered[i] !== undefined) counts["answered before the kill"] += 1;
      if ((answered[i] ?? job) !== job || jobs.has(job)) counts["lost or double"] += 1;
      jobs.add(job);
    }
  }
  const listed = await tenant.jobs({ trigger: "orders" });
  recordFigures(test, { harness: "deliveries to hooks over kill -9", seed: SEED, counts });
  expect(counts["lost or double"]).toBe(0);
  expect(listed.toSorted()).toEqual([...jobs].sort());
  expect(jobs.size).toBe(counts.deliveries);
}, 3_600_000);
