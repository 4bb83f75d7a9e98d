import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { keyOf } from "../../../tooling/fuzz/tenants.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";

/** Secrets that tenants set for themselves, on a real server, over a change of AUTH_SECRET. */

const OLD = "o".repeat(40);
const NEW = "n".repeat(40);
const VALUE = "kraeftig-5f2a/99 & co";
const OPERATORS = "operators-own-7781";

let service: Server;
let host = "";
let server: RunningServer;
const keys = { acme: "", globex: "" };
/** What the service was sent. */
const got: string[] = [];

const varsWith = (secrets: Record<string, string>): Record<string, string> => ({
  ...secrets,
  SHARED: OPERATORS,
  BLUEPRINT_SECRETS: "SHARED@*",
  HTTP_ALLOW: `${host},localhost:${host.split(":")[1]}`,
});

async function api(tenant: keyof typeof keys, method: string, path: string, body?: JsonObject) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${keys[tenant]}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as JsonObject };
}

const plan = (secret: string, to = host): JsonObject => ({
  name: "sends",
  steps: [
    {
      id: "call",
      type: "http",
      url: `http://${to}/echo`,
      method: "POST",
      headers: { "x-token": { secret, prefix: "Bearer " } },
      body: { token: { secret } },
      retry: { limit: 0 },
    },
  ],
});

async function run(tenant: keyof typeof keys, blueprint: JsonObject): Promise<JsonObject> {
  const sent = await api(tenant, "POST", "/jobs", { blueprint, wait_seconds: 30 });
  expect(sent.status).toBe(201);
  const { body } = await api(tenant, "GET", `/jobs/${sent.body.id}?include=steps,events`);
  return body;
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));

beforeAll(async () => {
  service = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    got.push(`${request.headers["x-token"]} ${body}`);
    // It can tell only what it was sent: of another request the same text would be data like any other.
    const spellings = [VALUE, encodeURIComponent(VALUE), Buffer.from(VALUE).toString("base64"), JSON.stringify(VALUE)];
    const spelt = body.includes(VALUE) ? spellings : [];
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ body, spelt }));
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  keys.acme = await keyOf("acme", OLD);
  keys.globex = await keyOf("globex", OLD);
  server = await startServer(varsWith({ AUTH_SECRET: OLD }));
}, 120_000);

afterAll(async () => {
  await server?.stop();
  await new Promise((done) => service?.close(done));
});

describe("a secret that a tenant sets", () => {
  it("is refused when it is none, or goes nowhere, and no refusal repeats it", async () => {
    for (const [body, path] of [
      [{ value: VALUE }, "hosts"],
      [{ value: VALUE, hosts: [] }, "hosts"],
      [{ value: VALUE, hosts: ["no host"] }, "hosts[0]"],
      [{ value: "short", hosts: ["*"] }, "value"],
      [{ value: `${VALUE}\n`, hosts: ["*"] }, "value"],
      [{ hosts: ["*"] }, "value"],
      [{ value: [VALUE], hosts: ["*"] }, "value"],
    ] as [JsonObject, string][]) {
      const refused = await api("acme", "PUT", "/secrets/TOKEN", body);
      expect(refused).toMatchObject({ status: 422, body: { faults: [{ path }] } });
      expect(refused.text).not.toContain("kraeftig");
    }
    const named = await api("acme", "PUT", "/secrets/lower", { value: VALUE, hosts: ["*"] });
    expect(named).toMatchObject({ status: 422, body: { faults: [{ path: "name" }] } });
    expect((await api("acme", "GET", "/secrets")).body).toEqual({ secrets: [], need_previous: 0 });
  });

  it("is new once, then replaced, and its value is never shown", async () => {
    const first = await api("acme", "PUT", "/secrets/TOKEN", { value: "something else", hosts: ["API.example.com"] });
    expect(first).toMatchObject({ status: 201, body: { name: "TOKEN", hosts: ["api.example.com"] } });
    const second = await api("acme", "PUT", "/secrets/TOKEN", { value: VALUE, hosts: [host] });
    expect(second).toMatchObject({ status: 200, body: { name: "TOKEN", hosts: [host] } });
    const listed = await api("acme", "GET", "/secrets");
    expect(listed.body).toMatchObject({ secrets: [{ name: "TOKEN", hosts: [host] }], need_previous: 0 });
    expect(Object.keys((listed.body.secrets as JsonObject[])[0] ?? {}).sort()).toEqual(["hosts", "name", "updated_at"]);
    const { body } = await api("acme", "GET", "/audit");
    expect(body.entries).toMatchObject([
      { action: "secret_set", subject: "TOKEN" },
      { action: "secret_set", subject: "TOKEN" },
    ]);
  });

  it("is sent by its own tenant's blueprints, and replaced in what comes back, however it is spelt there", async () => {
    const job = await run("acme", plan("TOKEN"));
    expect(job).toMatchObject({ status: "succeeded" });
    expect(got.at(-1)).toBe(`Bearer ${VALUE} ${JSON.stringify({ token: VALUE })}`);
    const said = JSON.stringify(job);
    expect(said).toContain("[secret TOKEN]");
    for (const part of ["kraeftig", encodeURIComponent(VALUE), Buffer.from(VALUE).toString("base64").slice(4, 20)]) {
      expect(said).not.toContain(part);
    }
  });

  it("goes to no other host than it is for: the submit says so, and so does the step when only it knows", async () => {
    const refused = await api("acme", "POST", "/jobs", { blueprint: plan("TOKEN", "api.example.com") });
    expect(refused).toMatchObject({ status: 422, body: { code: "invalid_arguments" } });
    expect(refused.text).toContain("may not be sent to api.example.com");
    const port = host.split(":")[1];
    const blueprint = plan("TOKEN", `{% "localhost:${port}" %}`);
    const sent = got.length;
    const job = await run("acme", blueprint);
    expect(job).toMatchObject({ status: "failed" });
    expect(String(job.error)).toContain("may not be sent");
    expect(got).toHaveLength(sent);
  });

  it("does not exist for another tenant, whose error lists what there is", async () => {
    const refused = await api("globex", "POST", "/jobs", { blueprint: plan("TOKEN") });
    const faults = [{ message: "there is no secret TOKEN", fix: "Use one of SHARED (for *)." }, {}];
    expect(refused).toMatchObject({ status: 422, body: { faults } });
    expect((await api("globex", "GET", "/secrets")).body).toEqual({ secrets: [], need_previous: 0 });
    const [foreign, unknown] = [
      await api("globex", "DELETE", "/secrets/TOKEN"),
      await api("globex", "DELETE", "/secrets/NEVER"),
    ];
    expect(foreign).toMatchObject({ status: 404, body: { code: "unknown_secret" } });
    expect(foreign.text).toBe(unknown.text);
  });

  it("comes before the operator's of the same name, for that tenant alone", async () => {
    await run("acme", plan("SHARED"));
    expect(got.at(-1)).toContain(OPERATORS);
    await api("acme", "PUT", "/secrets/SHARED", { value: "mine and mine alone", hosts: [host] });
    await run("acme", plan("SHARED"));
    expect(got.at(-1)).toContain("mine and mine alone");
    await run("globex", plan("SHARED"));
    expect(got.at(-1)).toContain(OPERATORS);
    expect((await api("acme", "DELETE", "/secrets/SHARED")).body).toEqual({ deleted: true });
    await run("acme", plan("SHARED"));
    expect(got.at(-1)).toContain(OPERATORS);
  });

  it("outlives a change of AUTH_SECRET: it is encrypted again, and then the one before can go", async () => {
    await server.restart(varsWith({ AUTH_SECRET: NEW, AUTH_SECRET_PREVIOUS: OLD }));
    let left = 1;
    for (let looks = 0; left > 0 && looks < 50; looks++) {
      left = Number((await api("acme", "GET", "/secrets")).body.need_previous);
    }
    expect(left).toBe(0);
    keys.acme = await keyOf("acme", NEW);
    await server.restart(varsWith({ AUTH_SECRET: NEW }));
    expect(await run("acme", plan("TOKEN"))).toMatchObject({ status: "succeeded" });
    expect(got.at(-1)).toContain(VALUE);
  }, 180_000);

  it("that no AUTH_SECRET opens any more fails the step that names it, with what to do", async () => {
    const third = "t".repeat(40);
    keys.acme = await keyOf("acme", third);
    await server.restart(varsWith({ AUTH_SECRET: third }));
    const job = await run("acme", plan("TOKEN"));
    expect(job).toMatchObject({ status: "failed" });
    expect(String(job.error)).toContain("set it again");
  }, 120_000);

  it("stands neither in the log nor in a file of the server", () => {
    expect(server.log()).toContain("rest_call");
    const texts = [server.log(), ...filesBelow(server.stateDir)];
    expect(texts.filter((text) => text.includes("kraeftig") || text.includes("mine and mine"))).toEqual([]);
  });
});

describe("without AUTH_SECRET", () => {
  it("a secret is refused with what to set", async () => {
    const open = await startServer();
    try {
      const response = await fetch(`${open.url}/api/v1/secrets/TOKEN`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ value: VALUE, hosts: ["*"] }),
      });
      expect(response.status).toBe(409);
      const text = await response.text();
      expect(text).toContain("wrangler secret put AUTH_SECRET");
      expect(text).not.toContain("kraeftig");
      expect(await (await fetch(`${open.url}/api/v1/secrets`)).json()).toEqual({ secrets: [], need_previous: 0 });
    } finally {
      await open.stop();
    }
  }, 60_000);
});
