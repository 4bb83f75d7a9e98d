import type { Handler } from "../catalog/define-handler.ts";
import type { Secrets } from "../egress/secrets.ts";
import type { AiSettings } from "../env.ts";
import type { JsonObject } from "../lib/json.ts";
import type { RunnerApi } from "../registry/api/caller.ts";
import type { Emitted, EventsApi } from "../registry/api/event-calls.ts";
import type { SealedSecret, StoreApi } from "../registry/api/store-calls.ts";
import type { NamedBlueprint } from "../service/blueprints/find-blueprint.ts";

export interface RetryPlan {
  limit: number;
  /** Milliseconds until the next try. */
  delay: number;
  /** The engine multiplies the delay by its own backoff, exponential when left out. */
  backoff: "constant";
}

/** The part of the engine's step object that blueprints use; durations are ms. Tests pass a recorder. */
export interface EngineStep {
  do<T>(name: string, config: { retries: RetryPlan; timeout: number }, callback: () => Promise<T>): Promise<T>;
  /** @param duration above 0 */
  sleep(name: string, duration: number): Promise<void>;
  /** Throws when the time is up. */
  waitForEvent(name: string, options: { type: string; timeout: number }): Promise<unknown>;
}

/** Arguments without who calls. */
type SkipFirst<Args extends unknown[]> = Args extends [unknown, ...infer Rest] ? Rest : never;

/** What asks a language model. */
export interface ModelPort {
  settings: AiSettings;
  /** To the endpoint alone. */
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Of the binding. */
  run: ((model: string, input: JsonObject) => Promise<unknown>) | undefined;
}

export interface RunnerPorts {
  /** A new stub each time: one is broken after an exception. */
  registry: () => RunnerApi;
  step: EngineStep;
  /** Refuses what is not public, by throwing RefusedAddress. */
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  secrets: Secrets;
  /** The secrets are those of now from here on. @param own what the start brought of the tenant's own; undefined: nothing */
  knowSecrets: (own: SealedSecret[] | undefined) => Promise<void>;
  /** Of requests that bring none. */
  userAgent: string;
  /** The blueprint of this name, or `name@version`, that the tenant can use; undefined when there is none. */
  blueprint: (reference: string) => Promise<Pick<NamedBlueprint, "name" | "version" | "plan"> | undefined>;
  /** Reads or writes a key that the tenant stores. */
  store: (...request: SkipFirst<Parameters<StoreApi["useStore"]>>) => ReturnType<StoreApi["useStore"]>;
  /** Records what a plan tells, once for each key. @returns the event's id */
  emit: (event: Omit<Emitted, "job_id">) => ReturnType<EventsApi["emitEvent"]>;
  /** Where links of the server begin; null: where the job was submitted. */
  publicOrigin: string | null;
  /** What the link of a job's question at the path ends with. */
  linkToken: (jobId: string, path: string) => Promise<string>;
  /** Left out: there is no language model. */
  model?: ModelPort | undefined;
  handlers: Readonly<Record<string, Handler>>;
  /** Epoch ms. Stands still while the Worker computes. */
  now: () => number;
  /** 0 to below 1. Spreads what would otherwise come back at the same time. */
  random: () => number;
  /** Of this process: unlike any other's. */
  process: () => string;
  /** Unlike any before. */
  newToken: () => string;
  /** Waits between two tries of one report. */
  pause: (ms: number) => Promise<void>;
}
