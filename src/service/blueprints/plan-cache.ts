import type { Blueprint } from "../../blueprint/blueprint.ts";
import { checkBlueprint } from "../../blueprint/checks/check.ts";
import { mayLink } from "../../blueprint/links.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import { shortDigest } from "../../lib/digest.ts";
import type { Fault } from "../../lib/fault.ts";
import type { JsonObject } from "../../lib/json.ts";
import { ok, type Result } from "../../lib/result.ts";
import { MAX_RECENT_PLAN_CHARS, MAX_RECENT_PLANS } from "../../limits.ts";
import { usableSecrets } from "../access/tenant-secrets.ts";
import { checkTurn } from "../check-turns.ts";
import { knownTo, type ServiceContext } from "../context.ts";

/** Agents submit the same plan for many inputs: what is true of a plan is found out once in a while, not each time. */

/** The plans of valid documents by their text; for each set of handlers, which the check looks at. */
const recent = new WeakMap<ServiceContext["handlers"], Map<string, Blueprint>>();

function recentOf(handlers: ServiceContext["handlers"]): Map<string, Blueprint> {
  const plans = recent.get(handlers) ?? new BoundedMap<string, Blueprint>(MAX_RECENT_PLANS);
  recent.set(handlers, plans);
  return plans;
}

/** The plan of an inline document, or all that is wrong with it. Nobody changes a plan: it may be another call's too. */
export async function inlinePlan(context: ServiceContext, document: JsonObject): Promise<Result<Blueprint, Fault[]>> {
  const plans = recentOf(context.handlers);
  // What may be sent is part of what was found out: another tenant may have other secrets.
  const written = JSON.stringify(document);
  const secrets = await usableSecrets(context, written);
  const text = `${written}${JSON.stringify(secrets)}`;
  const known = plans.get(text);
  if (known !== undefined) return ok(known);
  await checkTurn(context);
  const checked = checkBlueprint(document, knownTo({ ...context, secrets }));
  if (checked.ok && text.length <= MAX_RECENT_PLAN_CHARS) plans.set(text, checked.value);
  return checked;
}

const hashes = new WeakMap<Blueprint, string>();
const linked = new WeakMap<Blueprint, boolean>();

/** {@link shortDigest} of the plan. */
export async function planHash(plan: Blueprint): Promise<string> {
  const hash = hashes.get(plan) ?? (await shortDigest(plan));
  hashes.set(plan, hash);
  return hash;
}

/** Whether a job of the plan may ask for a link. */
export function planMayLink(plan: Blueprint): boolean {
  const may = linked.get(plan) ?? mayLink(plan as unknown as JsonObject);
  linked.set(plan, may);
  return may;
}
