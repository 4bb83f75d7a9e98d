import * as z from "zod";
import { readInput } from "../../blueprint/checks/check.ts";
import { expressionFaults } from "../../blueprint/checks/references.ts";
import { readWith } from "../../blueprint/faults/zod-faults.ts";
import { strict } from "../../blueprint/strict.ts";
import { argumentsOf, emittedType, eventNameFault, OWN_EVENTS } from "../../events/event-types.ts";
import type { Variable } from "../../expression/scope.ts";
import { templateTexts } from "../../expression/template.ts";
import type { Fault } from "../../lib/fault.ts";
import { isJsonObject, type Json, jsonBytes } from "../../lib/json.ts";
import { ok } from "../../lib/result.ts";
import { MAX_METADATA_BYTES, MAX_TRIGGER_BYTES } from "../../limits.ts";
import type { StorageFull } from "../../registry/api/caller.ts";
import type { ReadyPlan, SavedTrigger } from "../../registry/api/trigger-calls.ts";
import { KINDS, kindOf, TRIGGER_FIELDS, type TriggerDocument } from "../../triggers/trigger-document.ts";
import { type InvalidArguments, invalidArguments, sizeFault } from "../arguments.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { readyPlan } from "./ready-plan.ts";
import { type Placed, shardOfTrigger } from "./trigger-place.ts";

/** From the arguments of a save to a trigger, or to everything that is wrong with them. */

export const SaveTriggerInput = strict({
  ...TRIGGER_FIELDS,
  rotate_url: z.boolean().default(false).describe("Give the webhook another URL; the old one ends."),
});
export type SaveTriggerArgs = z.output<typeof SaveTriggerInput>;

const NEWEST = /^([a-z][a-z0-9-]{0,63})@latest$/;

/** Literal values are checked now, expressions when they have a value. */
const isLiteral = (value: Json): boolean => templateTexts(value).next().done === true;

function allExpressionFaults({ input, when, changed, webhook, ...rest }: TriggerDocument): Fault[] {
  const brings = kindOf({ webhook, ...rest }) === "schedule" ? [] : (["event"] as const);
  const seen: readonly Variable[] = ["trigger", "due_at", "last", ...brings];
  return [
    ...expressionFaults("input", input, seen),
    ...expressionFaults("when", when, seen),
    ...expressionFaults("changed", changed, ["result"]),
    ...expressionFaults("concurrency.key", rest.concurrency?.key, ["input", "job"]),
    ...expressionFaults("webhook.dedupe", webhook?.dedupe, ["trigger", "event"]),
  ];
}

function kindFaults(document: TriggerDocument): Fault[] {
  const given = KINDS.filter((kind) => document[kind] !== undefined);
  if (given.length === 1) return [];
  const message = given.length === 0 ? "have none of schedule, webhook and event" : `have ${given.join(" and ")}`;
  return [{ path: "arguments", message, fix: "Give exactly one of schedule, webhook and event." }];
}

function verifyFaults({ webhookSecrets }: ServiceContext, { webhook }: TriggerDocument): Fault[] {
  const verify = webhook?.verify;
  if (verify === undefined || verify === null) return [];
  const faults: Fault[] = [];
  if (!webhookSecrets.includes(verify.secret)) {
    const usable = webhookSecrets.length === 0 ? "none is set" : webhookSecrets.join(", ");
    const fix = `Use one of: ${usable}. The operator adds one as NAME@webhook to BLUEPRINT_SECRETS.`;
    faults.push({ path: "webhook.verify.secret", message: `there is no secret ${verify.secret} for webhooks`, fix });
  }
  const isHmac = verify.scheme === "hmac";
  if (isHmac && verify.header === undefined) {
    faults.push({ path: "webhook.verify.header", message: "is missing", fix: "Name the header of the signature." });
  }
  const others = (["header", "algorithm", "encoding", "prefix"] as const).filter((name) => verify[name] !== undefined);
  if (!isHmac && others.length > 0) {
    const path = `webhook.verify.${others[0]}`;
    faults.push({ path, message: "is of the scheme hmac alone", fix: `Remove it: ${verify.scheme} says itself.` });
  }
  return faults;
}

function eventFaults({ event }: TriggerDocument): Fault[] {
  if (event === undefined) return [];
  const fault = eventNameFault(event.name);
  if (fault !== undefined) return [{ path: "event.name", ...fault }];
  const type = OWN_EVENTS.find(({ name }) => name === event.name) ?? emittedType(event.name);
  const read = readWith("event.filter", argumentsOf(type), event.filter ?? {});
  return read.ok ? [] : read.error;
}

function inputFaults(document: TriggerDocument, { plan }: ReadyPlan): Fault[] {
  // What an event brings is not known yet; a time brings nothing.
  const input = document.input ?? (kindOf(document) === "schedule" ? {} : undefined);
  if (input === undefined || !isLiteral(input)) return [];
  if (!isJsonObject(input)) return [{ path: "input", message: "is no object", fix: "Send an object." }];
  const read = readInput(plan, input);
  return read.ok ? [] : read.error;
}

const sizeFaults = (document: TriggerDocument): Fault[] => [
  ...sizeFault("metadata", document.metadata ?? {}, MAX_METADATA_BYTES),
  ...(jsonBytes({ ...document, blueprint: "" } as unknown as Json) > MAX_TRIGGER_BYTES
    ? [{ path: "arguments", message: `are larger than ${MAX_TRIGGER_BYTES} bytes`, fix: "Send less." }]
    : []),
];

/** Creates or changes a trigger; the same one again changes nothing. */
export async function saveTrigger(
  context: ServiceContext,
  { rotate_url, ...document }: SaveTriggerArgs,
): Answer<Placed<SavedTrigger>, InvalidArguments | StorageFull> {
  const { blueprint } = document;
  const [, newest] = typeof blueprint === "string" ? (NEWEST.exec(blueprint) ?? []) : [];
  const plan = await readyPlan(context, newest ?? blueprint);
  const faults = [
    ...kindFaults(document),
    ...(plan.ok ? inputFaults(document, plan.value) : plan.error),
    ...allExpressionFaults(document),
    ...verifyFaults(context, document),
    ...eventFaults(document),
    ...sizeFaults(document),
  ];
  if (!plan.ok || faults.length > 0) return invalidArguments(faults);
  const shard = await shardOfTrigger(context, document.name);
  const isNewest = newest !== undefined;
  const trigger = { document, plan: plan.value, isNewest, rotate: rotate_url, origin: context.linkOrigin };
  const saved = await context.ask(shard, (registry, caller) => registry.saveTrigger(caller, trigger));
  return saved.ok ? ok({ ...saved.value, shard }) : saved;
}
