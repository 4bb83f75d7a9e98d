import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** One request of any kind, seen when it began. */
export interface Seen {
  method: string;
  /** With its query. */
  path: string;
  idempotencyKey: string | null;
  /** Epoch ms. */
  at: number;
}

/** One recorded `POST /effects`: what a step did to the world, and under which Idempotency-Key. */
export interface Effect extends Seen {
  body: unknown;
}

export interface SampleService {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** Requests so far by pathname, such as `/flaky`. */
  readonly hits: ReadonlyMap<string, number>;
  /** All requests, in order: who counts them by key counts the tries of each step. */
  readonly requests: readonly Seen[];
  readonly effects: readonly Effect[];
  /** Ends hanging requests too. */
  close(): Promise<void>;
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  seen: Seen;
  query: URLSearchParams;
  state: State;
}

interface State {
  hits: Map<string, number>;
  requests: Seen[];
  effects: Effect[];
  /** Calls so far of each key of `/flaky` and `/too-many`. */
  calls: Map<string, number>;
  now: () => number;
}

const PAGE = `<!doctype html>
<html lang="en">
  <head><title>Sample service</title></head>
  <body><h1>Sample service</h1><a href="/ok.json">JSON</a> <a href="/text">Text</a> <a href="/moved">Moved</a></body>
</html>
`;

/** What http steps meet in the world: good answers, slow, failing, too large, cut and missing ones. */
const ROUTES: Record<string, (call: Call) => void | Promise<void>> = {
  "/": (call) => reply(call, 200, PAGE, "text/html; charset=utf-8"),
  "/ok.json": (call) => replyJson(call, 200, { ok: true, items: [1, 2, 3] }),
  "/text": (call) => reply(call, 200, "plain text\n", "text/plain; charset=utf-8"),
  "/moved": ({ response }) => void response.writeHead(302, { Location: "/ok.json" }).end(),
  "/broken": (call) => replyJson(call, 500, { error: "broken" }),
  "/big": (call) => reply(call, 200, "x".repeat(number(call, "bytes", 1024)), "text/plain"),
  "/hang": () => {},
  "/cut": ({ response }) => {
    response.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 1000 });
    response.write("half of it", () => response.destroy());
  },
  "/slow": async (call) => {
    const ms = number(call, "ms", 1000);
    await sleep(ms);
    replyJson(call, 200, { waited_ms: ms });
  },
  "/flaky": (call) => {
    const calls = countCall(call, "/flaky");
    if (calls <= number(call, "times", 2)) return replyJson(call, 503, { error: "try again" });
    replyJson(call, 200, { ok: true, calls });
  },
  "/too-many": (call) => {
    const calls = countCall(call, "/too-many");
    if (calls > number(call, "times", 1)) return replyJson(call, 200, { ok: true, calls });
    call.response.setHeader("Retry-After", number(call, "after", 1));
    replyJson(call, 429, { error: "too many requests" });
  },
  "/effects": recordEffect,
};

/**
 * Start the service on the loopback interface only.
 * @param options.port 0, the default, takes a free one
 * @param options.now clock of `Effect.at`, epoch ms
 */
export async function startSampleService(options: { port?: number; now?: () => number } = {}): Promise<SampleService> {
  const now = options.now ?? Date.now;
  const state: State = { hits: new Map(), requests: [], effects: [], calls: new Map(), now };
  const server = createServer((request, response) => void serve(request, response, state));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits: state.hits,
    requests: state.requests,
    effects: state.effects,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://localhost");
  state.hits.set(pathname, (state.hits.get(pathname) ?? 0) + 1);
  const idempotencyKey = request.headers["idempotency-key"]?.toString() ?? null;
  const seen = { method: request.method ?? "GET", path: request.url ?? "/", idempotencyKey, at: state.now() };
  state.requests.push(seen);
  const call = { request, response, seen, query, state };
  const route = ROUTES[pathname];
  if (route) await route(call);
  else replyJson(call, 404, { error: "not found" });
}

async function recordEffect(call: Call): Promise<void> {
  const { request, seen, state } = call;
  if (seen.method !== "POST") return replyJson(call, 405, { error: "POST only" });
  const body = request.headers["content-type"]?.includes("json") ? await json(request) : await text(request);
  state.effects.push({ ...seen, body });
  const count = state.effects.filter((effect) => effect.idempotencyKey === seen.idempotencyKey).length;
  replyJson(call, 200, { count });
}

function countCall({ query, state }: Call, route: string): number {
  const key = `${route} ${query.get("key") ?? ""}`;
  const calls = (state.calls.get(key) ?? 0) + 1;
  state.calls.set(key, calls);
  return calls;
}

const number = ({ query }: Call, name: string, fallback: number): number => Number(query.get(name) ?? fallback);

function reply({ response }: Call, status: number, body: string, contentType: string): void {
  response.writeHead(status, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(body) }).end(body);
}

const replyJson = (call: Call, status: number, body: object): void =>
  reply(call, status, JSON.stringify(body), "application/json");
