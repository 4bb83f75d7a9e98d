import { readRequestBody } from "@modelcontextprotocol/server";
import pMap from "p-map";
import { z } from "zod";
import { KeyId } from "../auth/api-key.ts";
import type { Principal } from "../auth/principal.ts";
import { REVOKED_KEY, refusalResponse, requireScopes } from "../auth/refusal.ts";
import { MAX_BODY_BYTES, MAX_REGISTRY_SHARDS, REVOKE_CONCURRENCY } from "../limits.ts";
import { type KeyApi, KeyRevoked } from "../registry/api-keys.ts";
import { methodNotAllowed, notFound } from "./answers.ts";

/** What the routes under /keys are made of. The scope `admin` reaches the keys of its own tenant only. */
export interface KeyDeps {
  principal: Principal;
  registry: (shard: number) => Pick<KeyApi, "revokeKey" | "revokedKeys">;
  /** Epoch ms. */
  now: () => number;
}

const RevokeRequest = z.strictObject({ key_id: KeyId });

const failure = (status: number, error: string, message: string, fix: string): Response =>
  Response.json({ error, message, fix }, { status });

const badRequest = (): Response =>
  failure(400, "invalid_request", "The body is no revocation.", 'Send the JSON object {"key_id": "key_..."}.');

/** `GET /keys` lists the revoked keys, `POST /keys/revoke` adds one. */
export async function keysRoute(request: Request, deps: KeyDeps): Promise<Response> {
  const allowed = requireScopes(deps.principal.scopes, ["admin"]);
  if (!allowed.ok) return refusalResponse(allowed.error, request);
  try {
    return await answer(request, deps);
  } catch (error) {
    if (error instanceof KeyRevoked) return refusalResponse(REVOKED_KEY, request);
    throw error;
  }
}

async function answer(request: Request, deps: KeyDeps): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/keys":
      return request.method === "GET" ? listRevoked(deps) : methodNotAllowed("GET");
    case "/keys/revoke":
      return request.method === "POST" ? revoke(request, deps) : methodNotAllowed("POST");
    default:
      return notFound();
  }
}

async function listRevoked({ registry }: KeyDeps): Promise<Response> {
  const keys = await registry(0).revokedKeys();
  const revoked = keys.map(({ key_id, revoked_at }) => ({ key_id, revoked_at: new Date(revoked_at).toISOString() }));
  return Response.json({ revoked });
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
 * Into every object that the tenant may ever have, so that raising REGISTRY_SHARDS later brings no key back. Idempotent;
 * the object that answers lists comes last, so that a listed revocation is a whole one.
 */
async function revokeEverywhere(keyId: string, { registry, now }: KeyDeps): Promise<void> {
  const at = now();
  const others = Array.from({ length: MAX_REGISTRY_SHARDS - 1 }, (_, i) => i + 1);
  await pMap(others, (shard) => registry(shard).revokeKey(keyId, at), { concurrency: REVOKE_CONCURRENCY });
  await registry(0).revokeKey(keyId, at);
}

async function jsonOf(request: Request): Promise<unknown> {
  const body = await readRequestBody(request, MAX_BODY_BYTES);
  try {
    return body.tooLarge ? undefined : JSON.parse(body.text);
  } catch {
    return undefined;
  }
}
