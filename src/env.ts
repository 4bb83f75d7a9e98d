import * as z from "zod";
import { type BoundSecret, readBindings } from "./egress/secret-bindings.ts";
import type { Quotas } from "./jobs/flow/quotas.ts";
import { headerList } from "./lib/http/header-list.ts";
import type { Secrets } from "./lib/signing-key.ts";
import {
  DEFAULT_ACTIVE_JOBS,
  DEFAULT_EVENTS_KEPT,
  DEFAULT_HOOKS_PER_MINUTE,
  DEFAULT_REQUESTS_PER_MINUTE,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_RUNNING_JOBS,
  DEFAULT_STORED_BYTES,
  DEFAULT_SUBMITS_PER_MINUTE,
  DEFAULT_TREE_JOBS,
  MAX_QUOTA,
  MAX_REGISTRY_SHARDS,
  MAX_RETENTION_DAYS,
  MIN_SECRET_CHARS,
} from "./limits.ts";

/** Parameters of one engine instance. The runner reads everything else from the registry. */
export interface RunParams {
  tenant: string;
  job_id: string;
  attempt: number;
}

/** Bindings and variables of the Worker, as wrangler.toml declares them. */
export interface Env {
  JOB_REGISTRY: DurableObjectNamespace;
  JOB_WORKFLOW: Workflow<RunParams>;
  METRICS: AnalyticsEngineDataset;
  /** Clients, grants and tokens of the OAuth server. Secrets are stored as hashes. */
  OAUTH_KV: KVNamespace;
  /** Counts what callers without credentials may write into OAUTH_KV, by client. */
  SIGN_INS: RateLimit;
  /** Signs API keys and cursors. Unset: only loopback hosts are served. */
  AUTH_SECRET?: string;
  /** The AUTH_SECRET before: verifies what it signed, and signs nothing. */
  AUTH_SECRET_PREVIOUS?: string;
  REGISTRY_SHARDS?: string;
  RETENTION_DAYS?: string;
  /** Per tenant and shard; 0: no limit. {@link Quotas} says what each counts. */
  MAX_ACTIVE_JOBS?: string;
  MAX_RUNNING_JOBS?: string;
  SUBMITS_PER_MINUTE?: string;
  MAX_STORED_BYTES?: string;
  REQUESTS_PER_MINUTE?: string;
  MAX_TREE_JOBS?: string;
  /** `on`: the texts of jobs are indexed, for listings by text. */
  TEXT_SEARCH?: string;
  EVENTS_KEPT?: string;
  HOOKS_PER_MINUTE?: string;
  /** host[:port] list that `http` steps may reach although it is private. */
  HTTP_ALLOW?: string;
  /** Origins of callbacks that may be private, and plain http; separated by commas. */
  EVENTS_ALLOW?: string;
  /** Hostnames of web pages that may call, beside this machine's and the server's own; separated by commas. */
  ALLOWED_ORIGINS?: string;
  /** `off`: OAuth clients register, as they do on loopback; `on`: they may also name a document about themselves. */
  OAUTH_METADATA_DOCUMENTS?: string;
  /** Where clients reach the server, if not under the name that each request has. */
  PUBLIC_URL?: string;
  /** Worker secrets that blueprints may reference, each with where it may go: {@link readBindings}. */
  BLUEPRINT_SECRETS?: string;
  /** Workers AI, where it is bound; it is preferred to AI_BASE_URL. */
  AI?: Ai;
  /** Of an OpenAI-compatible endpoint, up to and without `/chat/completions`. */
  AI_BASE_URL?: string;
  /** What `ai` steps ask unless they name another model. */
  AI_MODEL?: string;
  /** Sent to AI_BASE_URL as a bearer token. */
  AI_KEY?: string;
  /** Of one tenant; 0: no limit. */
  AI_TOKENS_PER_DAY?: string;
  /** Of what collects traces, up to and without `/v1/traces`. */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  /** `name=value`, separated by commas, values in percent-encoding. */
  OTEL_EXPORTER_OTLP_HEADERS?: string;
}

/** Every name of {@link Env}: none is a secret for blueprints. */
const OWN_NAMES: Record<keyof Env, true> = {
  JOB_REGISTRY: true,
  JOB_WORKFLOW: true,
  METRICS: true,
  OAUTH_KV: true,
  SIGN_INS: true,
  AUTH_SECRET: true,
  AUTH_SECRET_PREVIOUS: true,
  REGISTRY_SHARDS: true,
  RETENTION_DAYS: true,
  MAX_ACTIVE_JOBS: true,
  MAX_RUNNING_JOBS: true,
  SUBMITS_PER_MINUTE: true,
  MAX_STORED_BYTES: true,
  REQUESTS_PER_MINUTE: true,
  MAX_TREE_JOBS: true,
  TEXT_SEARCH: true,
  EVENTS_KEPT: true,
  HOOKS_PER_MINUTE: true,
  HTTP_ALLOW: true,
  EVENTS_ALLOW: true,
  ALLOWED_ORIGINS: true,
  OAUTH_METADATA_DOCUMENTS: true,
  PUBLIC_URL: true,
  BLUEPRINT_SECRETS: true,
  AI: true,
  AI_BASE_URL: true,
  AI_MODEL: true,
  AI_KEY: true,
  AI_TOKENS_PER_DAY: true,
  OTEL_EXPORTER_OTLP_ENDPOINT: true,
  OTEL_EXPORTER_OTLP_HEADERS: true,
};

const DAY_MS = 86_400_000;

/** A whole number from `min` to `max`, written in digits and nothing else. */
const digits = (min: number, max: number, fallback: number) =>
  z.coerce
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from ${min} to ${max}, in digits`)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(fallback);

/** Nothing else than digits may pass for 0, which is "no limit". */
const quota = (fallback: number) => digits(0, MAX_QUOTA, fallback);

/** Entries of a list that is separated by commas. */
const entries = z
  .string()
  .default("")
  .transform((text) => text.split(",").flatMap((entry) => entry.trim() || []));

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const origins = entries.refine((texts) => texts.every(isOrigin), "must be origins such as https://hooks.example.com");

/** Absent, or empty as wrangler.toml writes it. */
const unsetOr = <T extends z.ZodType>(schema: T) => z.preprocess((text) => text || undefined, schema.optional());

const httpUrl = unsetOr(z.url({ protocol: /^https?$/, error: "must be an http or https URL" }));
const otlpHeaders = z.string().default("").transform(headerList).refine(Boolean, "must be name=value, with commas");

const SHARD_COUNTS = Array.from({ length: Math.log2(MAX_REGISTRY_SHARDS) + 1 }, (_, power) => `${2 ** power}`);

const Settings = z
  .object({
    AUTH_SECRET: unsetOr(z.string()),
    AUTH_SECRET_PREVIOUS: unsetOr(z.string().min(MIN_SECRET_CHARS, `needs ${MIN_SECRET_CHARS} characters or more`)),
    REGISTRY_SHARDS: z.coerce
      .string()
      .refine((text) => SHARD_COUNTS.includes(text), `must be one of ${SHARD_COUNTS.join(", ")}`)
      .transform(Number)
      .default(1),
    RETENTION_DAYS: digits(1, MAX_RETENTION_DAYS, DEFAULT_RETENTION_DAYS),
    MAX_ACTIVE_JOBS: quota(DEFAULT_ACTIVE_JOBS),
    MAX_RUNNING_JOBS: quota(DEFAULT_RUNNING_JOBS),
    SUBMITS_PER_MINUTE: quota(DEFAULT_SUBMITS_PER_MINUTE),
    MAX_STORED_BYTES: quota(DEFAULT_STORED_BYTES),
    REQUESTS_PER_MINUTE: quota(DEFAULT_REQUESTS_PER_MINUTE),
    MAX_TREE_JOBS: quota(DEFAULT_TREE_JOBS),
    TEXT_SEARCH: unsetOr(z.enum(["on", "off"], "must be on or off")),
    EVENTS_KEPT: quota(DEFAULT_EVENTS_KEPT),
    HOOKS_PER_MINUTE: quota(DEFAULT_HOOKS_PER_MINUTE),
    ALLOWED_ORIGINS: entries,
    HTTP_ALLOW: entries,
    EVENTS_ALLOW: origins,
    OAUTH_METADATA_DOCUMENTS: unsetOr(z.enum(["on", "off"], "must be on or off")),
    PUBLIC_URL: httpUrl,
    AI_BASE_URL: httpUrl,
    AI_MODEL: unsetOr(z.string()),
    AI_KEY: unsetOr(z.string()),
    AI_TOKENS_PER_DAY: quota(0),
    OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
    OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders,
  })
  .refine(({ AUTH_SECRET, AUTH_SECRET_PREVIOUS }) => AUTH_SECRET || !AUTH_SECRET_PREVIOUS, {
    path: ["AUTH_SECRET_PREVIOUS"],
    message: "needs AUTH_SECRET, which signs",
  });

/** What `ai` steps ask. */
export interface AiSettings {
  /** Undefined: each step names its own. */
  model: string | undefined;
  /** Without a slash at the end; undefined: the binding is asked. */
  baseUrl: string | undefined;
  key: string | undefined;
  /** Of one tenant; 0: no limit. */
  tokensPerDay: number;
}

export interface Settings {
  /** What keys are signed and verified with; undefined: this machine only is served. */
  secrets: Secrets | undefined;
  /** New jobs go to the shards 0 to this - 1 of their tenant. */
  shards: number;
  /** How long a settled job is kept. */
  retentionMs: number;
  quotas: Quotas;
  /** Whether the texts of jobs are indexed. */
  textSearch: boolean;
  /** Hostnames or origins of web pages that may call. */
  allowedOrigins: readonly string[];
  /** Hosts, or `host:port`, that steps may reach although they are private. */
  httpAllow: readonly string[];
  /** Origins of callbacks that may be private, and plain http. */
  eventsAllow: readonly string[];
  /** Whether OAuth clients may name themselves by the URL of a document about them; undefined: not on this machine. */
  metadataDocuments: "on" | "off" | undefined;
  /** Origin under which clients reach the server; null: that of each request. */
  publicOrigin: string | null;
  /** What blueprints may send, and where. */
  blueprintSecrets: readonly BoundSecret[];
  /** Undefined: there is no model. */
  ai: AiSettings | undefined;
  /** Undefined: nobody collects traces. */
  otlp: { url: string; headers: Record<string, string> } | undefined;
}

function blueprintSecretsOf(env: Env): readonly BoundSecret[] {
  const variables = new Map<string, unknown>(Object.entries(env));
  const bound = readBindings(
    env.BLUEPRINT_SECRETS ?? "",
    (name) => variables.get(name),
    (name) => Object.hasOwn(OWN_NAMES, name),
  );
  if (bound.ok) return bound.value;
  throw new Error(["BLUEPRINT_SECRETS cannot be used.", ...bound.error].join("\n"));
}

/** @throws when a variable has no usable value: a deployment error that must be seen at once */
export function readSettings(env: Env): Settings {
  const parsed = Settings.safeParse(env);
  if (!parsed.success) throw new Error(`The Worker's variables cannot be used.\n${z.prettifyError(parsed.error)}`);
  const vars = parsed.data;
  return {
    secrets: vars.AUTH_SECRET ? { current: vars.AUTH_SECRET, previous: vars.AUTH_SECRET_PREVIOUS } : undefined,
    shards: vars.REGISTRY_SHARDS,
    retentionMs: vars.RETENTION_DAYS * DAY_MS,
    quotas: {
      activeJobs: vars.MAX_ACTIVE_JOBS,
      runningJobs: vars.MAX_RUNNING_JOBS,
      submitsPerMinute: vars.SUBMITS_PER_MINUTE,
      storedBytes: vars.MAX_STORED_BYTES,
      requestsPerMinute: vars.REQUESTS_PER_MINUTE,
      treeJobs: vars.MAX_TREE_JOBS,
      eventsKept: vars.EVENTS_KEPT,
      hooksPerMinute: vars.HOOKS_PER_MINUTE,
    },
    textSearch: vars.TEXT_SEARCH === "on",
    allowedOrigins: vars.ALLOWED_ORIGINS,
    httpAllow: vars.HTTP_ALLOW,
    eventsAllow: vars.EVENTS_ALLOW,
    metadataDocuments: vars.OAUTH_METADATA_DOCUMENTS,
    publicOrigin: vars.PUBLIC_URL === undefined ? null : new URL(vars.PUBLIC_URL).origin,
    blueprintSecrets: blueprintSecretsOf(env),
    otlp:
      vars.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            url: `${vars.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, "")}/v1/traces`,
            headers: vars.OTEL_EXPORTER_OTLP_HEADERS ?? {},
          },
    ai:
      env.AI === undefined && vars.AI_BASE_URL === undefined
        ? undefined
        : {
            model: vars.AI_MODEL,
            baseUrl: env.AI === undefined ? vars.AI_BASE_URL?.replace(/\/+$/, "") : undefined,
            key: vars.AI_KEY,
            tokensPerDay: vars.AI_TOKENS_PER_DAY,
          },
  };
}

const known = new WeakMap<Env, Settings>();

/** {@link readSettings}, read once: an environment's variables stay while it lives. */
export function settingsOf(env: Env): Settings {
  const settings = known.get(env) ?? readSettings(env);
  known.set(env, settings);
  return settings;
}
