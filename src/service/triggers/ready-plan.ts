import { defaultTimeoutMs } from "../../blueprint/planned-wait.ts";
import { labelOf } from "../../catalog/find.ts";
import type { Env } from "../../env.ts";
import type { Fault } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { ok, type Result } from "../../lib/result.ts";
import { KeyWatch } from "../../registry/api/keys.ts";
import type { ReadyPlan } from "../../registry/api/trigger-calls.ts";
import { planHash } from "../blueprints/plan-cache.ts";
import { type ServiceContext, serviceContext } from "../context.ts";
import { readPlan } from "../submit-draft.ts";

/** A plan that jobs are made of later, with its children pinned, or all that is wrong with it. */
export async function readyPlan(
  context: ServiceContext,
  blueprint: string | JsonObject,
): Promise<Result<ReadyPlan, Fault[]>> {
  const read = await readPlan(context, { blueprint });
  if (!read.ok) return read;
  const { label, plan, children } = read.value;
  const byLabel = new Map([...children.values()].map((child) => [labelOf(child), child]));
  const timeout_ms = defaultTimeoutMs(plan, context.now(), (child) => byLabel.get(child)?.plan);
  return ok({ label, plan, plan_hash: await planHash(plan), timeout_ms });
}

/** The newest version of a name, for a registry, which runs triggers that ask for it. */
export async function newestPlan(env: Env, tenant: string, name: string): Promise<ReadyPlan | undefined> {
  const context = serviceContext(env, { tenant, key_id: null, scopes: [] }, new KeyWatch());
  const plan = await readyPlan(context, name);
  return plan.ok ? plan.value : undefined;
}
