import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newKeyId } from "../../../src/auth/api-key.ts";
import type { Scope } from "../../../src/auth/scopes.ts";
import { createKey } from "../../../tooling/create-key.ts";
import { useServer } from "../../support/server.ts";
import { type Exchange, recording } from "./replay.ts";
import { SignIn } from "./sign-in.ts";

const SECRET = randomBytes(32).toString("hex");
const BASIC: Scope[] = ["jobs:read", "jobs:write"];
const NOWHERE = "http://127.0.0.1:9";

const server = useServer({ AUTH_SECRET: SECRET });

async function aKey(scope: Scope[]): Promise<string> {
  return (await createKey({ tenant: "acme", scope, days: 1, secret: SECRET }, newKeyId(randomBytes(12)), Date.now()))
    .key;
}

const names = () => ({ server: server().url, world: NOWHERE });
const jsonOf = ({ text }: Exchange) => JSON.parse(text);
const pathOf = ({ sent }: Exchange): string => new URL(sent.path, NOWHERE).pathname;

describe("what the clients read before a sign-in", () => {
  it.each(["oauth-claude-code", "oauth-codex", "oauth-opencode", "mcp-remote"])(
    "leads %s to this server",
    async (name) => {
      const all = await recording(name);
      const requests = all.filter(({ path }) => path.startsWith("/.well-known/oauth-")).slice(-2);
      const found = await new SignIn(names(), "").sendAll(requests);
      const [resource, issuer] = found.sort((one, other) => pathOf(other).localeCompare(pathOf(one))).map(jsonOf);
      expect(resource).toMatchObject({ resource: `${server().url}/mcp`, authorization_servers: [server().url] });
      expect(issuer).toMatchObject({
        issuer: server().url,
        authorization_endpoint: `${server().url}/authorize`,
        token_endpoint: `${server().url}/oauth/token`,
        registration_endpoint: `${server().url}/oauth/register`,
        code_challenge_methods_supported: expect.arrayContaining(["S256"]),
      });
    },
  );

  it.each(["oauth-codex", "mcp-remote"])("costs %s nothing when it asks by GET first", async (name) => {
    const probe = (await recording(name)).find(({ method, path }) => method === "GET" && path === "/mcp");
    if (probe === undefined) throw new Error("was not recorded");
    expect([401, 405]).toContain((await new SignIn(names(), "").send(probe)).status);
  });

  it.each(["oauth-opencode", "mcp-remote"])("is named to %s when it calls without a token", async (name) => {
    const all = await recording(name);
    const first = name === "mcp-remote" ? all.at(-3) : all[0];
    if (first === undefined) throw new Error("was not recorded");
    const { status, headers } = await new SignIn(names(), "").send(first);
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toContain(
      `resource_metadata="${server().url}/.well-known/oauth-protected-resource/mcp"`,
    );
  });
});

describe("opencode's recorded sign-in", () => {
  it("registers, is allowed, and lists the tools with its token", async () => {
    const exchanges = await new SignIn(names(), await aKey(BASIC)).sendAll(await recording("oauth-opencode"));
    const statuses = exchanges.map((exchange) => `${exchange.sent.method} ${pathOf(exchange)} ${exchange.status}`);
    expect(statuses.filter((each) => each.includes("/oauth/register"))).toEqual([
      "POST /oauth/register 201",
      "POST /oauth/register 201",
    ]);
    expect(statuses.slice(-8)).toEqual([
      "POST /authorize 302",
      "GET /.well-known/oauth-protected-resource/mcp 200",
      "GET /.well-known/oauth-authorization-server 200",
      "POST /oauth/token 200",
      "POST /mcp 200",
      "POST /mcp 202",
      "GET /mcp 405",
      "POST /mcp 200",
    ]);
    expect(exchanges.at(-1)?.answer?.result?.tools).toContainEqual(
      expect.objectContaining({ name: "jobs_submit_blueprint" }),
    );
  });
});

describe("Claude Code's recorded step-up", () => {
  it("reads, is told which scopes it lacks for more, and finds where to get them", async () => {
    const token = await aKey(BASIC);
    const exchanges = await new SignIn(names(), "", token).sendAll(await recording("oauth-claude-code-stepup"));
    const calls = exchanges.filter(({ rpc }) => rpc.method === "tools/call");
    expect(calls.map(({ status }) => status)).toEqual([200, 403]);
    const challenge = calls[1]?.headers.get("www-authenticate");
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="jobs:read jobs:write blueprints:write"');
    expect(exchanges.slice(-2).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe("clients that would sign in by a metadata document", () => {
  it("are not led there on this machine, where nobody could fetch it: they register, which each of them can", async () => {
    const request = (await recording("oauth-claude-code")).find(({ path }) => path.endsWith("authorization-server"));
    if (request === undefined) throw new Error("was not recorded");
    const found = jsonOf(await new SignIn(names(), "").send(request));
    expect(found.client_id_metadata_document_supported).not.toBe(true);
    expect(found.registration_endpoint).toBe(`${server().url}/oauth/register`);
  });

  it.each(["oauth-claude-code", "oauth-codex"])(
    "%s reads, when it comes with one all the same, that a key in a header works",
    async (name) => {
      const open = (await recording(name)).find(
        ({ method, path }) => method === "GET" && path.startsWith("/authorize"),
      );
      if (open === undefined) throw new Error("was not recorded");
      const { status, text } = await new SignIn(names(), "").send(open);
      expect(status).toBe(400);
      expect(text).toMatch(/claude mcp add .*--header/);
      expect(text).toContain(`${server().url}/mcp`);
      expect(text).toContain(new URL(open.path, server().url).searchParams.get("client_id"));
      expect(text).toContain("OAUTH_METADATA_DOCUMENTS is off");
    },
  );
});
