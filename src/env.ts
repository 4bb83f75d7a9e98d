import { z } from "zod";

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
  /** Signs API keys and cursors. Unset: only loopback hosts are served. */
  AUTH_SECRET?: string;
  REGISTRY_SHARDS?: string;
  RETENTION_DAYS?: string;
  /** host[:port] list that `http` steps may reach although it is private. */
  HTTP_ALLOW?: string;
  /** Names of Worker secrets that blueprints may reference, separated by commas. */
  BLUEPRINT_SECRETS?: string;
}

const DAY_MS = 86_400_000;

const Settings = z.object({
  RETENTION_DAYS: z.coerce.number().min(0).default(30),
});

export interface Settings {
  /** How long a settled job is kept. */
  retentionMs: number;
}

/** @throws when a variable has no usable value: a deployment error that must be seen at once */
export function readSettings(env: Env): Settings {
  const vars = Settings.parse({ RETENTION_DAYS: env.RETENTION_DAYS });
  return { retentionMs: vars.RETENTION_DAYS * DAY_MS };
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
