import type { Principal } from "../auth/principal.ts";
import { CATALOG, type CatalogBlueprint } from "../catalog/index.ts";
import type { Env } from "../env.ts";
import { parseJobId } from "../jobs/id.ts";
import { MAX_REGISTRY_SHARDS } from "../limits.ts";
import { type CallerApi, registryOf } from "../registry/api.ts";
import { type Record, recorder } from "./metrics.ts";

/** What a server for one request is made of. Tests bring their own registry, catalogue and clock. */
export interface McpDeps {
  tenant: string;
  version: string;
  /** The object of one shard. Get a new one for each try: it is broken after an exception. */
  registry: (shard: number) => CallerApi;
  blueprints: readonly CatalogBlueprint[];
  /** Names that `handler` steps may use. */
  handlers: readonly string[];
  /** Epoch ms. */
  now: () => number;
  /** A new reference that connects an error's reply with its log line. */
  newReference: () => string;
  record: Record;
}

export function mcpDeps(env: Env, { tenant }: Principal, version: string): McpDeps {
  return {
    tenant,
    version,
    registry: (shard) => registryOf(env.JOB_REGISTRY, tenant, shard),
    blueprints: CATALOG.blueprints,
    handlers: Object.keys(CATALOG.handlers),
    now: Date.now,
    newReference: () => crypto.randomUUID(),
    record: recorder(env.METRICS),
  };
}

/** The shard that takes new jobs and answers lists. */
export const HOME_SHARD = 0;

/** The object that owns the job; undefined when no job can have this id. */
export function registryOfJob(deps: McpDeps, jobId: string): CallerApi | undefined {
  const parts = parseJobId(jobId);
  return parts && parts.shard < MAX_REGISTRY_SHARDS ? deps.registry(parts.shard) : undefined;
}
