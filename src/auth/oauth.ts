import { OAuthAuthorizationServer, type OAuthAuthorizationServerOptions } from "@cloudflare/workers-oauth-provider";
import * as z from "zod";
import type { Env } from "../env.ts";
import { toBase64Url } from "../lib/base64url.ts";
import { utf8 } from "../lib/json.ts";
import { allOf, memoizedKey, type Secrets } from "../lib/signing-key.ts";
import { ACCESS_TOKEN_SECONDS, CLIENT_REGISTRATION_SECONDS, REFRESH_TOKEN_SECONDS } from "../limits.ts";
import { KeyId, TenantName } from "./api-key.ts";
import { hasLoopbackHost } from "./loopback.ts";
import type { Principal } from "./principal.ts";
import { SCOPES, type Scope } from "./scopes.ts";

/** 96 bits: more than two secrets of one deployment ever share. */
const FINGERPRINT_BYTES = 12;

/** What OAuth can grant: managing keys takes a key. */
export const GRANTABLE_SCOPES = SCOPES.filter((scope) => scope !== "admin");
/** What a client asks for first: without these the server is of no use. */
export const BASIC_SCOPES: readonly Scope[] = ["jobs:read", "jobs:write"];

/** Tokens travel over TLS, or not at all over a network. */
export const speaksOAuth = (url: URL): boolean => url.protocol === "https:" || hasLoopbackHost(url);

/** The audience of every token of this server. */
export const mcpResource = (origin: string): string => `${origin}/mcp`;
export const resourceMetadataUrl = (origin: string): string => `${origin}/.well-known/oauth-protected-resource/mcp`;

/**
 * PERSISTED, encrypted, in grants. What a grant is worth is never more than the API key that was signed in with, and it
 * ends with the secret that signed that key.
 */
export const Grant = z.strictObject({
  tenant: TenantName,
  key_id: KeyId,
  /** Epoch ms, of the API key. */
  expires_at: z.int().positive(),
  /**
   * {@link fingerprint} of the secret. Never written anew: a refreshed grant is still of its first secret. Grants of release
   * 0.1.0 name none: {@link secretOfUnnamed}.
   */
  secret: z.string().optional(),
});
export type Grant = z.infer<typeof Grant>;

/** Names a secret, and tells nothing about it. */
export async function fingerprint(secret: string): Promise<string> {
  const key = await memoizedKey(secret, "edge-jobs grant v1");
  const mac = await crypto.subtle.sign("HMAC", key, utf8("fingerprint"));
  return toBase64Url(new Uint8Array(mac).subarray(0, FINGERPRINT_BYTES));
}

/** PERSISTED beside the records of the OAuth server, whose names begin otherwise. */
const UNNAMED = "edge-jobs:secret-of-grants-of-0.1.0";

/**
 * Fingerprint of the secret with which grants end that name none: the oldest that was in use when the first of them was met.
 * @param good fingerprints of the secrets in use
 */
async function secretOfUnnamed(records: KVNamespace, good: readonly string[]): Promise<string | undefined> {
  const known = await records.get(UNNAMED);
  const oldest = known ?? good.at(-1);
  if (known === null && oldest !== undefined) await records.put(UNNAMED, oldest);
  return oldest;
}

/**
 * What the encrypted part of a grant says; undefined when no secret that is in use made it, or its key has expired.
 * @param records of the OAuth server @param now epoch ms
 */
export async function readGrant(
  props: unknown,
  secrets: Secrets,
  records: KVNamespace,
  now: number,
): Promise<Grant | undefined> {
  const grant = Grant.safeParse(props).data;
  if (grant === undefined || now >= grant.expires_at) return undefined;
  const good = await Promise.all(allOf(secrets).map(fingerprint));
  const secret = grant.secret ?? (await secretOfUnnamed(records, good));
  return secret !== undefined && good.includes(secret) ? grant : undefined;
}

/** This deployment is an authorization server for itself, under whichever name it was called. */
export const authorizationServerOptions = (origin: string): OAuthAuthorizationServerOptions<Env> => ({
  issuer: origin,
  resources: [mcpResource(origin)],
  scopesSupported: GRANTABLE_SCOPES,
  // http/client-documents.ts does it: the provider would fetch whatever URL anybody names.
  clientIdMetadataDocumentEnabled: false,
  // Deprecated by MCP in favour of client ID metadata documents, which many clients do not have yet.
  clientRegistrationEndpoint: "/oauth/register",
  clientRegistrationTTL: CLIENT_REGISTRATION_SECONDS,
  accessTokenTTL: ACCESS_TOKEN_SECONDS,
  refreshTokenTTL: REFRESH_TOKEN_SECONDS,
});

/**
 * Who holds this access token; undefined when it is none of ours, for another audience, or has expired.
 * @param now epoch ms
 */
export async function accessTokenPrincipal(
  token: string,
  url: URL,
  env: Env,
  secrets: Secrets,
  now: number,
): Promise<Principal | undefined> {
  if (!speaksOAuth(url)) return undefined;
  const server = new OAuthAuthorizationServer<Env>(authorizationServerOptions(url.origin));
  const valid = await server.validateToken<unknown>(mcpResource(url.origin), token, env);
  const grant = valid ? await readGrant(valid.props, secrets, env.OAUTH_KV, now) : undefined;
  if (valid === null || grant === undefined) return undefined;
  const { tenant, key_id } = grant;
  const client_id = valid.clientId;
  return { tenant, key_id, client_id, scopes: GRANTABLE_SCOPES.filter((scope) => valid.scope.includes(scope)) };
}
