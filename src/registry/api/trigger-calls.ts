import type { Blueprint } from "../../blueprint/blueprint.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { NumberedEntry } from "../../triggers/ledger.ts";
import type { TriggerDocument } from "../../triggers/trigger-document.ts";
import type { Caller, StorageFull } from "./asking.ts";

/** What the registry answers about triggers. Times are epoch ms. */

/** A plan that is ready to run. */
export interface ReadyPlan {
  /** `name@version`, or `inline`. */
  label: string;
  plan: Blueprint;
  plan_hash: string;
  timeout_ms: number;
}

/** Looks up the newest version of a blueprint: some triggers do so for each run. Undefined: there is none. */
export type FindNewest = (tenant: string, name: string) => Promise<ReadyPlan | undefined>;

export interface TriggerToSave {
  document: TriggerDocument;
  plan: ReadyPlan;
  /** The newest version of the plan's name is looked up for each run. */
  isNewest: boolean;
  /** The URL of the webhook shall be another one. */
  rotate: boolean;
  /** Under which the caller reached the server; absent: of a version that did not say. */
  origin?: string | undefined;
}

export interface SavedTrigger {
  document: TriggerDocument;
  version: number;
  /** `name@version`, `name@latest` or `inline`. */
  label: string;
  saved_at: number;
  /** The next times, three at most; none while it is paused. */
  next_runs: number[];
  /** Jobs that it has started. */
  runs: number;
  /** Only of a webhook: what its URL is made of, for those who may write triggers. */
  hook_id: string | null;
  /** What became of the last time that it was due. */
  last: NumberedEntry | null;
  watch_error: string | null;
  /** It was saved in another shard: event triggers are in each. */
  is_copy: boolean;
}

/** What was saved, as an object keeps it. Times are epoch ms. */
export interface Trigger {
  name: string;
  tenant: string;
  shard: number;
  version: number;
  document: TriggerDocument;
  /** `name@version`, `name@latest` or `inline`. */
  label: string;
  /** null: the newest version is looked up for each run. */
  plan_hash: string | null;
  timeout_ms: number;
  /** From when an interval counts. */
  anchor_at: number;
  saved_at: number;
  share: number;
  /** Only of a webhook. */
  hook_id: string | null;
  event_name: string | null;
  /** Of a copy: the shard in which it was saved. */
  home_shard: number | null;
  /** Where links of its jobs begin, if the server has no name of its own; null: nobody knows. */
  origin: string | null;
}

/** An event trigger, for the shards that it was not saved in. */
export interface TriggerCopy {
  trigger: Trigger;
  /** null: the newest version is looked up for each run. */
  plan_json: string | null;
}

export type UnknownTrigger = { code: "unknown_trigger" };

/** One time of a trigger that somebody asked for. */
export interface Fired {
  /** The time that was asked for; null: now. */
  due: number | null;
  outcome: "ran" | "filtered" | "refused";
  job_id: string | null;
  reason: string | null;
  /** The job was there before. */
  deduplicated: boolean;
}

export interface FireRequest {
  /** Run once, as of now. */
  now: boolean;
  /** Or all times of the schedule from the first to the second moment. */
  span: { from: number; to: number } | null;
}

export type FireError = UnknownTrigger | { code: "no_schedule" } | { code: "too_many_times"; limit: number };

export interface LedgerPage {
  entries: NumberedEntry[];
  /** Entries below this are older; null: there are none. */
  next_before: number | null;
}

/** What a delivery is checked by, before anything of it is stored. */
export interface Hook {
  name: string;
  version: number;
  webhook: NonNullable<TriggerDocument["webhook"]>;
}

export interface Delivery {
  name: string;
  version: number;
  /** By which it is known again; null: no other is the same. */
  key: string | null;
  event: JsonObject;
}

export interface Accepted {
  job_id: string | null;
  deduplicated: boolean;
  outcome: "ran" | "filtered" | "paused";
}

export type DeliveryError =
  | UnknownTrigger
  /** It was changed since the hook was opened: open it again. */
  | { code: "trigger_changed" }
  /** `is_full`: for now; else the trigger has a fault. */
  | { code: "delivery_refused"; reason: string; is_full: boolean }
  | { code: "too_many_deliveries"; retry_after_ms: number };

export interface TriggerApi {
  /** The same document again changes nothing. */
  saveTrigger(caller: Caller, trigger: TriggerToSave): Promise<Result<SavedTrigger, StorageFull>>;
  findTrigger(caller: Caller, name: string): Promise<SavedTrigger | null>;
  /** By name, above `after`. */
  listTriggers(caller: Caller, after: string, limit: number): Promise<SavedTrigger[]>;
  /** The newest first, below `before`. */
  triggerLedger(
    caller: Caller,
    name: string,
    before: number | null,
    limit: number,
  ): Promise<Result<LedgerPage, UnknownTrigger>>;
  fireTrigger(caller: Caller, name: string, request: FireRequest): Promise<Result<Fired[], FireError>>;
  /** @returns whether there was one */
  deleteTrigger(caller: Caller, name: string): Promise<boolean>;
  /** From the shard in which it was saved. An older one than is there changes nothing. */
  keepCopy(caller: Caller, copy: TriggerCopy): Promise<void>;
  /** @param at when it ended */
  dropCopy(caller: Caller, name: string, at: number): Promise<void>;
  /** Names of some that run the blueprint. @param version null: any */
  triggersUsing(caller: Caller, blueprint: string, version: number | null): Promise<string[]>;
  /** Counts one delivery. */
  openHook(caller: Caller, hookId: string): Promise<Result<Hook, DeliveryError>>;
  /** Accepts a delivery whose signature is good. */
  deliver(caller: Caller, delivery: Delivery): Promise<Result<Accepted, DeliveryError>>;
}
