import { readRequestBody } from "@modelcontextprotocol/server";
import pMap from "p-map";
import * as z from "zod";
import { KeyId } from "../auth/api-key.ts";
import { actorOf, type Principal } from "../auth/principal.ts";
import { REVOKED_KEY, refusalResponse, requireScopes } from "../auth/refusal.ts";
import type { RequestLog } from "../lib/log.ts";
import { MAX_BODY_BYTES, MAX_LISTED_AUDIT, REVOKE_CONCURRENCY } from "../limits.ts";
import type { Ask } from "../registry/api/client.ts";
import { KeyRevoked } from "../registry/api/keys.ts";
import { newRouter, serve } from "./router.ts";

/** What the routes under /keys are made of. The scope `admin` reaches the keys of its own tenant only. */
export interface KeyDeps {
  principal: Principal;
  /** With the caller's key, which each call looks at. */
  ask: Ask;
  /** Without: whoever revokes their own key is not stopped half way. */
  askAsServer: Ask;
  /** Shards that take new jobs. */
  shards: number;
  log: RequestLog;
  /** Epoch ms. */
  now: () => number;
}

const RevokeRequest = z.strictObject({ key_id: KeyId });

const failure = (status: number, error: string, message: string, fix: string): Response =>
  Response.json({ error, message, fix }, { status });

const badRequest = (): Response =>
  failure(400, "invalid_request", "The body is no revocation.", 'Send the JSON object {"key_id": "key_..."}.');

async function listRevoked({ ask }: KeyDeps): Promise<Response> {
  const keys = await ask(0, (registry, caller) => registry.revokedKeys(caller));
  const revoked = keys.map(({ key_id, revoked_at }) => ({ key_id, revoked_at: new Date(revoked_at).toISOString() }));
  return Response.json({ revoked });
}

const Before = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** What was done, the newest first; `?before=` a time goes on from there. */
async function readAudit(request: Request, { ask, shards, now }: KeyDeps): Promise<Response> {
  const asked = new URL(request.url).searchParams.get("before");
  const before = asked === null ? { success: true as const, data: now() + 1 } : Before.safeParse(asked);
  if (!before.success) {
    return failure(400, "invalid_request", "before is no time.", "Send ISO 8601, such as 2026-11-29T12:00:00Z.");
  }
  const all = Array.from({ length: shards }, (_, shard) => shard);
  const parts = await pMap(
    all,
    (shard) => ask(shard, (registry, caller) => registry.audit(caller, before.data, MAX_LISTED_AUDIT)),
    {
      concurrency: REVOKE_CONCURRENCY,
    },
  );
  const newest = parts.flat().sort((a, b) => b.at - a.at);
  const shown = newest.slice(0, MAX_LISTED_AUDIT);
  const isCut = newest.length > shown.length || parts.some((part) => part.length === MAX_LISTED_AUDIT);
  const last = shown.at(-1);
  return Response.json({
    entries: shown.map(({ at, ...entry }) => ({ at: new Date(at).toISOString(), ...entry })),
    // What was done in the same millisecond comes again, rather than not at all.
    next_before: isCut && last !== undefined ? new Date(last.at + 1).toISOString() : null,
  });
}

/** Only JSON: a page of another site cannot send that without asking first, and is never told yes. */
async function revoke(request: Request, deps: KeyDeps): Promise<Response> {
  if (!request.headers.get("content-type")?.startsWith("application/json")) {
    return failure(415, "unsupported_media_type", "The body must be JSON.", "Send `Content-Type: application/json`.");
  }
  const parsed = RevokeRequest.safeParse(await jsonOf(request));
  if (!parsed.success) return badRequest();
  await revokeEverywhere(parsed.data.key_id, deps);
  return Response.json({ key_id: parsed.data.key_id, revoked: true });
}

/**
 * Into every object of the tenant that checks keys; shard 0, which answers lists, comes last but for those that joined
 * in between, so that a listed revocation is a whole one. Idempotent.
 */
async function revokeEverywhere(keyId: string, { ask, askAsServer, principal, log, now }: KeyDeps): Promise<void> {
  await ask(0, (registry, caller) => registry.checkKey(caller));
  const at = now();
  const tell = (shards: number[]) =>
    pMap(shards, (shard) => askAsServer(shard, (registry, server) => registry.revokeKey(server, keyId, at)), {
      concurrency: REVOKE_CONCURRENCY,
    });
  const told = await askAsServer(0, (registry, server) => registry.keyShards(server));
  await tell(told);
  const actor = actorOf(principal) ?? "local";
  await askAsServer(0, (registry, server) => registry.revokeKey({ ...server, actor }, keyId, at));
  const joined = await askAsServer(0, (registry, server) => registry.keyShards(server));
  await tell(joined.filter((shard) => !told.includes(shard)));
  log.write({ event: "key_revoked", revoked: keyId });
}

async function jsonOf(request: Request): Promise<unknown> {
  const body = await readRequestBody(request, MAX_BODY_BYTES);
  try {
    return body.tooLarge ? undefined : JSON.parse(body.text);
  } catch {
    return undefined;
  }
}

const router = newRouter<KeyDeps>();
router.use(async ({ req, env }, next) => {
  const allowed = requireScopes(env.principal.scopes, ["admin"]);
  if (!allowed.ok) return refusalResponse(allowed.error, req.raw, env.log);
  return next();
});
router.onError((error, { req, env }) => {
  if (error instanceof KeyRevoked) return refusalResponse(REVOKED_KEY, req.raw, env.log);
  throw error;
});
serve(router, "GET", "/keys", ({ env }) => listRevoked(env));
serve(router, "POST", "/keys/revoke", ({ req, env }) => revoke(req.raw, env));
serve(router, "GET", "/keys/audit", ({ req, env }) => readAudit(req.raw, env));

/** `GET /keys` lists the revoked keys, `POST /keys/revoke` adds one, `GET /keys/audit` tells what was done. */
export const keysRoute = async (request: Request, deps: KeyDeps): Promise<Response> => router.fetch(request, deps);
