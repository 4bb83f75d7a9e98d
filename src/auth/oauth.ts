import { OAuthAuthorizationServer, type OAuthAuthorizationServerOptions } from "@cloudflare/workers-oauth-provider";
import { z } from "zod";
import type { Env } from "../env.ts";
import { ACCESS_TOKEN_SECONDS, CLIENT_REGISTRATION_SECONDS, REFRESH_TOKEN_SECONDS } from "../limits.ts";
import { KeyId, TenantName } from "./api-key.ts";
import { hasLoopbackHost } from "./loopback.ts";
import type { Principal } from "./principal.ts";
import { SCOPES, type Scope } from "./scopes.ts";

/** What OAuth can grant: managing keys takes a key. */
export const GRANTABLE_SCOPES = SCOPES.filter((scope) => scope !== "admin");
/** What a client asks for first: without these the server is of no use. */
export const BASIC_SCOPES: readonly Scope[] = ["jobs:read", "jobs:write"];

/** Tokens travel over TLS, or not at all over a network. */
export const speaksOAuth = (url: URL): boolean => url.protocol === "https:" || hasLoopbackHost(url);

/** The audience of every token of this server. */
export const mcpResource = (origin: string): string => `${origin}/mcp`;
export const resourceMetadataUrl = (origin: string): string => `${origin}/.well-known/oauth-protected-resource/mcp`;

/** PERSISTED, encrypted, in grants. What a grant is worth is never more than the API key that was signed in with. */
export const Grant = z.strictObject({
  tenant: TenantName,
  key_id: KeyId,
  /** Epoch ms, of the API key. */
  expires_at: z.int().positive(),
});
export type Grant = z.infer<typeof Grant>;

/** This deployment is an authorization server for itself, under whichever name it was called. */
export const authorizationServerOptions = (origin: string): OAuthAuthorizationServerOptions<Env> => ({
  issuer: origin,
  resources: [mcpResource(origin)],
  scopesSupported: GRANTABLE_SCOPES,
  clientIdMetadataDocumentEnabled: true,
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
  now: number,
): Promise<Principal | undefined> {
  if (!speaksOAuth(url)) return undefined;
  const server = new OAuthAuthorizationServer<Env>(authorizationServerOptions(url.origin));
  const valid = await server.validateToken<unknown>(mcpResource(url.origin), token, env);
  const grant = Grant.safeParse(valid?.props);
  if (!valid || !grant.success || now >= grant.data.expires_at) return undefined;
  const { tenant, key_id } = grant.data;
  return { tenant, key_id, scopes: GRANTABLE_SCOPES.filter((scope) => valid.scope.includes(scope)) };
}
