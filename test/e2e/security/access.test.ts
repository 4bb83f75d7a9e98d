import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { beforeAll, describe, expect, it } from "vitest";
import { checkApiKey } from "../../../src/auth/check-key.ts";
import { callTool } from "../../support/clients.ts";
import { useServer } from "../../support/server.ts";

const SECRET = randomBytes(32).toString("hex");
const ROOT = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

type Command = readonly [program: string, ...args: string[]];
/** As people call it. */
const NPM_RUN_KEYS: Command = ["npm", "run", "--silent", "keys", "--"];
/** What that runs. */
const KEYS: Command = [process.execPath, join(ROOT, "scripts/keys.ts")];

async function keys([program, ...before]: Command, ...args: string[]): Promise<{ last: string; all: string }> {
  const env = { ...process.env, AUTH_SECRET: SECRET };
  const { stdout, stderr } = await run(program, [...before, ...args], { cwd: ROOT, env });
  return { last: stdout.trim().split("\n").at(-1) ?? "", all: stdout + stderr };
}

async function newKey(tenant: string, scope: string, command = KEYS): Promise<{ key: string; id: string }> {
  const { last, all } = await keys(command, "create", "--tenant", tenant, "--scope", scope);
  return { key: last, id: /key_[0-9a-f]{24}/.exec(all)?.[0] ?? "" };
}

async function clientWith(url: string, key: string): Promise<Client> {
  const client = new Client({ name: "edge-jobs-tests", version: "1.0.0" });
  const authProvider = { token: async () => key };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { authProvider }));
  return client;
}

const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };

describe("npm run keys", () => {
  it("takes the secret from --secret, the environment or .dev.vars, and prints the key alone on the last line", async () => {
    const folder = await mkdtemp(join(tmpdir(), "edge-jobs-keys-"));
    await writeFile(join(folder, ".dev.vars"), `AUTH_SECRET="${SECRET}"\n`);
    const { AUTH_SECRET: _, ...env } = process.env;
    const make = async (more: NodeJS.ProcessEnv, ...args: string[]) => {
      const command = [join(ROOT, "scripts/keys.ts"), "create", "--tenant", "acme", "--scope", "jobs:read", ...args];
      return (await run(process.execPath, command, { cwd: folder, env: { ...env, ...more } })).stdout;
    };
    const other = "x".repeat(40);
    const signers = [
      await make({}),
      await make({ AUTH_SECRET: other }),
      await make({ AUTH_SECRET: other }, "--secret", SECRET),
    ];
    const valid = await Promise.all(
      signers.map(
        async (out) => (await checkApiKey(out.trimEnd().split("\n").at(-1) ?? "", { current: SECRET }, Date.now())).ok,
      ),
    );
    expect(valid).toEqual([true, false, true]);
    await rm(folder, { recursive: true });
  });

  it.each([
    [[], "Usage"],
    [["create"], "tenant"],
    [["create", "--tenant", "Acme", "--scope", "jobs:read"], "at tenant"],
    [["create", "--tenant", "acme", "--scope", "root"], "at scope"],
    [["create", "--tenant", "acme", "--scope", "jobs:read", "--days", "0"], "at days"],
    [["create", "--tenant", "acme", "--scope", "jobs:read", "--secret", "short"], "at secret"],
    [["create", "--what"], "--what"],
    [["revoke", "--url", "http://127.0.0.1:9"], "--admin-key"],
  ])("refuses %j and says why", async (args, why) => {
    await expect(keys(KEYS, ...args)).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining(why),
    });
  });
});

describe("a server with AUTH_SECRET", () => {
  const server = useServer({ AUTH_SECRET: SECRET });
  let admin: { key: string; id: string };
  beforeAll(async () => {
    admin = await newKey("acme", "admin", NPM_RUN_KEYS);
  });

  it("answers 401 and says what to do, before it looks at anything else", async () => {
    const response = await fetch(`${server().url}/mcp`, { method: "POST", body, headers: json });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("resource_metadata=");
    expect(await response.json()).toMatchObject({ error: "unauthorized", fix: expect.stringContaining("Bearer") });
  });

  it("serves each key's tenant its own jobs only", async () => {
    const [acme, globex] = [
      await newKey("acme", "jobs:read,jobs:write"),
      await newKey("globex", "jobs:read,jobs:write"),
    ];
    const [one, two] = [await clientWith(server().url, acme.key), await clientWith(server().url, globex.key)];
    const blueprint = { name: "mine", steps: [{ id: "a", type: "transform", value: { canary: "of-acme" } }] };
    const { structured } = await callTool(one, "jobs_submit_blueprint", { blueprint, wait_seconds: 30 });
    expect(structured).toMatchObject({ status: "succeeded" });
    const foreign = await callTool(two, "jobs_get_status", { job_id: structured.id });
    expect(foreign).toMatchObject({ isError: true, text: `Unknown job: ${structured.id}` });
    expect((await callTool(two, "jobs_list", {})).structured).toMatchObject({ jobs: [] });
    await Promise.all([one.close(), two.close()]);
  });

  it("refuses a revoked key at its next call, and only that one", async () => {
    const [lost, kept] = [await newKey("acme", "jobs:read"), await newKey("acme", "jobs:read")];
    const [one, two] = [await clientWith(server().url, lost.key), await clientWith(server().url, kept.key)];
    expect(await callTool(one, "jobs_list", {})).toMatchObject({ isError: false });
    const remote = ["--url", server().url, "--admin-key", admin.key];
    expect((await keys(KEYS, "revoke", "--key", lost.id, ...remote)).last).toContain(lost.id);
    await expect(callTool(one, "jobs_list", {})).rejects.toThrow();
    const headers = { ...json, authorization: `Bearer ${lost.key}` };
    const refused = await fetch(`${server().url}/mcp`, { method: "POST", body, headers });
    expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining("revoked")]);
    expect(await callTool(two, "jobs_list", {})).toMatchObject({ isError: false });
    expect((await keys(KEYS, "list", ...remote)).all).toContain(lost.id);
    await Promise.all([one.close(), two.close()]);
  });

  it("refuses what a key has no scope for", async () => {
    const { key } = await newKey("acme", "jobs:read");
    const client = await clientWith(server().url, key);
    const submit = callTool(client, "jobs_submit_blueprint", { blueprint: "url-audit", input: { urls: [] } });
    await expect(submit).rejects.toThrow("jobs:write");
    await client.close();
    await expect(keys(KEYS, "list", "--url", server().url, "--admin-key", key)).rejects.toThrow("admin");
  });

  it("writes no key and no secret into its log", async () => {
    const { key } = await newKey("acme", "jobs:read");
    await fetch(`${server().url}/mcp?key=${key}x`, { method: "POST", body, headers: json });
    await fetch(`${server().url}/mcp`, { method: "POST", body, headers: { ...json, authorization: `Bearer ${key}y` } });
    const [payload, signature] = key.split(".");
    for (const secret of [SECRET, payload, signature]) expect(server().log()).not.toContain(secret);
  });
});

describe("a server without AUTH_SECRET", () => {
  const server = useServer();

  /** With a Host of our choice, which fetch does not let us send. */
  const postAs = (host: string, headers: { [name: string]: string } = {}) =>
    new Promise<number | undefined>((resolve, reject) => {
      const { hostname, port } = new URL(server().url);
      const options = { hostname, port, path: "/mcp", method: "POST", headers: { ...json, ...headers, host } };
      const request = httpRequest(options, (response) => resolve(response.resume().statusCode));
      request.on("error", reject).end(body);
    });

  it("serves this machine, refuses a foreign name on it, and tells a deployment to set the secret", async () => {
    const port = new URL(server().url).port;
    expect(await postAs(`localhost:${port}`)).toBe(200);
    expect(await postAs("evil.example")).toBe(403);
    expect(await postAs("jobs.example.com", { "cf-connecting-ip": "203.0.113.9" })).toBe(503);
  });
});
