import { parse, serialize } from "hono/utils/cookie";
import { type Env, settingsOf } from "../env.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { allOf, memoizedKey, type Secrets } from "../lib/signing-key.ts";
import { SESSION_MS } from "../limits.ts";
import { type Claims, signApiKey, verifyApiKey } from "./api-key.ts";
import { authenticate } from "./authenticate.ts";
import { hasLoopbackHost } from "./loopback.ts";
import { type Principal, principalOf } from "./principal.ts";
import { EXPIRED_SESSION, FOREIGN_PAGE, type Refusal } from "./refusal.ts";

/**
 * Sessions of the dashboard: a cookie with the claims of the API key that somebody signed in with, signed for this purpose
 * alone. It carries the key's id, so that it ends when the key is revoked, and no session outlives its key.
 */

const PURPOSE = "edge-jobs session v1";
const NAME = "edge_jobs_session";

/** A browser takes the safe prefix only over TLS, which a server on this machine has not. */
const isSafe = (url: URL): boolean => url.protocol === "https:" || !hasLoopbackHost(url);
const nameAt = (url: URL): string => (isSafe(url) ? `__Host-${NAME}` : NAME);

function cookie(url: URL, value: string, maxAgeSeconds: number): string {
  return serialize(nameAt(url), value, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: isSafe(url),
    maxAge: maxAgeSeconds,
  });
}

/**
 * @param claims of the key that was shown
 * @param now epoch ms
 * @returns the cookie that opens a session
 */
export async function openSession(claims: Claims, { current }: Secrets, url: URL, now: number): Promise<string> {
  const { tenant, key_id, scopes } = claims;
  const expires_at = Math.min(claims.expires_at, now + SESSION_MS);
  const token = await signApiKey({ tenant, key_id, scopes, expires_at }, await memoizedKey(current, PURPOSE));
  return cookie(url, token, Math.floor((expires_at - now) / 1_000));
}

export const closeSession = (url: URL): string => cookie(url, "", 0);

const tokenOf = (request: Request, url: URL): string | undefined =>
  parse(request.headers.get("cookie") ?? "", nameAt(url))[nameAt(url)];

async function principalOfSession(token: string, secrets: Secrets, now: number): Promise<Result<Principal, Refusal>> {
  for (const secret of allOf(secrets)) {
    const checked = await verifyApiKey(token, await memoizedKey(secret, PURPOSE), now);
    if (checked.ok) return ok(principalOf(checked.value));
  }
  return err(EXPIRED_SESSION);
}

/** Whether a page of this server calls: no other site does anything in a viewer's name. */
export const isOwnPage = (request: Request, url: URL, env: Env): boolean =>
  [url.origin, settingsOf(env).publicOrigin].includes(request.headers.get("origin") ?? "");

const READS = ["GET", "HEAD"];

/** Who calls, by a session or as everybody else does. A session writes only from a page of this server. */
export async function authenticateViewer(
  request: Request,
  url: URL,
  env: Env,
  now: number,
): Promise<Result<Principal, Refusal>> {
  const { secrets } = settingsOf(env);
  const token = tokenOf(request, url);
  if (secrets === undefined || token === undefined || request.headers.has("authorization")) {
    return authenticate(request, url, env, now);
  }
  if (!READS.includes(request.method) && !isOwnPage(request, url, env)) return err(FOREIGN_PAGE);
  return principalOfSession(token, secrets, now);
}
