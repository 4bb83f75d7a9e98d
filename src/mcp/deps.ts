import { waitUntil } from "cloudflare:workers";
import { pageHosts } from "../auth/pages.ts";
import { actorOf, type Principal } from "../auth/principal.ts";
import type { Scope } from "../auth/scopes.ts";
import type { Known } from "../blueprint/check.ts";
import type { UsableSecret } from "../blueprint/check-secrets.ts";
import { CATALOG, type CatalogBlueprint, type Handler } from "../catalog/index.ts";
import { secretsFor } from "../egress/secret-bindings.ts";
import { type Env, settingsOf } from "../env.ts";
import { parseJobId } from "../jobs/id.ts";
import type { TraceContext } from "../jobs/trace.ts";
import { MAX_REGISTRY_SHARDS } from "../limits.ts";
import type { CallerApi } from "../registry/api.ts";
import { callerRegistry, KeyWatch } from "../registry/api-keys.ts";
import { type Cursors, cursorsOf } from "./cursors.ts";
import { type Record, recorder } from "./metrics.ts";

/** A handler, for whoever writes a blueprint. */
export type HandlerText = Pick<Handler, "name" | "description" | "input" | "output">;

/** What a server for one request is made of. Tests bring their own registry, catalogue and clock. */
export interface McpDeps {
  tenant: string;
  /** Who calls, as jobs and the audit keep it; null or absent: this machine. */
  actor?: string | null;
  /** null or absent: no key is needed. */
  keyId?: string | null;
  /** Of what needs a key: what the registry said of it. */
  key?: { watch: KeyWatch; check: () => Promise<unknown> };
  /** What the caller's key allows. */
  scopes: readonly Scope[];
  /** Hostnames of the web pages that may call. */
  pages: () => readonly string[];
  version: string;
  /** URL of the page that says what this server is. */
  home: string;
  /** The object of one shard. Get a new one for each try: it is broken after an exception. */
  registry: (shard: number) => CallerApi;
  /** New jobs go to the shards 0 to this - 1; listings are of these. */
  shards: number;
  /** How long a settled job is kept. */
  retentionMs: number;
  /** Of listings, signed for the tenant. */
  cursors: Cursors;
  blueprints: readonly CatalogBlueprint[];
  /** What `handler` steps may call. */
  handlers: readonly HandlerText[];
  /** What the tenant's blueprints may send. */
  secrets: readonly UsableSecret[];
  /** The trace that the request belongs to. */
  trace?: TraceContext | undefined;
  /** Epoch ms. */
  now: () => number;
  /** From 0 to below 1. */
  random: () => number;
  /** A new reference that connects an error's reply with its log line. */
  newReference: () => string;
  record: Record;
  /** Lets work go on when its client has gone. */
  background: (work: Promise<void>) => void;
}

const HANDLERS = Object.values(CATALOG.handlers);

/** @param url of the request */
export function mcpDeps(env: Env, principal: Principal, version: string, url: URL): McpDeps {
  const { secrets, blueprintSecrets, shards, retentionMs } = settingsOf(env);
  const watch = new KeyWatch();
  const registry = (shard: number) => callerRegistry(env.JOB_REGISTRY, principal, shard, watch);
  return {
    tenant: principal.tenant,
    actor: actorOf(principal),
    keyId: principal.key_id,
    ...(principal.key_id !== null && { key: { watch, check: () => registry(HOME_SHARD).checkKey() } }),
    scopes: principal.scopes,
    pages: () => pageHosts(env, url),
    version,
    home: `${url.origin}/`,
    registry,
    shards,
    retentionMs,
    cursors: cursorsOf(principal.tenant, secrets),
    blueprints: CATALOG.blueprints,
    handlers: HANDLERS,
    secrets: secretsFor(principal.tenant, blueprintSecrets).map(({ name, hosts }) => ({ name, hosts })),
    now: Date.now,
    random: Math.random,
    newReference: () => crypto.randomUUID(),
    record: recorder(env.METRICS),
    background: waitUntil,
  };
}

/** What blueprints can name. */
export const knownTo = ({ handlers, secrets }: McpDeps): Known => ({
  handlers: handlers.map(({ name }) => name),
  secrets,
});

/** The shard that keeps what a tenant has only once, such as its saved blueprints. */
export const HOME_SHARD = 0;

/** The shard that owns the job; undefined when no job can have this id. */
export function shardOfJob(jobId: string): number | undefined {
  const parts = parseJobId(jobId);
  return parts && parts.shard < MAX_REGISTRY_SHARDS ? parts.shard : undefined;
}

/** The object that owns the job; undefined when no job can have this id. */
export function registryOfJob(deps: McpDeps, jobId: string): CallerApi | undefined {
  const shard = shardOfJob(jobId);
  return shard === undefined ? undefined : deps.registry(shard);
}
