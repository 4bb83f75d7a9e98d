import {
  GrantType,
  OAuthAuthorizationServer,
  OAuthError,
  type TokenExchangeCallbackOptions,
  type TokenExchangeCallbackResult,
} from "@cloudflare/workers-oauth-provider";
import { readRequestBody } from "@modelcontextprotocol/server";
import { hasLoopbackHost } from "../auth/loopback.ts";
import { authorizationServerOptions, BASIC_SCOPES, mcpResource, readGrant, speaksOAuth } from "../auth/oauth.ts";
import { homeOf } from "../egress/self-call.ts";
import { type Env, settingsOf } from "../env.ts";
import { wholeBody } from "../lib/http/whole-body.ts";
import type { RequestLog } from "../lib/log.ts";
import {
  ACCESS_TOKEN_SECONDS,
  MAX_BODY_BYTES,
  MAX_REGISTRATION_BYTES,
  MIN_TOKEN_SECONDS,
  REFRESH_TOKEN_SECONDS,
} from "../limits.ts";
import { askAs } from "../registry/api/client.ts";
import { KeyRevoked } from "../registry/api/keys.ts";
import { notFound } from "./answers.ts";
import { authorize } from "./authorize.ts";
import { UnusableDocument, withClientDocuments } from "./client-documents.ts";
import { mayBegin, tooManySignIns } from "./sign-in-limit.ts";

const AS_METADATA = "/.well-known/oauth-authorization-server";
const REGISTER = "/oauth/register";
/** Of what clients ask the authorization server for. */
export const OAUTH_PATHS = ["/authorize", AS_METADATA, "/oauth/token", REGISTER];
/** Where clients learn which authorization server that is. */
export const RESOURCE_METADATA_PATHS = [
  "/.well-known/oauth-protected-resource",
  "/.well-known/oauth-protected-resource/mcp",
];

/** What leaves a record in the namespace although nobody has signed in: a client, or a consent that was asked for. */
const ANONYMOUS_WRITES = ["POST /oauth/register", "GET /authorize"];

/** The authorization server for clients that speak nothing else. Whoever has no AUTH_SECRET has none. */
export async function oauthRoute(
  request: Request,
  env: Env,
  context: ExecutionContext,
  log: RequestLog,
): Promise<Response> {
  const url = new URL(request.url);
  const { secrets } = settingsOf(env);
  if (secrets === undefined || !speaksOAuth(url)) return notFound();
  const bounded = await withBoundedBody(request, url.pathname === REGISTER ? MAX_REGISTRATION_BYTES : MAX_BODY_BYTES);
  if (bounded === undefined) return tooLarge();
  if (ANONYMOUS_WRITES.includes(`${request.method} ${url.pathname}`) && !(await mayBegin(request, env.SIGN_INS))) {
    return tooManySignIns();
  }
  const server = new OAuthAuthorizationServer<Env>({
    ...authorizationServerOptions(url.origin),
    tokenExchangeCallback: exchange,
    onError: ({ code, internal: { category, reason } }) => log.write({ event: "oauth_error", code, category, reason }),
  });
  const hasDocuments = usesDocuments(env, url);
  const ports = {
    home: await homeOf(secrets.current, () => crypto.randomUUID()),
    mayFetch: () => mayBegin(request, env.SIGN_INS),
    now: Date.now,
  };
  const seen = hasDocuments ? { ...env, OAUTH_KV: withClientDocuments(env.OAUTH_KV, ports) } : env;
  if (url.pathname === "/authorize")
    return authorize(bounded, server.getOAuthApi(seen), { hasDocuments, secrets, log, now: Date.now() });
  try {
    const response = await server.fetch(bounded, seen, context);
    return hasDocuments && url.pathname === AS_METADATA ? withDocumentsAdvertised(response) : response;
  } catch (error) {
    if (error instanceof UnusableDocument) return unknownClient(error);
    throw error;
  }
}

/** Not on this machine, which a document's server may not reach and whose clients could not tell why. */
const usesDocuments = (env: Env, url: URL): boolean =>
  (settingsOf(env).metadataDocuments ?? (hasLoopbackHost(url) ? "off" : "on")) === "on";

async function withDocumentsAdvertised(response: Response): Promise<Response> {
  if (response.status !== 200 || response.body === null) return response;
  const metadata: object = await response.json();
  return Response.json({ ...metadata, client_id_metadata_document_supported: true }, { headers: response.headers });
}

const tooLarge = (): Response => Response.json({ error: "invalid_request" }, { status: 413 });

/** RFC 6749, section 5.2. */
const unknownClient = ({ url, message }: UnusableDocument): Response =>
  Response.json(
    { error: "invalid_client", error_description: `The client's document ${url} could not be used: ${message}` },
    { status: 401, headers: { "cache-control": "no-store", "access-control-allow-origin": "*" } },
  );

/** RFC 9728: where a client that was told 401 learns whom to ask. */
export function resourceMetadata(request: Request, env: Env): Response {
  const url = new URL(request.url);
  if (settingsOf(env).secrets === undefined || !speaksOAuth(url)) return notFound();
  return Response.json(
    {
      resource: mcpResource(url.origin),
      authorization_servers: [url.origin],
      bearer_methods_supported: ["header"],
      scopes_supported: BASIC_SCOPES,
      resource_name: "Edge Jobs",
    },
    // Clients in a browser ask with a header of the protocol, so they send a preflight first.
    { headers: { "access-control-allow-origin": "*", "access-control-allow-headers": "*" } },
  );
}

/** A GET with a body is legal HTTP but no `Request`; the body means nothing, so it goes. */
const withoutBody = ({ url, method, headers }: Request): Request => new Request(url, { method, headers });

async function withBoundedBody(request: Request, maxBytes: number): Promise<Request | undefined> {
  if (request.body === null) return request;
  if (request.method === "GET" || request.method === "HEAD") return withoutBody(request);
  const body = await wholeBody(readRequestBody(request, maxBytes));
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
  const grant = secrets && (await readGrant(props, secrets, env.OAUTH_KV, now));
  if (grant === undefined) throw invalidGrant("The API key behind this grant has expired, or its secret was changed");
  const { tenant, key_id, expires_at } = grant;
  const secondsLeft = Math.floor((expires_at - now) / 1_000);
  if (secondsLeft < MIN_TOKEN_SECONDS) throw invalidGrant("The API key behind this grant has expired");
  const ask = askAs(env.JOB_REGISTRY, { tenant, key_id, actor: key_id });
  const isCode = grantType === GrantType.AUTHORIZATION_CODE;
  const isNew = await unlessRevoked(
    ask(0, (registry, caller) => (isCode ? registry.spendCode(caller, grantId, now) : registry.checkKey(caller))),
  );
  if (!isNew) throw invalidGrant("Authorization code already used");
  return {
    accessTokenTTL: Math.min(ACCESS_TOKEN_SECONDS, secondsLeft),
    refreshTokenTTL: Math.min(REFRESH_TOKEN_SECONDS, secondsLeft),
  };
}

async function unlessRevoked<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof KeyRevoked) throw invalidGrant("The API key behind this grant was revoked");
    throw error;
  }
}
