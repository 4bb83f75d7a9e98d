import { actorOf, type Principal } from "../auth/principal.ts";
import type { Scope } from "../auth/scopes.ts";
import type { Known } from "../blueprint/checks/document-checker.ts";
import type { UsableSecret } from "../blueprint/checks/secret-faults.ts";
import { CATALOG, type CatalogBlueprint, type Handler } from "../catalog/index.ts";
import { sealSecret } from "../egress/sealed-secrets.ts";
import { keyNames } from "../egress/sealed-text.ts";
import { secretsFor, webhookSecretsFor } from "../egress/secret-bindings.ts";
import { type Env, settingsOf } from "../env.ts";
import type { RefusalCode } from "../jobs/error-codes.ts";
import { parseJobId } from "../jobs/id.ts";
import type { Result } from "../lib/result.ts";
import type { TraceContext } from "../lib/trace-context.ts";
import { MAX_REGISTRY_SHARDS } from "../limits.ts";
import { type Ask, askAs } from "../registry/api/client.ts";
import type { KeyWatch } from "../registry/api/keys.ts";
import { type Cursors, cursorsOf } from "./cursors.ts";
import { linkToken } from "./links/link-token.ts";
import { hookToken } from "./triggers/hook-token.ts";

/** A handler, for whoever writes a blueprint. */
export type HandlerText = Pick<Handler, "name" | "description" | "input" | "output">;

/** Without AUTH_SECRET there is none: nothing could be encrypted. */
export interface SecretSeal {
  seal: (value: string, name: string) => Promise<string>;
  /** Name of the key of before; undefined: AUTH_SECRET is not being changed. */
  previousKey: () => Promise<string | undefined>;
}

/** What every face needs to serve one request of a tenant. Tests bring their own registry, catalogue and clock. */
export interface ServiceContext {
  tenant: string;
  /** Who calls, as jobs and the audit keep it; null or absent: this machine. */
  actor?: string | null;
  /** null or absent: no key is needed. */
  keyId?: string | null;
  /** Asks the object of one shard, on behalf of who calls. */
  ask: Ask;
  /** What the caller's key allows. */
  scopes: readonly Scope[];
  /** New jobs go to the shards 0 to this - 1; listings are of these. */
  shards: number;
  blueprints: readonly CatalogBlueprint[];
  /** What `handler` steps may call. */
  handlers: readonly HandlerText[];
  /** What the operator lets the tenant's blueprints send. */
  secrets: readonly UsableSecret[];
  /** What the tenant's own secrets are encrypted with; absent: without AUTH_SECRET there are none. */
  secretSeal?: SecretSeal | undefined;
  /** What `ai` steps ask; null: each names its own. Left out: there is none. */
  model?: string | null;
  /** Of one tenant; 0: no limit. */
  dryRunsPerMinute: number;
  /** Of listings, signed for the tenant. */
  cursors: Cursors;
  /** Names of the secrets that verify webhooks of the tenant. */
  webhookSecrets: readonly string[];
  /** What the URL of a webhook ends with. */
  hookToken: (shard: number, hookId: string) => Promise<string>;
  /** What the link of a job's question at the path ends with. */
  linkToken?: (jobId: string, path: string) => Promise<string>;
  /** Where links begin that jobs of this request give away. */
  linkOrigin?: string | undefined;
  /** Under which clients reach the server; null: that of each request. */
  publicOrigin: string | null;
  /** The trace that the request belongs to. */
  trace?: TraceContext | undefined;
  /** Epoch ms. */
  now: () => number;
  /** From 0 to below 1. */
  random: () => number;
}

const HANDLERS = Object.values(CATALOG.handlers);

/**
 * @param watch is told what the registry says of the caller's key
 * @param origin of the request; left out: nobody asked
 */
export function serviceContext(env: Env, principal: Principal, watch: KeyWatch, origin?: string): ServiceContext {
  const { ai, blueprintSecrets, quotas, secrets, shards, publicOrigin } = settingsOf(env);
  const { tenant, key_id, scopes } = principal;
  const actor = actorOf(principal);
  return {
    tenant,
    actor,
    keyId: key_id,
    scopes,
    ask: askAs(env.JOB_REGISTRY, { tenant, key_id, actor }, watch),
    shards,
    blueprints: CATALOG.blueprints,
    handlers: HANDLERS,
    secrets: secretsFor(tenant, blueprintSecrets).map(({ name, hosts }) => ({ name, hosts })),
    ...(secrets && {
      secretSeal: {
        seal: (value, name) => sealSecret(secrets, tenant, name, value),
        previousKey: async () => (await keyNames(secrets)).previous,
      },
    }),
    ...(ai && { model: ai.model ?? null }),
    dryRunsPerMinute: quotas.submitsPerMinute,
    cursors: cursorsOf(tenant, secrets),
    webhookSecrets: [...webhookSecretsFor(tenant, blueprintSecrets).keys()],
    hookToken: (shard, hookId) => hookToken({ tenant, shard, hookId }, secrets),
    publicOrigin,
    linkOrigin: publicOrigin ?? origin,
    linkToken: (jobId, path) => linkToken({ tenant, jobId, path }, secrets),
    now: Date.now,
    random: Math.random,
  };
}

/** What blueprints can name. */
export const knownTo = ({ handlers, secrets, model }: ServiceContext): Known => ({
  handlers: handlers.map(({ name }) => name),
  secrets,
  ...(model !== undefined && { model }),
});

/** Whether the caller may see what is stored; whoever only writes is not told it in an error either. */
export const mayRead = ({ scopes }: Pick<ServiceContext, "scopes">): boolean => scopes.includes("jobs:read");

/** The shard that keeps what a tenant has only once, such as its saved blueprints. */
export const HOME_SHARD = 0;

/** The shard that owns the job; undefined when no job can have this id. */
export function shardOfJob(jobId: string): number | undefined {
  const parts = parseJobId(jobId);
  return parts && parts.shard < MAX_REGISTRY_SHARDS ? parts.shard : undefined;
}

/** What an operation answers. A refusal is plain data with its code: each face has words of its own for it. */
export type Answer<T, Refusal extends { code: RefusalCode }> = Promise<Result<T, Refusal>>;
