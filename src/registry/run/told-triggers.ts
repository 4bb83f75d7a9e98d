import canonicalize from "canonicalize";
import type { Job } from "../../jobs/job.ts";
import { asResult } from "../../jobs/view.ts";
import { type Json, type JsonObject, utf8Bytes } from "../../lib/json.ts";
import { MAX_TRIGGER_VALUE_BYTES } from "../../limits.ts";
import type { Watched } from "../api/runner.ts";
import type { Trigger } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";

/** What the end of a job means for the trigger that started it. Called inside the transaction that settles the job. */

/** Nothing is a value too: the first one is compared with it as with any other. */
const NOTHING = "";

const textOf = (value: Json | undefined): string => (value === undefined ? NOTHING : (canonicalize(value) ?? NOTHING));
const readText = (text: string): Json => (text === NOTHING ? null : JSON.parse(text));

/** Members of lists that are in the one and not in the other. */
function missingFrom(other: Json, list: Json): Json[] {
  if (!Array.isArray(list)) return [];
  const known = new Set((Array.isArray(other) ? other : []).map(textOf));
  return list.filter((member) => !known.has(textOf(member)));
}

function changeData(trigger: string, job: Job, beforeText: string, afterText: string): JsonObject {
  const [before, after] = [readText(beforeText), readText(afterText)];
  const areLists = Array.isArray(before) && Array.isArray(after);
  const parts = areLists ? { added: missingFrom(before, after), removed: missingFrom(after, before) } : {};
  return { trigger, before, after, ...parts, job_id: job.job_id };
}

/** What cannot be compared, and why. */
function faultOf(watched: Watched): string | undefined {
  if ("error" in watched) return watched.error;
  const isTooLarge = utf8Bytes(textOf(watched.value)) > MAX_TRIGGER_VALUE_BYTES;
  return isTooLarge ? `the value is larger than ${MAX_TRIGGER_VALUE_BYTES} bytes` : undefined;
}

function noteFault({ tables }: RegistryContext, name: string, fault: string | undefined): void {
  const state = tables.triggers.state(name);
  if (state === undefined || state.watch_error === fault) return;
  const { watch_error: _, ...rest } = state;
  tables.triggers.changeState(name, fault === undefined ? rest : { ...rest, watch_error: fault });
}

/** The first value is what later ones are compared with. */
function compare(context: RegistryContext, { name }: Trigger, job: Job, watched: Watched, now: number): void {
  const fault = faultOf(watched);
  noteFault(context, name, fault);
  if (fault !== undefined || "error" in watched) return;
  const { triggers } = context.tables;
  const [before, after] = [triggers.value(name, "watched"), textOf(watched.value)];
  if (before === after) return;
  triggers.putValue(name, "watched", after);
  if (before === undefined) return;
  const { trigger_depth: depth } = job.run;
  const data = changeData(name, job, before, after);
  context.store.append({ name: "trigger.changed", at: now, ...(depth && { depth }), data });
}

function keepLast({ tables }: RegistryContext, { name }: Trigger, job: Job): void {
  const text = tables.values.result(job) ?? "null";
  const bytes = utf8Bytes(text);
  const kept = bytes > MAX_TRIGGER_VALUE_BYTES ? { truncated: true, total_bytes: bytes } : asResult(JSON.parse(text));
  const json = JSON.stringify(kept);
  if (tables.triggers.value(name, "last") !== json) tables.triggers.putValue(name, "last", json);
}

/** Whether an expression of the trigger may look at its last result. */
const looksBack = ({ document }: Trigger): boolean => {
  const { when, input } = document;
  return JSON.stringify([when, input]).includes("$last");
};

/** @param watched what the trigger's `changed` came out as; undefined: it has none */
export function tellTrigger(context: RegistryContext, job: Job, watched: Watched | undefined, now: number): void {
  const name = job.run.trigger?.name;
  const trigger = name === undefined ? undefined : context.tables.triggers.find(name);
  if (trigger === undefined) return;
  if (job.status === "succeeded") {
    if (looksBack(trigger)) keepLast(context, trigger, job);
    if (watched !== undefined && trigger.document.changed !== undefined) compare(context, trigger, job, watched, now);
  }
  if (context.tables.triggers.state(trigger.name)?.queued === undefined) return;
  context.tables.triggers.putOff(trigger.name, now);
  context.store.ringBy(now + 1);
}
