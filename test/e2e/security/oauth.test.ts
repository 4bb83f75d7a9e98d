import { randomBytes } from "node:crypto";
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { newKeyId } from "../../../src/auth/api-key.ts";
import type { Scope } from "../../../src/auth/scopes.ts";
import { createKey } from "../../../tooling/create-key.ts";
import { callTool } from "../../support/clients.ts";
import { useServer } from "../../support/server.ts";

const SECRET = randomBytes(32).toString("hex");
const REDIRECT = "http://127.0.0.1:9/callback";

async function aKey(scope: Scope[]): Promise<string> {
  const request = { tenant: "acme", scope, days: 1, secret: SECRET };
  return (await createKey(request, newKeyId(randomBytes(12)), Date.now())).key;
}

/** An MCP host without a browser: it remembers where it was sent. */
class Host implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT;
  readonly clientMetadata = { client_name: "A host", redirect_uris: [REDIRECT], token_endpoint_auth_method: "none" };
  saved: StoredOAuthTokens | undefined;
  sentTo: URL | undefined;
  #client: StoredOAuthClientInformation | undefined;
  #verifier = "";
  #discovered: OAuthDiscoveryState | undefined;

  clientInformation = () => this.#client;
  saveClientInformation = (client: StoredOAuthClientInformation) => {
    this.#client = client;
  };
  tokens = () => this.saved;
  saveTokens = (tokens: StoredOAuthTokens) => {
    this.saved = tokens;
  };
  redirectToAuthorization = (url: URL) => {
    this.sentTo = url;
  };
  saveCodeVerifier = (verifier: string) => {
    this.#verifier = verifier;
  };
  codeVerifier = () => this.#verifier;
  saveDiscoveryState = (state: OAuthDiscoveryState) => {
    this.#discovered = state;
  };
  discoveryState = () => this.#discovered;
}

/** What the owner does in a browser. @returns what the client is called back with */
async function allow(url: URL, key: string, scopes: string[]): Promise<URLSearchParams> {
  const page = await fetch(url);
  const handle = /name="handle" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
  const body = new URLSearchParams([
    ["handle", handle],
    ["key", key],
    ["decision", "approve"],
  ]);
  for (const scope of scopes) body.append("scope", scope);
  const cookie = page.headers.get("set-cookie")?.split(";")[0] ?? "";
  const answered = await fetch(new URL("/authorize", url), {
    method: "POST",
    body,
    headers: { cookie },
    redirect: "manual",
  });
  return new URL(answered.headers.get("location") ?? "").searchParams;
}

describe("the official client", () => {
  const server = useServer({ AUTH_SECRET: SECRET });
  const transportOf = (host: Host) =>
    new StreamableHTTPClientTransport(new URL(`${server().url}/mcp`), { authProvider: host });
  const newClient = () => new Client({ name: "edge-jobs-tests", version: "1.0.0" });

  async function signedIn(scopes: Scope[]): Promise<{ host: Host; client: Client }> {
    const host = new Host();
    const first = transportOf(host);
    await expect(newClient().connect(first)).rejects.toBeInstanceOf(UnauthorizedError);
    if (host.sentTo === undefined) throw new Error("was not sent to sign in");
    await first.finishAuth(await allow(host.sentTo, await aKey(scopes), scopes));
    const client = newClient();
    await client.connect(transportOf(host));
    return { host, client };
  }

  it("finds the authorization server, registers, signs in, and runs a job", async () => {
    const { host, client } = await signedIn(["jobs:read", "jobs:write"]);
    expect(host.sentTo?.searchParams.get("scope")).toBe("jobs:read jobs:write");
    const blueprint = { name: "mine", steps: [{ id: "a", type: "transform", value: 1 }] };
    const { structured } = await callTool(client, "jobs_submit_blueprint", { blueprint, wait_seconds: 30 });
    expect(structured).toMatchObject({ status: "succeeded", result: { value: 1 } });
    await client.close();
  });

  it("gets a new access token when the old one is no longer good", async () => {
    const { host, client } = await signedIn(["jobs:read"]);
    const before = host.saved;
    if (before === undefined) throw new Error("no tokens");
    host.saved = { ...before, access_token: `${before.access_token}x` };
    expect(await callTool(client, "jobs_list", {})).toMatchObject({ isError: false });
    expect(host.saved?.refresh_token).not.toBe(before.refresh_token);
    await client.close();
  });

  it("is sent to sign in again when a call needs more than was granted", async () => {
    const { host, client } = await signedIn(["jobs:read"]);
    host.sentTo = undefined;
    const submit = callTool(client, "jobs_submit_blueprint", { blueprint: "url-audit", input: { urls: [] } });
    await expect(submit).rejects.toThrow();
    expect((host.sentTo as URL | undefined)?.searchParams.get("scope")).toBe("jobs:read jobs:write");
    await client.close();
  });

  it("and 20 thieves with its code at the same time get one grant at most", async () => {
    const host = new Host();
    const transport = transportOf(host);
    await expect(newClient().connect(transport)).rejects.toBeInstanceOf(UnauthorizedError);
    if (host.sentTo === undefined) throw new Error("was not sent to sign in");
    const called = await allow(host.sentTo, await aKey(["jobs:read"]), ["jobs:read"]);
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      code: called.get("code") ?? "",
      client_id: host.clientInformation()?.client_id ?? "",
      redirect_uri: REDIRECT,
      code_verifier: host.codeVerifier(),
    });
    const exchange = () => fetch(`${server().url}/oauth/token`, { method: "POST", body });
    const replies = await Promise.all(Array.from({ length: 20 }, exchange));
    expect(replies.filter(({ ok }) => ok).length).toBeLessThanOrEqual(1);
    expect(new Set(replies.map(({ status }) => status)).has(400)).toBe(true);
  });
});
