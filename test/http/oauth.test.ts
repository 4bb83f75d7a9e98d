import { afterEach, describe, expect, it, vi } from "vitest";
import type { Claims } from "../../src/auth/api-key.ts";
import { senderId } from "../../src/egress/self-call.ts";
import type { Env } from "../../src/env.ts";
import { CLIENT_DOCUMENT_KEPT_MS, MAX_CLIENT_DOCUMENT_BYTES, MAX_REGISTRATION_BYTES } from "../../src/limits.ts";
import { aKey, SECRET } from "../auth/keys.ts";
import {
  answer,
  ask,
  codeFor,
  exchange,
  get,
  granted,
  HOUR_MS,
  key,
  ORIGIN,
  REDIRECT,
  RESOURCE,
  refresh,
  register,
  serve,
  token,
} from "./oauth-flow.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("discovery", () => {
  it.each(["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"])(
    "%s names this server and what to ask for first",
    async (path) => {
      expect(await get(path)).toMatchObject({
        resource: RESOURCE,
        authorization_servers: [ORIGIN],
        scopes_supported: ["jobs:read", "jobs:write"],
      });
    },
  );

  it("the authorization server offers S256 only, client ID metadata documents, and no admin scope", async () => {
    expect(await get("/.well-known/oauth-authorization-server")).toMatchObject({
      issuer: ORIGIN,
      authorization_endpoint: `${ORIGIN}/authorize`,
      token_endpoint: `${ORIGIN}/oauth/token`,
      code_challenge_methods_supported: ["S256"],
      client_id_metadata_document_supported: true,
      scopes_supported: ["jobs:read", "jobs:write", "blueprints:write", "triggers:write", "jobs:work", "jobs:operate"],
    });
  });

  it.each(["/authorize", "/oauth/token", "/oauth/register", "/.well-known/oauth-protected-resource/mcp"])(
    "%s is not there without AUTH_SECRET, nor without TLS",
    async (path) => {
      expect((await serve(new Request(`http://localhost${path}`), { AUTH_SECRET: "" })).status).toBe(404);
      expect((await serve(new Request(`http://jobs.example.com${path}`))).status).toBe(404);
    },
  );

  it.each([
    "",
    "{",
    "[]",
    "\u0000",
    "a=1&a=2",
    "grant_type=authorization_code",
    "--x\r\n\r\n--x--",
    '{"redirect_uris":[1]}',
  ])("a body that is none, %j, is the sender's fault", async (body) => {
    const types = [
      "application/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "text/plain",
    ];
    for (const path of ["/authorize", "/oauth/token", "/oauth/register"]) {
      for (const type of types) {
        const init = { method: "POST", body, headers: { "content-type": type } };
        const { status } = await serve(new Request(`${ORIGIN}${path}`, init));
        expect([path, type, Math.floor(status / 100)]).toEqual([path, type, 4]);
      }
    }
  });

  it("a body that is too large is refused before it is parsed", async () => {
    const body = "x".repeat(300_000);
    for (const path of ["/authorize", "/oauth/token", "/oauth/register"]) {
      expect((await serve(new Request(`${ORIGIN}${path}`, { method: "POST", body }))).status).toBe(413);
    }
  });
});

describe("a registration", () => {
  const bytes = async (count: number) => {
    const metadata = { client_name: "Tests", redirect_uris: [REDIRECT], token_endpoint_auth_method: "none", pad: "" };
    const pad = "x".repeat(count - JSON.stringify(metadata).length);
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const body = JSON.stringify({ ...metadata, pad });
    return (await serve(new Request(`${ORIGIN}/oauth/register`, { ...init, body }))).status;
  };

  it("has at most 8 KiB", async () => {
    expect([await bytes(MAX_REGISTRATION_BYTES), await bytes(MAX_REGISTRATION_BYTES + 1)]).toEqual([201, 413]);
  });
});

describe("a client that names itself by its metadata document", () => {
  const aUrl = () => `https://client.example/${crypto.randomUUID()}/client.json`;
  const documentOf = (client_id: string) => ({
    client_id,
    client_name: "Documented",
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: "none",
  });

  /** The outside. @returns what was asked of it */
  function serveDocument(response: (url: string) => Response | Promise<Response>): Request[] {
    const asked: Request[] = [];
    vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
      asked.push(new Request(url, init));
      return response(url.href);
    });
    return asked;
  }
  const serveGood = () => serveDocument((url) => Response.json(documentOf(url)));

  const signIn = async (client_id: string, over: Partial<Env> = {}) => {
    const page = await ask(client_id, {}, over);
    expect(await page.clone().text()).toContain("published by <strong>client.example</strong>");
    const answered = await answer(page, { key: await key() });
    const code = new URL(answered.headers.get("location") ?? "").searchParams.get("code") ?? "";
    return granted([await exchange(client_id, code)]);
  };

  it("signs in without registration, its page shows whose domain it is of, and its document is fetched once", async () => {
    const asked = serveGood();
    const client_id = aUrl();
    const [tokens] = await signIn(client_id);
    expect(await granted([await refresh(client_id, tokens?.refresh_token ?? "")])).toHaveLength(1);
    expect(asked.map(({ url, redirect }) => [url, redirect])).toEqual([[client_id, "manual"]]);
    expect(asked[0]?.headers.get("edge-jobs-sender")).toBe(await senderId(SECRET));
  });

  it("is looked at again after some minutes", async () => {
    const asked = serveGood();
    const client_id = aUrl();
    await ask(client_id);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + CLIENT_DOCUMENT_KEPT_MS - 1_000 });
    await ask(client_id);
    expect(asked).toHaveLength(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
    await ask(client_id);
    expect(asked).toHaveLength(2);
  });

  it("has a document of at most 5 KiB", async () => {
    const padded = (url: string, size: number) => {
      const bare = JSON.stringify({ ...documentOf(url), more: "" });
      return bare.replace('"more":""', `"more":"${"x".repeat(size - bare.length)}"`);
    };
    serveDocument((url) => new Response(padded(url, MAX_CLIENT_DOCUMENT_BYTES)));
    expect((await ask(aUrl())).status).toBe(200);
    serveDocument((url) => new Response(padded(url, MAX_CLIENT_DOCUMENT_BYTES + 1)));
    expect((await ask(aUrl())).status).toBe(400);
  });

  it.each<[string, (id: string) => Response | Promise<Response>, string]>([
    ["is not there", () => new Response("", { status: 404 }), "answered 404"],
    ["is no JSON", () => new Response("<html>"), "no JSON"],
    ["is a list", () => Response.json([1]), "no JSON object"],
    ["is of another client", () => Response.json(documentOf("https://client.example/other")), "client_id is another"],
    ["has no name", (id) => Response.json({ ...documentOf(id), client_name: undefined }), "client_name is missing"],
    ["has no redirects", (id) => Response.json({ ...documentOf(id), redirect_uris: [] }), "redirect_uris is empty"],
    ["tells a secret", (id) => Response.json({ ...documentOf(id), client_secret: "x" }), "client_secret must not"],
    [
      "wants to have a secret",
      (id) => Response.json({ ...documentOf(id), token_endpoint_auth_method: "client_secret_post" }),
      "must be none",
    ],
    [
      "lists another redirect",
      (id) => Response.json({ ...documentOf(id), redirect_uris: ["https://evil.example/callback"] }),
      "Invalid redirect URI",
    ],
    ["is too large", (id) => Response.json({ ...documentOf(id), more: "x".repeat(10_000) }), "larger than 5120 bytes"],
    ["is somewhere else", () => new Response(null, { status: 302, headers: { location: "/x" } }), "redirects"],
    [
      "is somewhere private",
      () => new Response(null, { status: 307, headers: { location: "http://10.0.0.1/" } }),
      "redirects",
    ],
    ["cannot be reached", () => Promise.reject(new TypeError("canary-inside")), "no connection"],
  ])("gets no page when the document %s, and is told why and what to do instead", async (_, response, why) => {
    const id = aUrl();
    const asked = serveDocument(() => response(id));
    const page = await ask(id);
    expect([page.status, page.headers.get("location"), asked.length]).toEqual([400, null, 1]);
    const html = await page.text();
    expect(html).toContain(why);
    expect(html).toMatch(/claude mcp add .*https:\/\/jobs\.example\.com\/mcp --header/);
    if (why !== "Invalid redirect URI") expect(html).toContain(id);
    expect(html).not.toContain("canary");
  });

  it.each([
    "https://127.0.0.1/client.json",
    "https://10.0.0.1/client.json",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/client.json",
    "https://[fd00::1]/client.json",
    "https://localhost/client.json",
    "https://metadata.google.internal/client.json",
    "https://2130706433/client.json",
    "https://0x7f.1/client.json",
    "https://user:pass@client.example/client.json",
    "https://client.example/a/../client.json",
    "https://client.example/%2e%2e/client.json",
    "https://client.example/client.json#x",
    "https://CLIENT.example/client.json",
  ])("is not even asked for at %s", async (url) => {
    const asked = serveGood();
    const page = await ask(url);
    expect([page.status, page.headers.get("location"), asked.length]).toEqual([400, null, 0]);
    const fields = { grant_type: "refresh_token", client_id: url, refresh_token: "a:b:c", resource: RESOURCE };
    const refused = await token(fields);
    expect([refused.status, await refused.json()]).toEqual([401, expect.objectContaining({ error: "invalid_client" })]);
    expect(asked).toHaveLength(0);
  });

  it("is a stranger where documents are off: none is advertised, and none fetched", async () => {
    const asked = serveGood();
    const off = { OAUTH_METADATA_DOCUMENTS: "off" };
    const path = "/.well-known/oauth-authorization-server";
    const advertised = async (url: string, over: Partial<Env>) =>
      (
        (await (await serve(new Request(url + path), over)).json()) as {
          client_id_metadata_document_supported: boolean;
        }
      ).client_id_metadata_document_supported;
    expect(await advertised(ORIGIN, {})).toBe(true);
    expect(await advertised(ORIGIN, off)).toBe(false);
    expect(await advertised("http://localhost:8787", {})).toBe(false);
    expect(await advertised("http://localhost:8787", { OAUTH_METADATA_DOCUMENTS: "on" })).toBe(true);
    expect((await ask(aUrl(), {}, off)).status).toBe(400);
    expect(asked).toHaveLength(0);
  });

  it("counts as a sign-in, so that nobody can send us out as often as they like", async () => {
    const asked = serveGood();
    const none = { limit: async () => ({ success: false }) } as unknown as RateLimit;
    const fields = new URLSearchParams({ grant_type: "refresh_token", client_id: aUrl(), refresh_token: "a:b:c" });
    const headers = { "cf-connecting-ip": "203.0.113.9" };
    const init = { method: "POST", body: fields, headers };
    expect((await serve(new Request(`${ORIGIN}/oauth/token`, init), { SIGN_INS: none })).status).toBe(401);
    expect(asked).toHaveLength(0);
  });
});

describe("the consent page", () => {
  it("names the client, where access goes, and the scopes", async () => {
    const { client_id } = await register();
    const html = await (await ask(client_id)).text();
    expect(html).toContain("<strong>Tests</strong>");
    expect(html).toContain("<strong>client.example</strong>");
    expect(html.match(/<input type="checkbox" name="scope" value="[^"]+" (checked)?>/g)).toEqual([
      '<input type="checkbox" name="scope" value="jobs:read" checked>',
      '<input type="checkbox" name="scope" value="jobs:write" checked>',
      '<input type="checkbox" name="scope" value="blueprints:write" >',
      '<input type="checkbox" name="scope" value="triggers:write" >',
      '<input type="checkbox" name="scope" value="jobs:work" >',
      '<input type="checkbox" name="scope" value="jobs:operate" >',
    ]);
  });

  it("warns when access goes to a program on the computer", async () => {
    const redirect_uri = "http://127.0.0.1:9999/callback";
    const { client_id } = await register({ redirect_uris: [redirect_uri] });
    expect(await (await ask(client_id, { redirect_uri })).text()).toContain("program on your computer");
  });

  it("escapes what a client says of itself", async () => {
    const hidden = await register({ client_name: "Claude\u202e\u200b\u{e0041}\u001b[1m" });
    expect(await (await ask(hidden.client_id)).text()).toContain("<strong>Claude[1m</strong>");
    const { client_id } = await register({ client_name: `<img src=x onerror="a()">'` });
    const html = await (await ask(client_id)).text();
    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img");
  });

  it("cannot be framed, runs no script, sends no referrer, is not stored", async () => {
    const { client_id } = await register();
    const { headers } = await ask(client_id);
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("set-cookie")).toMatch(/^__Host-.*HttpOnly/);
  });

  it("that is declined sends the client access_denied", async () => {
    const { client_id } = await register();
    const { status, headers } = await answer(await ask(client_id), { key: "", decision: "deny" });
    const location = new URL(headers.get("location") ?? "");
    expect([status, location.origin + location.pathname, location.searchParams.get("error")]).toEqual([
      302,
      REDIRECT,
      "access_denied",
    ]);
  });

  it.each([
    ["without a key", async () => ""],
    ["with a key of another server", async () => aKey({ expires_at: Date.now() + HOUR_MS }, "x".repeat(40))],
    ["with an expired key", async () => aKey({ expires_at: Date.now() - 1 })],
    ["with a key that has none of the scopes", async () => key({ scopes: ["admin"] })],
  ])("answered %s gives nothing, and does not repeat the key", async (_, made) => {
    const { client_id } = await register();
    const secret = await made();
    const answered = await answer(await ask(client_id), { key: secret });
    expect([answered.status, answered.headers.get("location")]).toEqual([400, null]);
    if (secret) expect(await answered.text()).not.toContain(secret);
  });

  it("that was answered with a wrong key may be answered again with the right one", async () => {
    const { client_id } = await register();
    const page = await ask(client_id);
    const again = page.clone();
    expect((await answer(page, { key: "ej1_wrong" })).status).toBe(400);
    expect((await answer(again, { key: await key() })).status).toBe(302);
  });

  it("works once, and only in the browser that opened it", async () => {
    const { client_id } = await register();
    const page = await ask(client_id);
    const [foreign, again] = [page.clone(), page.clone()];
    const good = await key();
    expect((await answer(foreign, { key: good }, "__Host-other=1")).status).toBe(400);
    expect((await answer(page, { key: good })).status).toBe(302);
    expect((await answer(again, { key: good })).status).toBe(400);
  });

  it("grants what was chosen and the key has, and never admin", async () => {
    const { client_id } = await register();
    const scopes: Claims["scopes"] = ["jobs:read", "blueprints:write", "admin"];
    const code = await codeFor(client_id, await key({ scopes }), ["jobs:read", "jobs:write", "admin"]);
    expect(await (await exchange(client_id, code)).json()).toMatchObject({ scope: "jobs:read" });
  });
});
