import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Claims } from "../../src/auth/api-key.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { aKey, SECRET } from "../auth/keys.ts";

export const ORIGIN = "https://jobs.example.com";
export const RESOURCE = `${ORIGIN}/mcp`;
export const REDIRECT = "https://client.example/callback";
export const VERIFIER = "a-code-verifier-of-43-characters-or-more-0123456789";

export const serve = async (request: Request, over: Partial<Env> = {}): Promise<Response> => {
  request.headers.set("host", new URL(request.url).host);
  const bindings = { ...(env as unknown as Env), AUTH_SECRET: SECRET, ...over };
  return worker.fetch(request, bindings, createExecutionContext());
};

export async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export async function register(over: object = {}): Promise<{ client_id: string; client_secret?: string }> {
  const metadata = { client_name: "Tests", redirect_uris: [REDIRECT], token_endpoint_auth_method: "none", ...over };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(metadata) };
  return (await serve(new Request(`${ORIGIN}/oauth/register`, init))).json();
}

type Parameters = { [name: string]: string | undefined };

const defined = (parameters: Parameters): [string, string][] =>
  Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));

export async function ask(clientId: string, over: Parameters = {}, vars: Partial<Env> = {}): Promise<Response> {
  const url = new URL(`${ORIGIN}/authorize`);
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: REDIRECT,
    scope: "jobs:read jobs:write",
    state: "state-1",
    code_challenge: await challengeOf(VERIFIER),
    code_challenge_method: "S256",
    resource: RESOURCE,
    ...over,
  };
  for (const [name, value] of defined(parameters)) url.searchParams.set(name, value);
  return serve(new Request(url, { redirect: "manual" }), vars);
}

/** The owner's answer to a consent page. */
export async function answer(
  page: Response,
  fields: { key: string; scope?: string[]; decision?: string },
  cookie?: string,
) {
  const handle = /name="handle" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  const { key, scope = ["jobs:read", "jobs:write"], decision = "approve" } = fields;
  const body = new URLSearchParams([
    ["handle", handle],
    ["key", key],
    ["decision", decision],
  ]);
  for (const one of scope) body.append("scope", one);
  const headers = { cookie: cookie ?? page.headers.get("set-cookie")?.split(";")[0] ?? "" };
  return serve(new Request(`${ORIGIN}/authorize`, { method: "POST", body, headers, redirect: "manual" }));
}

/** The code of an authorization that the owner of `key` gave. */
export async function codeFor(clientId: string, key: string, scope?: string[], over: Parameters = {}): Promise<string> {
  const answered = await answer(await ask(clientId, over), { key, ...(scope && { scope }) });
  const location = answered.headers.get("location");
  const code = location && new URL(location).searchParams.get("code");
  if (!code) throw new Error(`no code: ${answered.status} ${location} ${await answered.text()}`);
  return code;
}

export const token = (parameters: Parameters, over: Partial<Env> = {}): Promise<Response> =>
  serve(new Request(`${ORIGIN}/oauth/token`, { method: "POST", body: new URLSearchParams(defined(parameters)) }), over);

export const exchange = (clientId: string, code: string, over: Parameters = {}): Promise<Response> =>
  token({
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    resource: RESOURCE,
    ...over,
  });

export const refresh = (clientId: string, refreshToken: string, over: Partial<Env> = {}): Promise<Response> =>
  token({ grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken, resource: RESOURCE }, over);

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
}

/** A call of a tool with an access token, at the origin that is asked. */
export const callTool = (
  accessToken: string,
  name: string,
  origin = ORIGIN,
  over: Partial<Env> = {},
): Promise<Response> =>
  serve(
    new Request(`${origin}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: {} } }),
    }),
    over,
  );

export const HOUR_MS = 3_600_000;
export const newKeyId = () => `key_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
export const key = (over: Partial<Claims> = {}) =>
  aKey({ expires_at: Date.now() + 1_000 * HOUR_MS, key_id: newKeyId(), ...over });

export async function signedIn(over: Partial<Claims> = {}): Promise<Tokens & { client: string }> {
  const { client_id } = await register();
  const response = await exchange(client_id, await codeFor(client_id, await key(over)));
  if (response.status !== 200) throw new Error(await response.text());
  return { ...((await response.json()) as Tokens), client: client_id };
}

export const get = async (path: string) => (await serve(new Request(`${ORIGIN}${path}`))).json();

/** What came back, as far as it is worth anything. */
export const granted = async (responses: Response[]): Promise<Tokens[]> =>
  Promise.all(
    responses.filter(({ status }) => status === 200).map(async (response) => (await response.json()) as Tokens),
  );

export const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));
