import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { authenticate } from "../../src/auth/authenticate.ts";
import type { Env } from "../../src/env.ts";
import { askAsServer } from "../../src/registry/api/client.ts";
import { SECRET } from "../auth/keys.ts";
import { ALTERED_REDIRECTS } from "./altered-redirects.ts";
import {
  ask,
  callTool,
  challengeOf,
  codeFor,
  exchange,
  granted,
  HOUR_MS,
  key,
  newKeyId,
  ORIGIN,
  REDIRECT,
  RESOURCE,
  refresh,
  register,
  serve,
  signedIn,
  times,
  token,
  VERIFIER,
} from "./oauth-flow.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("an access token", () => {
  it("is the tenant and the scopes that were granted, until more is needed", async () => {
    const { access_token } = await signedIn({ scopes: ["jobs:read"] });
    expect((await callTool(access_token, "jobs_list")).status).toBe(200);
    const refused = await callTool(access_token, "jobs_submit_blueprint");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("www-authenticate")).toMatch(
      /error="insufficient_scope", scope="jobs:read jobs:write".*resource_metadata="https:\/\/jobs\.example\.com/,
    );
  });

  it("is refused at another name of the same server: the audience is wrong", async () => {
    const { access_token } = await signedIn();
    expect((await callTool(access_token, "jobs_list", "https://other.example.com")).status).toBe(401);
  });

  it("is refused under /keys", async () => {
    const { access_token } = await signedIn({ scopes: ["jobs:read", "admin"] });
    const headers = { authorization: `Bearer ${access_token}` };
    expect((await serve(new Request(`${ORIGIN}/keys`, { headers }))).status).toBe(403);
  });

  it("that was changed, cut or made up is refused", async () => {
    const { access_token } = await signedIn();
    const [user, grant, secret] = access_token.split(":");
    const wrong = [`${user}:${grant}:${secret}x`, `${user}:${grant}`, `${user}:x:${secret}`, "x", "::", "a:b:c"];
    for (const one of wrong) expect((await callTool(one, "jobs_list")).status).toBe(401);
  });

  it("ends after an hour", async () => {
    const { access_token, expires_in } = await signedIn();
    expect(expires_in).toBe(HOUR_MS / 1_000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR_MS + 1_000 });
    expect((await callTool(access_token, "jobs_list")).status).toBe(401);
  });

  it("is refused from the moment at which that API key expires, whatever its own end", async () => {
    const expires_at = Date.now() + HOUR_MS;
    const { access_token } = await signedIn({ expires_at });
    const at = (now: number) =>
      authenticate(
        new Request(RESOURCE, { headers: { authorization: `Bearer ${access_token}` } }),
        new URL(RESOURCE),
        { ...(env as unknown as Env), AUTH_SECRET: SECRET },
        now,
      );
    expect([(await at(expires_at - 1)).ok, (await at(expires_at)).ok]).toEqual([true, false]);
  });

  it("ends with the API key that was signed in with", async () => {
    const { expires_in } = await signedIn({ expires_at: Date.now() + 120_000 });
    expect(expires_in).toBeLessThanOrEqual(120);
  });

  it("and its grant are of no use once that API key was revoked", async () => {
    const key_id = newKeyId();
    const { access_token, refresh_token, client } = await signedIn({ tenant: "globex", key_id });
    await askAsServer(env.JOB_REGISTRY as DurableObjectNamespace, "globex")(0, (registry, server) =>
      registry.revokeKey(server, key_id, Date.now()),
    );
    expect(await (await callTool(access_token, "jobs_list")).text()).toContain("revoked");
    const [next] = await granted([await refresh(client, refresh_token)]);
    if (next) expect(await (await callTool(next.access_token, "jobs_list")).text()).toContain("revoked");
  });
});

describe("a sign-in, when AUTH_SECRET is changed", () => {
  const SECOND = "the second secret of the tests, 32 characters";
  const rotated = { AUTH_SECRET: SECOND, AUTH_SECRET_PREVIOUS: SECRET };
  const ended = { AUTH_SECRET: SECOND };
  const call = async (token: string, over: Partial<Env>) => (await callTool(token, "jobs_list", ORIGIN, over)).status;

  it("is good while the secret before is named, and ends with it, for its refresh token too", async () => {
    const { access_token, refresh_token, client } = await signedIn();
    expect([await call(access_token, {}), await call(access_token, rotated)]).toEqual([200, 200]);
    expect(await call(access_token, ended)).toBe(401);
    const refused = await refresh(client, refresh_token, ended);
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ error: "invalid_grant" })]);
  });

  it("that was refreshed in between is still of the secret before", async () => {
    const { refresh_token, client } = await signedIn();
    const [next] = await granted([await refresh(client, refresh_token, rotated)]);
    const token = next?.access_token ?? "";
    expect([await call(token, rotated), await call(token, ended)]).toEqual([200, 401]);
    expect((await refresh(client, next?.refresh_token ?? "", ended)).status).toBe(400);
  });

  it("that was made with a key of the secret before ends with it, though the new one was current then", async () => {
    const old = await key();
    const { client_id } = await register();
    const page = await ask(client_id);
    const handle = /name="handle" value="([^"]+)"/.exec(await page.text())?.[1] ?? "";
    const fields = { handle, key: old, decision: "approve", scope: "jobs:read" };
    const headers = { cookie: page.headers.get("set-cookie")?.split(";")[0] ?? "" };
    const init = { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" as const };
    const answered = await serve(new Request(`${ORIGIN}/authorize`, init), rotated);
    const code = new URL(answered.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const parameters = { client_id, code, redirect_uri: REDIRECT, code_verifier: VERIFIER, resource: RESOURCE };
    const exchanged = await token({ grant_type: "authorization_code", ...parameters }, rotated);
    const { access_token } = (await exchanged.json()) as { access_token: string };
    expect([await call(access_token, rotated), await call(access_token, ended)]).toEqual([200, 401]);
  });

  it("of another secret than these two is none", async () => {
    const { access_token } = await signedIn();
    const others = { AUTH_SECRET: SECOND, AUTH_SECRET_PREVIOUS: `${SECOND}!` };
    expect(await call(access_token, others)).toBe(401);
  });
});

describe("no token comes from", () => {
  it.each<[string, { [name: string]: string | undefined }]>([
    ["a request without PKCE", { code_challenge: undefined, code_challenge_method: undefined }],
    ["plain PKCE", { code_challenge: VERIFIER, code_challenge_method: "plain" }],
    ["PKCE without a method", { code_challenge_method: undefined }],
    ["a resource of another server", { resource: "https://other.example.com/mcp" }],
    ["a response type that is not code", { response_type: "token" }],
  ])("%s, of public or confidential clients", async (_, over) => {
    for (const token_endpoint_auth_method of ["none", "client_secret_basic"]) {
      const { client_id } = await register({ token_endpoint_auth_method });
      const asked = await ask(client_id, over);
      const location = asked.headers.get("location");
      if (location) expect(new URL(location).searchParams.get("error")).toBeTruthy();
      expect(await asked.text()).not.toContain('name="handle"');
    }
  });

  it("an unknown client", async () => {
    const asked = await ask("nobody");
    expect([asked.status, asked.headers.get("location")]).toEqual([400, null]);
  });

  it.each([
    ["missing", undefined],
    ["wrong", `${VERIFIER}x`],
    ["the challenge itself", "challenge"],
  ])("a code with a verifier that is %s", async (_, verifier) => {
    const { client_id } = await register();
    const code = await codeFor(client_id, await key());
    const code_verifier = verifier === "challenge" ? await challengeOf(VERIFIER) : verifier;
    expect((await exchange(client_id, code, { code_verifier })).status).toBe(400);
  });

  it("a code of another client", async () => {
    const [one, two] = [await register(), await register()];
    const code = await codeFor(one.client_id, await key());
    expect((await exchange(two.client_id, code)).status).toBe(400);
  });

  it("a code for another redirect or resource", async () => {
    const other = "https://client.example/other";
    const { client_id } = await register({ redirect_uris: [REDIRECT, other] });
    const code = await codeFor(client_id, await key());
    expect((await exchange(client_id, code, { redirect_uri: other })).status).toBe(400);
    expect((await exchange(client_id, code, { resource: "https://other.example.com/mcp" })).status).toBe(400);
  });

  it("a redirect that differs from the registered one, in 40 ways, none of which is ever followed", async () => {
    const { client_id } = await register();
    const altered = ALTERED_REDIRECTS.filter((form) => form !== REDIRECT);
    expect(altered.length).toBeGreaterThanOrEqual(40);
    const followed = await Promise.all(
      altered.map(async (redirect_uri) => {
        const asked = await ask(client_id, { redirect_uri });
        const stopped = asked.status === 400 && asked.headers.get("location") === null;
        return stopped ? [] : [redirect_uri];
      }),
    );
    expect(followed.flat()).toEqual([]);
  });

  it("a code that is used a second time, which also ends what the first use got", async () => {
    const { client_id } = await register();
    const code = await codeFor(client_id, await key());
    const [first] = await granted([await exchange(client_id, code)]);
    expect((await exchange(client_id, code)).status).toBe(400);
    expect((await callTool(first?.access_token ?? "", "jobs_list")).status).toBe(401);
    expect((await refresh(client_id, first?.refresh_token ?? "")).status).toBe(400);
  });

  it("20 uses of one code at the same time, but one at most", async () => {
    const { client_id } = await register();
    const code = await codeFor(client_id, await key());
    expect((await granted(await times(20, () => exchange(client_id, code)))).length).toBeLessThanOrEqual(1);
  });

  it("20 uses of one refresh token at the same time, but for the one grant: of the new refresh tokens one stays good", async () => {
    const { client, refresh_token } = await signedIn();
    const all = await granted(await times(20, () => refresh(client, refresh_token)));
    const families = new Set(all.map(({ access_token }) => access_token.split(":")[1]));
    expect(families.size).toBe(1);
    const next = await granted(await Promise.all(all.map((tokens) => refresh(client, tokens.refresh_token))));
    expect(next).toHaveLength(1);
    expect((await refresh(client, refresh_token)).status).toBe(400);
  });

  it("a refresh token of another client, or one that was replaced twice", async () => {
    const { client, refresh_token } = await signedIn();
    const { client_id: other } = await register();
    expect((await refresh(other, refresh_token)).status).toBe(400);
    const [second] = await granted([await refresh(client, refresh_token)]);
    const [third] = await granted([await refresh(client, second?.refresh_token ?? "")]);
    expect(third).toBeDefined();
    expect((await refresh(client, refresh_token)).status).toBe(400);
  });

  it("a grant whose API key was revoked before the code was used", async () => {
    const key_id = newKeyId();
    const { client_id } = await register();
    const code = await codeFor(client_id, await key({ tenant: "initech", key_id }));
    await askAsServer(env.JOB_REGISTRY as DurableObjectNamespace, "initech")(0, (registry, server) =>
      registry.revokeKey(server, key_id, Date.now()),
    );
    expect((await exchange(client_id, code)).status).toBe(400);
  });
});
