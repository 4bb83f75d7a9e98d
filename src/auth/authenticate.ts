import { type Env, settingsOf } from "../env.ts";
import type { RequestLog } from "../lib/log.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Secrets } from "../lib/signing-key.ts";
import { MIN_SECRET_CHARS } from "../limits.ts";
import { isApiKey } from "./api-key.ts";
import { checkApiKey } from "./check-key.ts";
import { isLocalCall, isLoopbackClient } from "./loopback.ts";
import { accessTokenPrincipal } from "./oauth.ts";
import { type Principal, principalOf } from "./principal.ts";
import {
  EXPIRED_KEY,
  FOREIGN_HOST,
  INVALID_TOKEN,
  NO_SECRET,
  NO_TOKEN,
  type Refusal,
  refusalResponse,
  TOKEN_IN_URL,
  TOO_LONG_KEY,
  WEAK_SECRET,
} from "./refusal.ts";
import { SCOPES } from "./scopes.ts";

const LOCAL: Principal = { tenant: "local", key_id: null, scopes: SCOPES };
const BEARER = /^Bearer +(\S+)$/i;
const URL_CREDENTIALS = ["access_token", "api_key", "key", "token"];

/**
 * Who calls. Without AUTH_SECRET, whoever is on this machine and says so is the tenant `local`; with it, everybody needs an API
 * key, or an access token that somebody got with one.
 * @param url of the request
 * @param now epoch ms
 */
export async function authenticate(
  request: Request,
  url: URL,
  env: Env,
  now: number,
): Promise<Result<Principal, Refusal>> {
  const { secrets } = settingsOf(env);
  if (secrets === undefined) return withoutSecret(request, url);
  if (secrets.current.length < MIN_SECRET_CHARS) return err(WEAK_SECRET);
  if (URL_CREDENTIALS.some((name) => url.searchParams.has(name))) return err(TOKEN_IN_URL);
  const header = request.headers.get("authorization");
  if (header === null) return err(NO_TOKEN);
  const [, token = ""] = BEARER.exec(header) ?? [];
  if (isApiKey(token)) return keyPrincipal(token, secrets, now);
  const principal = await accessTokenPrincipal(token, url, env, secrets, now);
  return principal ? ok(principal) : err(INVALID_TOKEN);
}

/** Serves a request for whoever it is of, or says why not. Who calls is decided here and nowhere else. */
export async function withPrincipal(
  request: Request,
  url: URL,
  env: Env,
  log: RequestLog,
  serve: (principal: Principal) => Promise<Response>,
): Promise<Response> {
  const principal = await authenticate(request, url, env, Date.now());
  if (!principal.ok) return refusalResponse(principal.error, request, log);
  log.caller = principal.value;
  return serve(principal.value);
}

/**
 * A foreign Host from a client on this machine is a web page that points a name of its own at it (DNS rebinding), so it
 * is told nothing more. A client of another machine found a deployment that nobody has set up yet, or a server that listens
 * in a network; the Host is what the client chose to say, and changes nothing.
 */
function withoutSecret(request: Request, url: URL): Result<Principal, Refusal> {
  if (isLocalCall(request, url)) return ok(LOCAL);
  return err(isLoopbackClient(request) ? FOREIGN_HOST : NO_SECRET);
}

const BAD_KEYS = { invalid: INVALID_TOKEN, expired: EXPIRED_KEY, too_long: TOO_LONG_KEY };

async function keyPrincipal(token: string, secrets: Secrets, now: number): Promise<Result<Principal, Refusal>> {
  const found = await checkApiKey(token, secrets, now);
  return found.ok ? ok(principalOf(found.value)) : err(BAD_KEYS[found.error]);
}
