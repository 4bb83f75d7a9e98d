import { afterEach, describe, expect, it, vi } from "vitest";
import type { Claims } from "../../src/auth/api-key.ts";
import { aKey } from "../auth/keys.ts";
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
  register,
  serve,
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
      scopes_supported: ["jobs:read", "jobs:write", "blueprints:write"],
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

describe("a client that names itself by its metadata document", () => {
  const client_id = "https://client.example/oauth/client.json";
  const document = {
    client_id,
    client_name: "Documented",
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: "none",
  };
  const serveDocument = (response: () => Response) => vi.stubGlobal("fetch", async () => response());

  it("signs in without registration, and its page shows whose domain it is of", async () => {
    serveDocument(() => Response.json(document));
    const page = await ask(client_id);
    expect(await page.clone().text()).toContain("published by <strong>client.example</strong>");
    const answered = await answer(page, { key: await key() });
    const code = new URL(answered.headers.get("location") ?? "").searchParams.get("code") ?? "";
    expect(await granted([await exchange(client_id, code)])).toHaveLength(1);
  });

  it.each<[string, (id: string) => Response]>([
    ["is not there", () => new Response("", { status: 404 })],
    ["is no JSON", () => new Response("<html>")],
    ["is of another client", () => Response.json(document)],
    [
      "lists another redirect",
      (id) => Response.json({ ...document, client_id: id, redirect_uris: ["https://evil.example/callback"] }),
    ],
    ["is too large", (id) => Response.json({ ...document, client_id: id, more: "x".repeat(10_000) })],
  ])("gets no page when the document %s", async (_, response) => {
    const id = `https://client.example/${crypto.randomUUID()}/client.json`;
    serveDocument(() => response(id));
    const asked = await ask(id);
    expect([asked.status, asked.headers.get("location")]).toEqual([400, null]);
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
