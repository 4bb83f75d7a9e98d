import type { Env } from "../env.ts";
import { err, ok, type Result } from "../jobs/result.ts";

export const SCOPES = ["jobs:read", "jobs:write"] as const;
export type Scope = (typeof SCOPES)[number];

/** The authenticated caller. The tenant comes from verified credentials only, never from an argument. */
export interface Principal {
  tenant: string;
  scopes: readonly Scope[];
}

/** Why a request is not served. */
export interface Refusal {
  status: 401 | 403;
  code: string;
  message: string;
  fix: string;
}

const LOCAL: Principal = { tenant: "local", scopes: SCOPES };
const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

const NO_SECRET: Refusal = {
  status: 403,
  code: "auth_not_configured",
  message: "This server has no AUTH_SECRET, so it answers on loopback addresses only.",
  fix: "Set the secret with `wrangler secret put AUTH_SECRET` (32 random bytes or more) and deploy again.",
};
const NO_KEY: Refusal = {
  status: 401,
  code: "unauthorized",
  message: "This server needs a valid API key.",
  fix: "Send it as `Authorization: Bearer <key>`.",
};

/** Who calls. Without AUTH_SECRET, whoever reaches a loopback address is the tenant `local`. */
export function principalOf(request: Request, env: Pick<Env, "AUTH_SECRET">): Result<Principal, Refusal> {
  if (env.AUTH_SECRET) return err(NO_KEY);
  return LOOPBACK_HOSTS.includes(new URL(request.url).hostname) ? ok(LOCAL) : err(NO_SECRET);
}

export function refusalResponse({ status, code, message, fix }: Refusal): Response {
  const headers = status === 401 ? { "www-authenticate": 'Bearer realm="edge-jobs"' } : undefined;
  return Response.json({ error: code, message, fix }, { status, ...(headers && { headers }) });
}
