import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/lib/json.ts";
import { newTenant, type Tenant } from "../../tooling/fuzz/tenants.ts";

/** What one tenant owns. */
export interface Belongings {
  tenant: Tenant;
  jobs: string[];
  batch: string;
  blueprint: string;
  trigger: string;
  /** Of the trigger: where deliveries go to. */
  hook: string;
  /** In its log of events, before all of them. */
  place: string;
  cursors: string[];
  idempotencyKey: string;
}

/** What a job of this tenant alone waits for. */
export const ownEvent = ({ canary }: Tenant): string => `isolated.${canary.replace("-", "_")}`;

/** @returns a job of the tenant that waits for the event */
export async function awaitingJob(tenant: Tenant, event: string, more: JsonObject = {}): Promise<string> {
  const job_id = await tenant.submit([{ id: "ask", type: "input", event: { name: event } }], more);
  for (const end = Date.now() + 30_000; ; await sleep(50)) {
    if ((await tenant.tool("jobs_get_status", { job_id })).wakes_at) return job_id;
    if (Date.now() > end) throw new Error(`${job_id} does not wait for ${event}`);
  }
}

export const transform = (value: string): JsonObject => ({ id: "a", type: "transform", value: { canary: value } });

/** A new tenant, and one of everything that it can own. */
export async function settleIn(url: string, name: string, secret: string): Promise<Belongings> {
  const tenant = await newTenant(url, name, secret);
  const { canary } = tenant;
  const place = String((await tenant.tool("events_read", {})).next_cursor);
  const idempotencyKey = `key-${canary}`;
  const run_at = new Date(Date.now() + 86_400_000).toISOString();
  const more = { name: canary, metadata: { canary }, input: { canary } };
  const jobs = [
    await tenant.submit([transform(canary)], { ...more, wait_seconds: 30 }),
    await tenant.submit([{ id: "ask", type: "input", message: canary, schema: { type: "object", properties: {} } }], {
      ...more,
      wait_seconds: 30,
    }),
    await tenant.submit([transform(canary)], { ...more, run_at, idempotency_key: idempotencyKey }),
    await awaitingJob(tenant, ownEvent(tenant), more),
  ];
  const plan = { name: `plan-${canary}`, steps: [transform(canary)] };
  const many = await tenant.tool("jobs_submit_blueprint", {
    blueprint: plan,
    inputs: [{ canary }, { canary }],
    run_at,
  });
  const trigger = `trigger-${canary}`;
  const saved = await tenant.tool("triggers_save", { name: trigger, blueprint: plan, webhook: { verify: null } });
  await tenant.tool("triggers_save", { name: `other-${canary}`, blueprint: plan, webhook: { verify: null } });
  const blueprint = `plan-${canary}`;
  for (const name of [blueprint, `other-${canary}`]) {
    await tenant.tool("blueprints_save", {
      blueprint: { name, description: canary, steps: [transform(canary)] },
    });
  }
  const cursors = [
    (await tenant.tool("jobs_list", { limit: 1 })).next_cursor,
    (await tenant.tool("blueprints_list", { limit: 1 })).next_cursor,
    (await tenant.tool("triggers_list", { limit: 1 })).next_cursor,
  ].map(String);
  const [batch, hook] = [String(many.batch_id), String(saved.url)];
  return { tenant, jobs, batch, blueprint, trigger, hook, place, cursors, idempotencyKey };
}

/** All that its owner can see of it. */
export async function seenByOwner({ tenant, jobs, batch, blueprint, trigger }: Belongings): Promise<unknown[]> {
  const status = jobs.map((job_id) => tenant.tool("jobs_get_status", { job_id, include: ["steps", "events"] }));
  const more = [
    tenant.tool("jobs_list", { batch_id: batch }),
    tenant.tool("blueprints_get", { name: blueprint }),
    tenant.tool("triggers_list", { name: trigger }),
  ];
  const seen = await Promise.all([...status, ...more]);
  return seen.map(({ poll_after_ms: _, ...rest }) => rest);
}
