import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { newSecret, newTenant, type Tenant } from "../../../tooling/fuzz/tenants.ts";
import { toolCall } from "../../../tooling/raw.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";
import { finder, hex, looksLike, PLACES, SPELLINGS } from "../../egress/secret-places.ts";

/** Every way to get a secret out of the real server, by a tenant that may use some: none leaves, and none is stored. */

const AUTH_SECRET = newSecret();
const random = (): string => randomBytes(8).toString("hex");
const VALUES = {
  TOKEN: `k9/Zq+"7 &_${random()}`,
  /** Only another tenant's. */
  THEIRS: `t5 "=/${random()}`,
  /** Only for inbound signatures. */
  INBOUND: `whsec_${random()}`,
};
const HOOK_PATH = `services/T0/${random()}`;
const found = finder([...Object.values(VALUES), HOOK_PATH]);

const listen = async (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<[Server, string]> => {
  const service = createServer(handle);
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  return [service, `127.0.0.1:${(service.address() as AddressInfo).port}`];
};

const ECHOES: Record<string, (said: string, response: ServerResponse) => void> = {
  text: (said, response) => response.end(`You sent ${said}.`),
  json: (said, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify({ a: [{ said }] })),
  key: (said, response) => response.setHeader("content-type", "application/json").end(JSON.stringify({ [said]: 1 })),
  html: (said, response) => response.setHeader("content-type", "text/html").end(`<p title="${said}">`),
  error: (said, response) => response.writeHead(400).end(`${"x".repeat(190)}${said}`),
  again: (said, response) => response.writeHead(503).end(said),
  headers: (said, response) =>
    response.writeHead(200, { "x-echo": encodeURI(said), "set-cookie": `t=${encodeURIComponent(said)}` }).end(),
  reason: (said, response) => response.writeHead(404, encodeURIComponent(said)).end(),
};

/** What the host that secrets are bound to was sent, and what any other host was. */
const sent = { ours: [] as string[], evil: [] as string[] };
let services: Server[] = [];
let ours = "";
let evil = "";
let server: RunningServer;
let acme: Tenant;
let globex: Tenant;
let probes = 0;
/** All that was answered to anybody. */
const replies: string[] = [];

const note = async (list: string[], request: IncomingMessage): Promise<void> => {
  list.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${await text(request)}`);
};

/** `/echo/<kind>/<spelling>/<name>` says the secret; `/to/<status>/<way>` sends on to the other host; the rest is data. */
function answerAsOurs(path: string, response: ServerResponse): void {
  const [, what, first = "", second = "", name = ""] = path.split("/").map(decodeURIComponent);
  const spoken = name === "HOOK" ? `http://${ours}/${HOOK_PATH}` : VALUES.TOKEN;
  const ways = ["", `?t=${encodeURIComponent(spoken)}`, hex(spoken)];
  if (what === "echo") ECHOES[first]?.(SPELLINGS[second]?.(spoken) ?? spoken, response);
  else if (what === "to")
    response.writeHead(Number(first), { location: `http://${evil}/${ways[Number(second)]}` }).end();
  else response.setHeader("content-type", "application/json").end(JSON.stringify(looksLike("TOKEN", "HOOK")));
}

beforeAll(async () => {
  const [good, goodHost] = await listen((request, response) => {
    void note(sent.ours, request).then(() => answerAsOurs(request.url ?? "", response));
  });
  const [bad, badHost] = await listen((request, response) => {
    void note(sent.evil, request).then(() => response.end("caught"));
  });
  services = [good, bad];
  [ours, evil] = [goodHost, badHost];
  server = await startServer({
    AUTH_SECRET,
    ...VALUES,
    HOOK: `http://${ours}/${HOOK_PATH}`,
    BLUEPRINT_SECRETS: `TOKEN@${ours},HOOK@${ours},THEIRS@${ours}#globex,INBOUND@webhook`,
    HTTP_ALLOW: `${ours},${evil}`,
    SUBMITS_PER_MINUTE: "0",
  });
  acme = await newTenant(server.url, "acme", AUTH_SECRET);
  globex = await newTenant(server.url, "globex", AUTH_SECRET);
});

afterAll(async () => {
  await server?.stop();
  for (const service of services) {
    service.closeAllConnections();
    await new Promise((done) => service.close(done));
  }
});

async function ask(tenant: Tenant, tool: string, args: JsonObject): Promise<JsonObject> {
  const { message, bytes } = await tenant.send(toolCall(tool, args));
  replies.push(bytes);
  return (message.result ?? {}) as JsonObject;
}

/** Runs all of the probes as steps of one job, each whatever comes of the others, and reads all that it shows. */
async function runAll(tenant: Tenant, steps: JsonObject[], more: JsonObject = {}): Promise<void> {
  probes += steps.length;
  const http = { type: "http", url: `http://${ours}/data`, retry: { limit: 0 } };
  const all = steps.map((step, i) => ({
    ...{ id: `p${i}`, on_error: "continue" },
    ...(step.type === undefined && http),
    ...step,
  }));
  const blueprint = { name: "probes", steps: all, output: "{% $steps %}" };
  const args = { blueprint, wait_seconds: 50, ...more };
  const { structuredContent } = await ask(tenant, "jobs_submit_blueprint", args);
  const { id, status } = structuredContent as JsonObject;
  expect(status).toBe("succeeded");
  await ask(tenant, "jobs_get_status", { job_id: String(id), include: ["steps", "events"] });
  await ask(tenant, "jobs_get_result", { job_id: String(id), max_bytes: 100_000 });
}

const everyPlace = <T>(each: (put: (value: Json) => JsonObject, place: string) => T[]): T[] =>
  Object.entries(PLACES).flatMap(([place, put]) => each(put, place));

const TOKEN = { secret: "TOKEN" };

describe("secrets on the real server", () => {
  it("are sent where the blueprint names them, and to the host that they are bound to", async () => {
    await runAll(acme, [...everyPlace((put) => [put(TOKEN)]), { url: { secret: "HOOK" } }]);
    await runAll(globex, [{ headers: { "x-a": { secret: "THEIRS" } } }]);
    expect(found(sent.ours).length).toBeGreaterThan(4);
    expect(sent.ours.join()).toContain(VALUES.THEIRS.replaceAll('"', '\\"'));
    sent.ours.length = 0;
  });

  it("are no data that looks like them, of an input or of an answer, wherever it stands", async () => {
    const looks = looksLike("TOKEN", "HOOK");
    const input = { looks };
    for (const host of [ours, evil]) {
      const url = `http://${host}/x`;
      await runAll(
        acme,
        everyPlace((put) => looks.map((_, i) => ({ ...put(`{% $input.looks[${i}] %}`), url }))),
        { input },
      );
    }
    expect(found(sent.ours)).toEqual([]);
    const answered = everyPlace((put) =>
      looks.map((_, i) => ({ ...put(`{% $steps.said.body[${i}] %}`), url: `http://${evil}/x` })),
    );
    await runAll(acme, [{ id: "said" }, ...answered]);
  });

  it("go to no host that they are not bound to, whatever names the host", async () => {
    const input = { url: `http://${evil}/`, port: evil.split(":")[1] ?? "", hosts: [evil] };
    const urls = ["{% $input.url %}", "{% 'http://' & $input.hosts[0] & '/x' %}", "{% $url($input.url, 'y') %}"];
    await runAll(
      acme,
      everyPlace((put) => urls.map((url) => ({ ...put(TOKEN), url }))),
      { input },
    );
    const rows = everyPlace((put) => [{ over: [input.url], step: { ...put(TOKEN), url: "{% $item %}" } }]);
    await runAll(
      acme,
      rows.map(({ over, step }, i) => ({
        ...{ type: "map", over },
        steps: [{ id: `r${i}`, type: "http", retry: { limit: 0 }, ...step }],
      })),
    );
  });

  it("follow no redirect to another host, and do not go along in its Location", async () => {
    const to = [301, 302, 303, 307, 308].flatMap((status) =>
      [0, 1, 2].map((way) => `http://${ours}/to/${status}/${way}`),
    );
    for (const put of Object.values(PLACES))
      await runAll(
        acme,
        to.map((url) => ({ ...put(TOKEN), url })),
      );
  });

  it("are neither stored nor shown when a service repeats them, in any spelling", async () => {
    for (const kind of Object.keys(ECHOES)) {
      const echoes = Object.keys(SPELLINGS).flatMap((spelling) =>
        ["TOKEN", "HOOK"].map((name) => ({
          url: `http://${ours}/echo/${kind}/${encodeURIComponent(spelling)}/${name}`,
          headers: { "x-a": TOKEN },
        })),
      );
      await runAll(acme, echoes);
    }
  });

  it("of others, and of another use, are refused at submit as unknown, wherever they stand", async () => {
    const names = ["THEIRS", "INBOUND", "AUTH_SECRET", "NOPE"];
    for (const step of everyPlace((put) => names.map((secret) => put({ secret })))) {
      probes += 1;
      const call = { id: "call", type: "http", url: `http://${ours}/x`, ...step };
      const blueprint = { name: "probe", steps: [call] };
      for (const [tool, args] of [
        ["jobs_submit_blueprint", { blueprint }],
        ["blueprints_save", { blueprint }],
      ] as const) {
        const refused = await ask(acme, tool, args);
        expect(refused.isError).toBe(true);
        expect(JSON.stringify(refused)).toMatch(/Use one of TOKEN \(for [\d.:]+\); HOOK \(for [\d.:]+\)\./);
      }
    }
  });

  it("left for nobody else and are stored nowhere, in more than 300 probes", () => {
    expect(probes).toBeGreaterThan(300);
    expect(sent.evil.length).toBeGreaterThan(100);
    expect(found(sent.evil)).toEqual([]);
    expect(found(replies)).toEqual([]);
    expect(found([server.log()])).toEqual([]);
    const files = readdirSync(server.stateDir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const stored = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
    expect(stored.join()).toContain("[secret TOKEN]");
    expect(found(stored)).toEqual([]);
  });
});
