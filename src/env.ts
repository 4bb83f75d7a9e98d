import { z } from "zod";
import {
  DEFAULT_ACTIVE_JOBS,
  DEFAULT_RUNNING_JOBS,
  DEFAULT_STORED_BYTES,
  DEFAULT_SUBMITS_PER_MINUTE,
  MAX_REGISTRY_SHARDS,
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
  /** Counts what strangers may write into OAUTH_KV, by client. */
  SIGN_INS: RateLimit;
  /** Signs API keys and cursors. Unset: only loopback hosts are served. */
  AUTH_SECRET?: string;
  REGISTRY_SHARDS?: string;
  RETENTION_DAYS?: string;
  /** Per tenant and shard; 0: no limit. {@link Quotas} says what each counts. */
  MAX_ACTIVE_JOBS?: string;
  MAX_RUNNING_JOBS?: string;
  SUBMITS_PER_MINUTE?: string;
  MAX_STORED_BYTES?: string;
  /** host[:port] list that `http` steps may reach although it is private. */
  HTTP_ALLOW?: string;
  /** Hostnames of web pages that may call, beside this machine's and the server's own; separated by commas. */
  ALLOWED_ORIGINS?: string;
  /** Names of Worker secrets that blueprints may reference, separated by commas. */
  BLUEPRINT_SECRETS?: string;
}

const DAY_MS = 86_400_000;

/** A whole number, written in digits: nothing else may pass for 0, which is "no limit". */
const quota = (fallback: number) =>
  z.coerce
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number; 0 means no limit")
    .transform(Number)
    .default(fallback);

const SHARD_COUNTS = Array.from({ length: Math.log2(MAX_REGISTRY_SHARDS) + 1 }, (_, power) => `${2 ** power}`);

const Settings = z.object({
  REGISTRY_SHARDS: z.coerce
    .string()
    .refine((text) => SHARD_COUNTS.includes(text), `must be one of ${SHARD_COUNTS.join(", ")}`)
    .transform(Number)
    .default(1),
  RETENTION_DAYS: z.coerce.number().min(0).default(30),
  MAX_ACTIVE_JOBS: quota(DEFAULT_ACTIVE_JOBS),
  MAX_RUNNING_JOBS: quota(DEFAULT_RUNNING_JOBS),
  SUBMITS_PER_MINUTE: quota(DEFAULT_SUBMITS_PER_MINUTE),
  MAX_STORED_BYTES: quota(DEFAULT_STORED_BYTES),
});

/** What a tenant may use of one shard; 0: no limit. */
export interface Quotas {
  /** Jobs that have not settled. */
  activeJobs: number;
  /** Jobs that were handed to the engine and have not settled; sleeping and asking ones too. */
  runningJobs: number;
  submitsPerMinute: number;
  /** Of the object's database. */
  storedBytes: number;
}

export interface Settings {
  /** New jobs go to the shards 0 to this - 1 of their tenant. */
  shards: number;
  /** How long a settled job is kept. */
  retentionMs: number;
  quotas: Quotas;
}

/** @throws when a variable has no usable value: a deployment error that must be seen at once */
export function readSettings(env: Env): Settings {
  const parsed = Settings.safeParse(env);
  if (!parsed.success) throw new Error(`The Worker's variables cannot be used.\n${z.prettifyError(parsed.error)}`);
  const vars = parsed.data;
  return {
    shards: vars.REGISTRY_SHARDS,
    retentionMs: vars.RETENTION_DAYS * DAY_MS,
    quotas: {
      activeJobs: vars.MAX_ACTIVE_JOBS,
      runningJobs: vars.MAX_RUNNING_JOBS,
      submitsPerMinute: vars.SUBMITS_PER_MINUTE,
      storedBytes: vars.MAX_STORED_BYTES,
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

/** The Worker secrets that blueprints may reference, by name, and no other binding. */
export function secretsOf(env: Env): ReadonlyMap<string, string> {
  const names = (env.BLUEPRINT_SECRETS ?? "").split(",").map((name) => name.trim());
  const bindings = new Map<string, unknown>(Object.entries(env));
  return new Map(
    names.flatMap((name): [string, string][] => {
      const value = bindings.get(name);
      return typeof value === "string" && value !== "" ? [[name, value]] : [];
    }),
  );
}
