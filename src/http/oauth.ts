import {
  GrantType,
  OAuthAuthorizationServer,
  OAuthError,
  type TokenExchangeCallbackOptions,
  type TokenExchangeCallbackResult,
} from "@cloudflare/workers-oauth-provider";
import { readRequestBody } from "@modelcontextprotocol/server";
import { authorizationServerOptions, BASIC_SCOPES, mcpResource, readGrant, speaksOAuth } from "../auth/oauth.ts";
import { type Env, settingsOf } from "../env.ts";
import { ACCESS_TOKEN_SECONDS, MAX_BODY_BYTES, MIN_TOKEN_SECONDS, REFRESH_TOKEN_SECONDS } from "../limits.ts";
import { callerRegistry, KeyRevoked } from "../registry/api-keys.ts";
import { notFound } from "./answers.ts";
import { authorize } from "./authorize.ts";
import { mayBegin, tooManySignIns } from "./sign-ins.ts";

const PROTOCOL_PATHS = ["/.well-known/oauth-authorization-server", "/oauth/token", "/oauth/register"];
const METADATA_PATHS = ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"];
const PATHS = ["/authorize", ...PROTOCOL_PATHS, ...METADATA_PATHS];

/** What leaves a record in the namespace although nobody has signed in: a client, or a consent that was asked for. */
const STRANGERS_WRITE = ["POST /oauth/register", "GET /authorize"];

export const isOAuthPath = (pathname: string): boolean => PATHS.includes(pathname);

/** The authorization server for clients that speak nothing else. Whoever has no AUTH_SECRET has none. */
export async function oauthRoute(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  const url = new URL(request.url);
  const { secrets } = settingsOf(env);
  if (secrets === undefined || !speaksOAuth(url)) return notFound();
  if (METADATA_PATHS.includes(url.pathname)) return resourceMetadata(url.origin);
  const bounded = await withBoundedBody(request);
  if (bounded === undefined) return Response.json({ error: "invalid_request" }, { status: 413 });
  if (STRANGERS_WRITE.includes(`${request.method} ${url.pathname}`) && !(await mayBegin(request, env.SIGN_INS))) {
    return tooManySignIns();
  }
  const server = new OAuthAuthorizationServer<Env>({
    ...authorizationServerOptions(url.origin),
    tokenExchangeCallback: exchange,
    onError: ({ code, internal: { category, reason } }) =>
      console.log(JSON.stringify({ event: "oauth_error", code, category, reason })),
  });
  if (url.pathname === "/authorize") return authorize(bounded, server.getOAuthApi(env), secrets, Date.now());
  return server.fetch(bounded, env, context);
}

/** RFC 9728: where a client that was told 401 learns whom to ask. */
const resourceMetadata = (origin: string): Response =>
  Response.json(
    {
      resource: mcpResource(origin),
      authorization_servers: [origin],
      bearer_methods_supported: ["header"],
      scopes_supported: BASIC_SCOPES,
      resource_name: "Edge Jobs",
    },
    // Clients in a browser ask with a header of the protocol, so they send a preflight first.
    { headers: { "access-control-allow-origin": "*", "access-control-allow-headers": "*" } },
  );

/** A GET with a body is legal HTTP but no `Request`; the body means nothing, so it goes. */
const withoutBody = ({ url, method, headers }: Request): Request => new Request(url, { method, headers });

async function withBoundedBody(request: Request): Promise<Request | undefined> {
  if (request.body === null) return request;
  if (request.method === "GET" || request.method === "HEAD") return withoutBody(request);
  const body = await readRequestBody(request, MAX_BODY_BYTES);
  return body.tooLarge ? undefined : new Request(request, { body: body.text });
}

const invalidGrant = (description: string): OAuthError => new OAuthError("invalid_grant", { description });

/**
 * Before any token is made. KV cannot compare and set, so two exchanges of one code could both win there: the registry
 * decides, and whoever loses takes the whole grant down, as RFC 6749 section 4.1.2 wants it.
 * @throws OAuthError, as the provider expects it
 */
async function exchange({
  grantType,
  grantId,
  props,
  env,
}: TokenExchangeCallbackOptions<Env>): Promise<TokenExchangeCallbackResult> {
  const now = Date.now();
  const { secrets } = settingsOf(env);
  const grant = secrets && (await readGrant(props, secrets, now));
  if (grant === undefined) throw invalidGrant("The API key behind this grant has expired, or its secret was changed");
  const { tenant, key_id, expires_at } = grant;
  const secondsLeft = Math.floor((expires_at - now) / 1_000);
  if (secondsLeft < MIN_TOKEN_SECONDS) throw invalidGrant("The API key behind this grant has expired");
  if (grantType === GrantType.AUTHORIZATION_CODE && !(await spendCode({ tenant, key_id }, grantId, env, now))) {
    throw invalidGrant("Authorization code already used");
  }
  return {
    accessTokenTTL: Math.min(ACCESS_TOKEN_SECONDS, secondsLeft),
    refreshTokenTTL: Math.min(REFRESH_TOKEN_SECONDS, secondsLeft),
  };
}

async function spendCode(
  owner: { tenant: string; key_id: string },
  grantId: string,
  env: Env,
  now: number,
): Promise<boolean> {
  try {
    return await callerRegistry(env.JOB_REGISTRY, owner, 0).spendCode(grantId, now);
  } catch (error) {
    if (error instanceof KeyRevoked) throw invalidGrant("The API key behind this grant was revoked");
    throw error;
  }
}
