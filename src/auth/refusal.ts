import type { RequestLog } from "../lib/log.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_KEY_DAYS } from "../limits.ts";
import { BASIC_SCOPES, resourceMetadataUrl, speaksOAuth } from "./oauth.ts";
import type { Scope } from "./scopes.ts";

/** Why a request is not served. */
export interface Refusal {
  status: 401 | 403 | 503;
  code: string;
  message: string;
  fix: string;
  /** Parameters of the Bearer challenge (RFC 6750), in their order. */
  challenge?: { [parameter: string]: string };
}

const REALM = "edge-jobs";
const SET_SECRET = "Set it to 32 random bytes or more: `openssl rand -hex 32 | npx wrangler secret put AUTH_SECRET`.";

export const NO_SECRET: Refusal = {
  status: 503,
  code: "auth_not_configured",
  message: "This server has no AUTH_SECRET, so it answers callers on its own machine only.",
  fix: SET_SECRET,
};

export const WEAK_SECRET: Refusal = {
  status: 503,
  code: "auth_secret_too_short",
  message: "The AUTH_SECRET of this server is too short to sign keys with.",
  fix: SET_SECRET,
};

export const FOREIGN_HOST: Refusal = {
  status: 403,
  code: "foreign_host",
  message: "A server on this machine, without AUTH_SECRET, answers to loopback names only.",
  fix: "Use http://localhost, http://127.0.0.1 or http://[::1] with its port, or set AUTH_SECRET in .dev.vars.",
};

export const NO_TOKEN: Refusal = {
  status: 401,
  code: "unauthorized",
  message: "This server needs an API key.",
  fix: "Send it as `Authorization: Bearer <key>`. `npm run keys -- create` makes one.",
  challenge: { realm: REALM },
};

const invalidToken = (message: string, fix: string): Refusal => ({
  status: 401,
  code: "invalid_token",
  message,
  fix,
  challenge: { realm: REALM, error: "invalid_token", error_description: message },
});

export const INVALID_TOKEN = invalidToken(
  "This API key or access token is not valid here.",
  "Check that it is whole, for this server, and sent as `Authorization: Bearer <key>`; or sign in again.",
);

export const EXPIRED_KEY = invalidToken("This API key has expired.", "Make a new one: `npm run keys -- create`.");

export const TOO_LONG_KEY = invalidToken(
  `This API key would be valid for more than ${MAX_KEY_DAYS} days, which no key may be.`,
  "Make a new one: `npm run keys -- create`.",
);

export const REVOKED_KEY = invalidToken("This API key was revoked.", "Ask the operator for another one.");

export const EXPIRED_SESSION = invalidToken("This session has ended.", "Sign in again.");

export const FOREIGN_PAGE: Refusal = {
  status: 403,
  code: "foreign_page",
  message: "A session writes only from the dashboard of this server.",
  fix: "Use an API key as `Authorization: Bearer <key>`.",
};

export const TOKEN_IN_URL = invalidToken(
  "Credentials in a URL end up in logs, so they are not accepted.",
  "Send the key as `Authorization: Bearer <key>`; if it was a real one, revoke it.",
);

/** What the MCP specification calls step-up: the challenge names all scopes that the next credential should have. */
export function requireScopes(held: readonly Scope[], needed: readonly Scope[]): Result<null, Refusal> {
  const missing = needed.filter((scope) => !held.includes(scope));
  if (missing.length === 0) return ok(null);
  const message = `This call needs the scope ${missing.join(" and ")}.`;
  const all = [...held, ...missing];
  return err({
    status: 403,
    code: "insufficient_scope",
    message,
    fix: `Use a key that was made with --scope ${all.join(",")}.`,
    challenge: { realm: REALM, error: "insufficient_scope", scope: all.join(" "), error_description: message },
  });
}

/** Where clients of the MCP endpoint learn how to get a token. */
function discovery({ challenge }: Refusal, url: URL): { [parameter: string]: string } {
  if (url.pathname !== "/mcp" || !speaksOAuth(url)) return {};
  return { scope: challenge?.scope ?? BASIC_SCOPES.join(" "), resource_metadata: resourceMetadataUrl(url.origin) };
}

/**
 * Headers of the reply, which leaves a line in the log. A page in a browser may read it, so that clients there learn what
 * to do; it holds nothing secret.
 */
export function refusalHeaders(refusal: Refusal, request: Request, log: RequestLog): Headers {
  const { status, code, challenge } = refusal;
  const url = new URL(request.url);
  log.write({ event: "refused", code, status, path: url.pathname });
  const headers = new Headers({
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "WWW-Authenticate",
    "cache-control": "no-store",
  });
  if (challenge) {
    const all = { ...challenge, ...discovery(refusal, url) };
    const parameters = Object.entries(all).map(([name, value]) => `${name}="${value}"`);
    headers.set("www-authenticate", `Bearer ${parameters.join(", ")}`);
  }
  return headers;
}

export function refusalResponse(refusal: Refusal, request: Request, log: RequestLog): Response {
  const { status, code, message, fix } = refusal;
  return Response.json({ error: code, message, fix }, { status, headers: refusalHeaders(refusal, request, log) });
}
