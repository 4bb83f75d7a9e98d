import fc from "fast-check";
import pMap from "p-map";
import { MAX_POLL_HOLD_MS } from "../../src/limits.ts";
import { toolCall } from "../raw.ts";
import { routesOf } from "../rest.ts";
import type { RunningServer } from "../servers/running-server.ts";
import { NO_CALLBACK } from "./messages.ts";
import { type FuzzRequest, fuzzRequests, type Keys } from "./requests.ts";
import { type Answer, exchange } from "./socket.ts";
import { keyOf, Tenant } from "./tenants.ts";

const CONCURRENCY = 10;
const ROUND = 100;
/** A trigger that verifies what comes by its URL. */
const HOOK = "hook";
const MAX_ANSWER_MS = 5_000;

const HOOK_SECRET = "FUZZ_HOOK_SECRET";
/**
 * What a server must be told that is fuzzed: a secret for webhooks, with which no request is signed, and a callback that may
 * be asked although nobody is there, so that a subscription gets as far as its challenge.
 */
export const FUZZ_VARS = {
  BLUEPRINT_SECRETS: `${HOOK_SECRET}@webhook`,
  [HOOK_SECRET]: "of the fuzzed hook",
  EVENTS_ALLOW: new URL(NO_CALLBACK.url).origin,
};

/** What no answer may hold: where our code lies, and what it is made of. */
const INSIDE = /\bat [\w.<>]+ \(|\.ts:\d+|node_modules|SQLITE_|Internal error, reference/;

export interface Finding {
  what: "5xx" | "hang" | "inside shown" | "canary" | "side effect";
  route: string;
  /** The start of both. */
  request: string;
  answer: string;
}

export interface FuzzReport {
  requests: number;
  /** How many answers had which status; `cut off`: our side broke the request off. */
  statuses: Record<string, number>;
  findings: Finding[];
}

/** When a client breaks off, wrangler's own proxy may have nothing to pass on; from anything else the text is a finding. */
const BROKEN_OFF = /Error: (?:Network connection lost|Promise will never complete)\./;
/** Of all that the server itself answers. */
const OWN_HEADER = /^x-content-type-options:/im;

/** Whether the proxy answered a request that our side broke off. The answer to a HEAD has no text. */
const isOfProxy = ({ isCut, bytes }: FuzzRequest, text: string): boolean =>
  isCut && (BROKEN_OFF.test(text) || (bytes.toString("latin1", 0, 5) === "HEAD " && !OWN_HEADER.test(text)));

function judge(request: FuzzRequest, { status, text, hung }: Answer): Finding[] {
  if (isOfProxy(request, text)) return [];
  const finding = (what: Finding["what"]): Finding => {
    return {
      what,
      route: request.route,
      request: request.bytes.toString("latin1").slice(0, 3_000),
      answer: text.slice(0, 800),
    };
  };
  return [
    ...(status !== undefined && status >= 500 ? [finding("5xx")] : []),
    ...(hung ? [finding("hang")] : []),
    ...(INSIDE.test(text) ? [finding("inside shown")] : []),
  ];
}

/** A poll for events may ask to be held. */
const answerWithin = ({ bytes }: FuzzRequest): number =>
  MAX_ANSWER_MS + (bytes.includes("events/poll") ? MAX_POLL_HOLD_MS : 0);

/** All that a rejected call could have changed. */
async function stored(tenant: Tenant, url: URL, key: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}` };
  const subscriptions = await (await fetch(new URL("/api/v1/subscriptions", url), { headers })).text();
  const { message: jobs } = await tenant.send(toolCall("jobs_list", { limit: 100 }));
  const { message: blueprints } = await tenant.send(toolCall("blueprints_list", { limit: 100 }));
  const { message: triggers } = await tenant.send(toolCall("triggers_list", { limit: 100 }));
  const { message: hook } = await tenant.send(toolCall("triggers_list", { name: HOOK }));
  const seen = [jobs, blueprints, triggers, hook].map(({ result }) => result?.structuredContent);
  return JSON.stringify([...seen, subscriptions]);
}

/** A good call, as somebody else makes it at the same time. */
async function canary(tenant: Tenant, jobId: string): Promise<Finding[]> {
  const started = performance.now();
  const { message, bytes } = await tenant.send(toolCall("jobs_get_status", { job_id: jobId }));
  const isFine =
    message.result?.isError !== true && bytes.includes(jobId) && performance.now() - started < MAX_ANSWER_MS;
  return isFine ? [] : [{ what: "canary", route: "/mcp", request: jobId, answer: bytes }];
}

/** Sends `count` malformed requests that follow from `seed`, and looks at each answer. */
export async function fuzz(server: RunningServer, secret: string, seed: number, count: number): Promise<FuzzReport> {
  const url = new URL(server.url);
  const keys: Keys = { all: await keyOf("fuzzed", secret), read: await keyOf("fuzzed", secret, ["jobs:read"]) };
  const tenant = new Tenant(server.url, "fuzzed", keys.all);
  const steps = [{ id: "a", type: "transform", value: 1 }];
  const jobId = await tenant.submit(steps, { wait_seconds: 30 });
  const verify = { scheme: "github", secret: HOOK_SECRET };
  const blueprint = { name: "on-hook", steps };
  const { url: hook } = await tenant.tool("triggers_save", { name: HOOK, blueprint, webhook: { verify } });
  const before = await stored(tenant, url, keys.all);

  const requests = fc.sample(
    fuzzRequests(url.host, { ...keys, hook: new URL(String(hook)).pathname }, await routesOf(server.url)),
    { seed, numRuns: count },
  );
  const statuses: Record<string, number> = {};
  const findings: Finding[] = [];
  for (let from = 0; from < requests.length; from += ROUND) {
    const round = requests.slice(from, from + ROUND);
    const found = await pMap(
      round,
      async (request) => {
        const answer = await exchange(url, request.bytes, request.isCut, answerWithin(request));
        const status = request.isCut ? "cut off" : (answer.status ?? "none");
        statuses[status] = (statuses[status] ?? 0) + 1;
        return judge(request, answer);
      },
      { concurrency: CONCURRENCY },
    );
    findings.push(...found.flat(), ...(await canary(tenant, jobId)));
    server.assertNoCrash();
  }
  const after = await stored(tenant, url, keys.all);
  if (after !== before) findings.push({ what: "side effect", route: "/mcp", request: before, answer: after });
  return { requests: requests.length, statuses, findings };
}
