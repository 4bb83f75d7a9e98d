import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { keyOf, newSecret, Tenant } from "../../../tooling/fuzz/tenants.ts";
import { rawRequest, toolCall } from "../../../tooling/raw.ts";
import type { RunningServer } from "../../../tooling/servers/running-server.ts";
import { startServer } from "../../../tooling/servers/workerd-server.ts";

/** @param name of the place where it is planted, so that a failure tells it */
const canary = (name: string): string => `canary-${name}-${randomBytes(10).toString("hex")}`;
const canaries = (count: number, name: string): string[] => Array.from({ length: count }, () => canary(name));

/** What the server must use, or refuse, and never keep, log or show to anybody. */
const AUTH_SECRET = newSecret();
const VALUES: Record<string, string> = {
  TOKEN_ONE: canary("one"),
  TOKEN_TWO: canary("two"),
  TOKEN_THREE: canary("three"),
};
const WRONG_TOKENS = canaries(2, "wrong-token");
const IN_URL = canary("in-url");
const REQUEST_HEADERS: Record<string, string> = {
  cookie: canary("cookie"),
  "x-api-key": canary("api-key"),
  "proxy-authorization": canary("proxy"),
};

/** What belongs to one tenant: nobody else sees it, and no log, error or event repeats it. */
const DATA = {
  headers: canaries(3, "header"),
  input: canaries(2, "input"),
  dryRun: canary("dryRun"),
  retryInput: canary("retryInput"),
  metadata: canary("metadata"),
  idempotencyKey: canary("idempotencyKey"),
  answer: canary("answer"),
  body: canary("body"),
  query: canary("query"),
  value: canary("value"),
};

/** A service that repeats to its caller all that it was sent, and fails when it is asked to. */
const seen: string[] = [];
async function echo(request: IncomingMessage): Promise<{ status: number; said: string }> {
  const { url, headers } = request;
  const all = JSON.stringify({ url, headers, body: await text(request) });
  seen.push(all);
  if (!url?.startsWith("/fail")) return { status: 200, said: all };
  // An error quotes the start of an answer.
  return { status: 400, said: `${headers["x-two"]}${headers["x-three"]}${headers.authorization}`.repeat(9) };
}

const secretHeaders = {
  authorization: { secret: "TOKEN_ONE" },
  "x-two": { secret: "TOKEN_TWO" },
  "x-three": { secret: "TOKEN_THREE" },
  ...Object.fromEntries(DATA.headers.map((value, i) => [`x-own-${i}`, value])),
};

/** wrangler's own traces keep each URL as it came; what a caller puts there, no server can take out. */
const withoutUrls = (text: string): string => text.replaceAll(`access_token=${IN_URL}`, "");

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const text = readFileSync(join(parentPath, name), "latin1");
      return parentPath.includes("observability") ? withoutUrls(text) : text;
    });

describe("25 canaries", () => {
  let service: Server;
  let server: RunningServer;
  let credentials: string[];
  let acme: Tenant;
  /** Everything that was answered to the owner, to the owner as an error, and to the others. */
  const replies = { own: [] as string[], errors: [] as string[], others: [] as string[] };

  async function ask(tool: string, args: JsonObject): Promise<JsonObject> {
    const { message, bytes } = await acme.send(toolCall(tool, args));
    replies.own.push(bytes);
    if (message.error !== undefined || message.result?.isError === true) replies.errors.push(bytes);
    return (message.result?.structuredContent ?? {}) as JsonObject;
  }

  /** Submits, and keeps what errors and events of the job say. */
  async function run(steps: JsonObject[], more: JsonObject = {}): Promise<string> {
    const { id } = await ask("jobs_submit_blueprint", {
      blueprint: { name: "canaries", steps },
      wait_seconds: 30,
      ...more,
    });
    await note(String(id));
    return String(id);
  }

  async function note(job_id: string): Promise<void> {
    const { error, message, events, steps } = await ask("jobs_get_status", { job_id, include: ["steps", "events"] });
    replies.errors.push(JSON.stringify([error, message, events, steps]));
  }

  async function plantInJobs(url: string): Promise<void> {
    const http = (path: string): JsonObject => ({
      ...{
        id: "call",
        type: "http",
        method: "POST",
        url: `${url}${path}`,
        headers: secretHeaders,
        retry: { limit: 0 },
      },
      ...{ body: { b: DATA.body, i: "{% $input %}" }, query: { q: DATA.query } },
    });
    const input = { one: DATA.input[0] ?? "", [DATA.input[1] ?? ""]: { deep: [1] } };
    const more = { input, metadata: { m: DATA.metadata } };
    await run([http("/fine"), { id: "b", type: "transform", value: { v: DATA.value } }], {
      ...more,
      idempotency_key: DATA.idempotencyKey,
    });
    const failed = await run([{ id: "v", type: "transform", value: { v: DATA.value } }, http("/fail")], more);
    const { id: retried } = await ask("jobs_retry", { job_id: failed, input: { again: DATA.retryInput } });
    await ask("jobs_wait", { job_ids: [String(retried)], timeout_seconds: 30 });
    await note(String(retried));
    const question = {
      id: "ask",
      type: "input",
      message: "Well?",
      schema: { type: "object", properties: { a: { type: "string" } } },
    };
    const asking = await run([question, { id: "b", type: "transform", value: { v: "{% $steps.ask.content.a %}" } }]);
    await ask("jobs_respond", {
      job_id: asking,
      request_id: "ask",
      action: "accept",
      content: { wrong: [DATA.answer] },
    });
    await ask("jobs_respond", { job_id: asking, request_id: "ask", action: "accept", content: { a: DATA.answer } });
    await ask("jobs_wait", { job_ids: [asking], timeout_seconds: 30 });
    await note(asking);
    await run([http("/fine")], { ...more, input: { other: DATA.dryRun }, idempotency_key: DATA.idempotencyKey });
    await ask("jobs_submit_blueprint", {
      blueprint: { name: "x", steps: [{ id: "a", type: "nope", value: DATA.value }] },
      ...more,
    });
    await ask("jobs_submit_blueprint", { blueprint: "url-audit", input: { urls: 1, x: DATA.dryRun }, dry_run: true });
    await ask("jobs_get_result", { job_id: failed });
    await ask("jobs_list", { limit: 50, metadata: { m: DATA.metadata } });
  }

  /** Credentials where they do not belong, or are no good. */
  async function plantInRequests(key: string): Promise<void> {
    const list = rawRequest(key, "2025-11-25", toolCall("jobs_list", {}));
    const post = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(`${server.url}${path}`, {
        ...list,
        headers: { ...(list.headers as Record<string, string>), ...headers },
      });
      replies.own.push(`${JSON.stringify([...response.headers])}${await response.text()}`);
    };
    await post("/mcp", REQUEST_HEADERS);
    for (const token of WRONG_TOKENS) await post("/mcp", { authorization: `Bearer ${token}` });
    for (const path of ["/mcp", "/keys", "/oauth/token", "/nowhere", "/"])
      await post(`${path}?access_token=${IN_URL}`, {});
  }

  async function lookAsOthers(): Promise<void> {
    const globex = new Tenant(server.url, "globex", await keyOf("globex", AUTH_SECRET));
    await globex.submit([{ id: "a", type: "transform", value: 1 }], {
      wait_seconds: 30,
      idempotency_key: DATA.idempotencyKey.slice(0, 10),
    });
    const calls = [
      ...["jobs_list", "blueprints_list"].map((name) => toolCall(name, {})),
      toolCall("jobs_list", { metadata: { m: "x" } }),
      ...["resources/list", "tools/list", "prompts/list"].map((method) => ({ method, params: {} })),
    ];
    for (const call of calls) replies.others.push((await globex.send(call)).bytes);
  }

  beforeAll(async () => {
    service = createServer((request, response) => {
      void echo(request).then(({ status, said }) =>
        response.writeHead(status, { "content-type": "application/json", "x-echo": VALUES.TOKEN_ONE }).end(said),
      );
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
    server = await startServer({
      AUTH_SECRET,
      ...VALUES,
      BLUEPRINT_SECRETS: Object.keys(VALUES)
        .map((name) => `${name}@*`)
        .join(","),
      HTTP_ALLOW: host,
    });
    const key = await keyOf("acme", AUTH_SECRET);
    const [payload = "", signature = ""] = key.split(".");
    credentials = [
      AUTH_SECRET,
      payload,
      signature,
      ...Object.values(VALUES),
      ...WRONG_TOKENS,
      IN_URL,
      ...Object.values(REQUEST_HEADERS),
    ];
    acme = new Tenant(server.url, "acme", key);
    await plantInJobs(`http://${host}`);
    await plantInRequests(key);
    await lookAsOthers();
  });

  afterAll(async () => {
    await server?.stop();
    await new Promise((done) => service?.close(done));
  });

  const found = (needles: readonly string[], hay: readonly string[]): string[] =>
    needles.filter((needle) => hay.some((text) => text.includes(needle)));
  const data = Object.values(DATA).flat();

  it("were planted, and reached the places where they belong", () => {
    expect(new Set([...credentials, ...data]).size).toBeGreaterThanOrEqual(25);
    expect(found([...Object.values(VALUES), ...DATA.headers, DATA.body, DATA.query], seen)).toHaveLength(8);
    expect(found([DATA.metadata, DATA.value, DATA.answer], replies.own)).toHaveLength(3);
    expect(replies.errors.length).toBeGreaterThan(8);
    expect(replies.errors.join()).toContain("http_status");
  });

  it("stand nowhere in the log", () => {
    expect(server.log()).toContain("mcp_call");
    expect(found([...credentials, ...data], [server.log()])).toEqual([]);
  });

  it("that are credentials are shown to nobody, not even to their owner", () => {
    expect(found(credentials, [...replies.own, ...replies.errors, ...replies.others])).toEqual([]);
  });

  it("stand in no error and in no event", () => {
    expect(found([...credentials, ...data], replies.errors)).toEqual([]);
  });

  it("are not shown to other tenants", () => {
    expect(replies.others.length).toBeGreaterThan(4);
    expect(found([...credentials, ...data], replies.others)).toEqual([]);
  });

  it("that are credentials stand in no file, and the others in their tenant's files only", () => {
    const files = filesBelow(server.stateDir);
    expect(found([DATA.body, DATA.value, DATA.metadata], files)).toHaveLength(3);
    expect(found(credentials, files)).toEqual([]);
    const ofOthers = files.filter((text) => text.includes("globex"));
    expect(ofOthers.length).toBeGreaterThan(0);
    expect(found(data, ofOthers)).toEqual([]);
  });
});
