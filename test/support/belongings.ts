import type { JsonObject } from "../../src/lib/json.ts";
import { newTenant, type Tenant } from "../../tooling/fuzz/tenants.ts";

/** What one tenant owns. */
export interface Belongings {
  tenant: Tenant;
  jobs: string[];
  blueprint: string;
  cursors: string[];
  idempotencyKey: string;
}

export const transform = (value: string): JsonObject => ({ id: "a", type: "transform", value: { canary: value } });

/** A new tenant, and one of everything that it can own. */
export async function settleIn(url: string, name: string, secret: string): Promise<Belongings> {
  const tenant = await newTenant(url, name, secret);
  const { canary } = tenant;
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
  ];
  const blueprint = `plan-${canary}`;
  for (const saved of [blueprint, `other-${canary}`]) {
    await tenant.tool("blueprints_save", {
      blueprint: { name: saved, description: canary, steps: [transform(canary)] },
    });
  }
  const cursors = [
    (await tenant.tool("jobs_list", { limit: 1 })).next_cursor,
    (await tenant.tool("blueprints_list", { limit: 1 })).next_cursor,
  ].map(String);
  return { tenant, jobs, blueprint, cursors, idempotencyKey };
}

/** All that its owner can see of it. */
export async function seenByOwner({ tenant, jobs, blueprint }: Belongings): Promise<unknown[]> {
  const status = jobs.map((job_id) => tenant.tool("jobs_get_status", { job_id, include: ["steps", "events"] }));
  const seen = await Promise.all([...status, tenant.tool("blueprints_get", { name: blueprint })]);
  return seen.map(({ poll_after_ms: _, ...rest }) => rest);
}
