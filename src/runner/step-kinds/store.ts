import { parseDuration } from "../../blueprint/duration.ts";
import type { StepError } from "../../jobs/job.ts";
import { isJsonObject, type Json, type JsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { isoOrNull } from "../../lib/time.ts";
import { MAX_STORE_KEY_CHARS, MAX_STORE_LIFETIME_MS, MAX_STORE_VALUE_BYTES } from "../../limits.ts";
import type { Stored, StoreFull, StoreWrite } from "../../registry/api/store-calls.ts";
import { type ActionError, act } from "../act.ts";
import type { StepOf, StepRun } from "../context.ts";
import { done, failed } from "../ending.ts";

type StoreStep = StepOf<"store">;

const wrong = (message: string): { ok: false; error: StepError } => err({ code: "store_request", message });
const shown = (value: Json | undefined): string =>
  value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);

function keyOf({ key = null }: JsonObject): Result<string, StepError> {
  if (typeof key === "string" && key.length >= 1 && key.length <= MAX_STORE_KEY_CHARS) return ok(key);
  return wrong(`key came out as ${shown(key)}, and must be text of 1 to ${MAX_STORE_KEY_CHARS} characters.`);
}

/** What is written: only a null that the document itself has deletes. */
function writtenOf(step: StoreStep, { value = null }: JsonObject): Result<Json, StepError> {
  if (value === null && step.value !== null) {
    return wrong(
      "value came out as nothing or null. Write a literal null to delete the key, or skip the step by when.",
    );
  }
  const bytes = jsonBytes(value);
  if (bytes <= MAX_STORE_VALUE_BYTES) return ok(value);
  const message = `value has ${bytes} bytes of JSON, the most is ${MAX_STORE_VALUE_BYTES}. Store the gist of it.`;
  return err({ code: "limit_exceeded", message });
}

function versionOf(step: StoreStep, { if: condition = null }: JsonObject): Result<number | null, StepError> {
  if (step.if === undefined) return ok(null);
  if (step.if === "absent") return ok(0);
  const version = isJsonObject(condition) ? condition.version : undefined;
  if (typeof version === "number" && Number.isSafeInteger(version) && version >= 0) return ok(version);
  return wrong(`if.version came out as ${shown(version)}, and must be a version, such as $steps.read.version.`);
}

function lifetimeOf(step: StoreStep, { for: lifetime }: JsonObject): Result<number | null, StepError> {
  if (step.for === undefined) return ok(null);
  const read = parseDuration(typeof lifetime === "string" ? lifetime : shown(lifetime));
  if (!read.ok) return wrong(`for: ${read.error.message}.`);
  if (read.value > 0 && read.value <= MAX_STORE_LIFETIME_MS) return ok(read.value);
  const message = `for came out as ${shown(lifetime)}, and must be above 0 and at most 365 days.`;
  return err({ code: "limit_exceeded", message });
}

function writeOf(step: StoreStep, asked: JsonObject): Result<Omit<StoreWrite, "id"> | null, StepError> {
  if (step.value === undefined) return ok(null);
  const value = writtenOf(step, asked);
  if (!value.ok) return value;
  const version = versionOf(step, asked);
  if (!version.ok) return version;
  const lifetime = lifetimeOf(step, asked);
  return lifetime.ok ? ok({ value: value.value, version: version.value, lifetime_ms: lifetime.value }) : lifetime;
}

function refusal(full: StoreFull): ActionError {
  if ("keys" in full) {
    const message = `The store has ${full.keys} keys, the most is ${full.limit}. Delete some (value: null), or give them a lifetime (for).`;
    return { code: "limit_exceeded", message, retryable: false };
  }
  const message = `The value is not stored: ${full.stored_bytes} bytes are stored, the most is ${full.limit_bytes}. Delete settled jobs with jobs_delete, then jobs_retry.`;
  return { code: full.code, message, retryable: false };
}

const view = ({ value, version, stored, expires_at }: Stored): JsonObject => {
  return { ...(value !== undefined && { value }), version, stored, expires_at: isoOrNull(expires_at) };
};

/** Reads or writes a key of the tenant. The action's key names the write, so that it is made once. */
export const runStore: StepRun<"store"> = async (context, step, scope, path) => {
  const { key, value, if: condition, for: lifetime } = step;
  const fields = { key, ...(value !== undefined && { value }), ...(lifetime !== undefined && { for: lifetime }) };
  const asked = await context.evaluate({ ...fields, ...(condition !== undefined && { if: condition }) }, scope);
  if (!asked.ok) return failed(asked.error, path);
  const request = isJsonObject(asked.value) ? asked.value : {};
  const name = keyOf(request);
  if (!name.ok) return failed(name.error, path);
  const write = writeOf(step, request);
  if (!write.ok) return failed(write.error, path);
  const ended = await act(context, path, step, async (_signal, id) => {
    const answer = await context.ports.store(name.value, write.value && { id, ...write.value });
    return answer.ok ? ok(view(answer.value)) : err(refusal(answer.error));
  });
  // A write is no output of the steps around it.
  return ended.end === "done" && value !== undefined && ended.tolerated === 0
    ? done(ended.output, { ...ended, silent: true })
    : ended;
};
