import { readInput } from "../../blueprint/checks/check.ts";
import { EvaluationBudget } from "../../expression/evaluation-budget.ts";
import { compileTemplate, type Scope } from "../../expression/template.ts";
import { isTrue } from "../../expression/truth.ts";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { yieldTurn } from "../../lib/thread/yield-turn.ts";
import { iso } from "../../lib/time.ts";
import { MAX_TRIGGER_DEPTH, MAX_TRIGGER_EVALUATIONS } from "../../limits.ts";
import { kindOf } from "../../triggers/trigger-document.ts";
import type { ReadyPlan, Trigger } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { TriggerState } from "../storage/trigger-tables.ts";

/** Something that may start a job. */
export interface Occasion {
  /** By which it is known: no two jobs of a trigger have the same. */
  occurrence: string;
  /** Epoch ms: when it was due, or came. */
  at: number;
  event?: JsonObject;
  /** How many jobs of triggers led to it. */
  depth: number;
}

/** What the trigger's expressions say of an occasion. */
export type Verdict =
  | { do: "run"; input: JsonObject; plan: ReadyPlan }
  | { do: "filtered" }
  | { do: "refused"; reason: string };

function scopeOf(
  { tables }: RegistryContext,
  { name }: Trigger,
  { runs }: Pick<TriggerState, "runs">,
  occasion: Occasion,
): Scope {
  const last = tables.triggers.value(name, "last");
  const due_at = iso(occasion.at);
  return {
    input: {},
    steps: {},
    job: { id: `trigger:${name}:${occasion.occurrence}`, attempt: 1, submitted_at: due_at },
    now: occasion.at,
    trigger: { name, run: runs + 1 },
    due_at,
    ...(occasion.event && { event: occasion.event }),
    ...(last !== undefined && { last: JSON.parse(last) }),
  };
}

/** Whatever brings an event hands it on, unless the trigger says otherwise. */
const inputOf = ({ document }: Trigger, { event }: Occasion): Json =>
  document.input ?? (kindOf(document) !== "schedule" && event !== undefined ? { event: "{% $event %}" } : {});

async function evaluated(
  template: Json,
  scope: Scope,
  budget: EvaluationBudget,
): Promise<Result<Json | undefined, string>> {
  const compiled = compileTemplate(template);
  const value = compiled.ok ? await compiled.value.evaluate(scope, budget) : compiled;
  return value.ok ? value : err(value.error.message);
}

async function planOf(context: RegistryContext, trigger: Trigger): Promise<ReadyPlan | undefined> {
  const { tenant, label, plan_hash, timeout_ms } = trigger;
  if (plan_hash === null) return context.findNewest(tenant, label.split("@")[0] ?? label);
  return { label, plan: JSON.parse(context.tables.plans.json(plan_hash)), plan_hash, timeout_ms };
}

const TOO_DEEP = `trigger_depth: ${MAX_TRIGGER_DEPTH} jobs of event triggers led to this event, which is the most`;

const refused = (reason: string): Verdict => ({ do: "refused", reason });

/** The value by which the trigger recognizes a repeated delivery; null: its `dedupe` gives none. An error when that expression fails. */
export async function sameAs(
  context: RegistryContext,
  trigger: Trigger,
  event: JsonObject,
  at: number,
): Promise<Result<string | null, string>> {
  const dedupe = trigger.document.webhook?.dedupe;
  if (dedupe === undefined) return ok(null);
  const budget = new EvaluationBudget(yieldTurn, MAX_TRIGGER_EVALUATIONS);
  const occasion = { occurrence: "", at, event, depth: 0 };
  const { last: _, ...scope } = scopeOf(context, trigger, { runs: 0 }, occasion);
  const value = await evaluated(dedupe, scope, budget);
  if (!value.ok) return err(`dedupe: ${value.error}`);
  return ok(value.value === undefined || value.value === null ? null : `= ${JSON.stringify(value.value)}`);
}

/** Evaluated before the transaction that acts on it, which must look whether the trigger is still the same. */
export async function verdictOn(
  context: RegistryContext,
  trigger: Trigger,
  state: TriggerState,
  occasion: Occasion,
): Promise<Verdict> {
  const scope = scopeOf(context, trigger, state, occasion);
  const budget = new EvaluationBudget(yieldTurn, MAX_TRIGGER_EVALUATIONS);
  const when = await evaluated(trigger.document.when ?? true, scope, budget);
  if (!when.ok) return refused(`when: ${when.error}`);
  if (!isTrue(when.value)) return { do: "filtered" };
  if (occasion.depth > MAX_TRIGGER_DEPTH) return refused(TOO_DEEP);
  const input = await evaluated(inputOf(trigger, occasion), scope, budget);
  if (!input.ok) return refused(`input: ${input.error}`);
  if (!isJsonObject(input.value)) return refused("input came out as no object");
  const plan = await planOf(context, trigger);
  if (plan === undefined) return refused(`there is no blueprint ${trigger.label.split("@")[0]} any more`);
  const read = readInput(plan.plan, input.value);
  if (read.ok) return { do: "run", input: read.value, plan };
  const [fault] = read.error;
  return refused(`${fault?.path} ${fault?.message}`);
}
