import { readRequestBody } from "@modelcontextprotocol/server";
import { actorOf, type Principal } from "../auth/principal.ts";
import { REVOKED_KEY, refusalResponse, requireScopes } from "../auth/refusal.ts";
import { wholeBody } from "../lib/http/whole-body.ts";
import type { RequestLog } from "../lib/log.ts";
import { MAX_BODY_BYTES } from "../limits.ts";
import type { Ask } from "../registry/api/client.ts";
import { KeyRevoked } from "../registry/api/keys.ts";
import { readAudit } from "../service/access/read-audit.ts";
import { type KeyContext, listRevokedKeys, RevokeInput, revokeKey } from "../service/access/revoked-keys.ts";
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

const failure = (status: number, error: string, message: string, fix: string): Response =>
  Response.json({ error, message, fix }, { status });

const badRequest = (): Response =>
  failure(400, "invalid_request", "The body is no revocation.", 'Send the JSON object {"key_id": "key_..."}.');

const contextOf = ({ ask, askAsServer, principal, now }: KeyDeps): KeyContext => {
  return { ask, askAsServer, actor: actorOf(principal), now };
};

/** What was done, the newest first; `?before=` a time goes on from there. */
async function auditPage(request: Request, deps: KeyDeps): Promise<Response> {
  const before = new URL(request.url).searchParams.get("before") ?? undefined;
  const page = await readAudit(deps, { before });
  if (page.ok) return Response.json(page.value);
  return failure(400, "invalid_request", "before is no time.", "Send ISO 8601, such as 2026-11-29T12:00:00Z.");
}

/** Only JSON: a page of another site cannot send that without asking first, and is never told yes. */
async function revoke(request: Request, deps: KeyDeps): Promise<Response> {
  if (!request.headers.get("content-type")?.startsWith("application/json")) {
    return failure(415, "unsupported_media_type", "The body must be JSON.", "Send `Content-Type: application/json`.");
  }
  const parsed = RevokeInput.safeParse(await jsonOf(request));
  if (!parsed.success) return badRequest();
  const { key_id } = parsed.data;
  await revokeKey(contextOf(deps), parsed.data);
  deps.log.write({ event: "key_revoked", revoked: key_id });
  return Response.json({ key_id, revoked: true });
}

async function jsonOf(request: Request): Promise<unknown> {
  const body = await wholeBody(readRequestBody(request, MAX_BODY_BYTES));
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
serve(router, "GET", "/keys", async ({ env }) => Response.json(await listRevokedKeys(env)));
serve(router, "POST", "/keys/revoke", ({ req, env }) => revoke(req.raw, env));
serve(router, "GET", "/keys/audit", ({ req, env }) => auditPage(req.raw, env));

/** `GET /keys` lists the revoked keys, `POST /keys/revoke` adds one, `GET /keys/audit` tells what was done. */
export const keysRoute = async (request: Request, deps: KeyDeps): Promise<Response> => router.fetch(request, deps);
