import fc from "fast-check";
import type { Json, JsonObject } from "../../src/lib/json.ts";

/** Bodies of /mcp: a call as clients make it, then one or more things wrong with it. */

/** None of these changes anything, however they are altered: their plans are no plans and their ids are of no job. */
const NO_JOB = "job_00000000000000000000000000zz";
const NO_PLAN: JsonObject = {
  name: "no-plan",
  steps: [
    { id: "a", type: "no-kind" },
    { id: "b", type: "input", event: { name: "order.paid", when: "{% $event.data.n = 1 %}" }, default: {} },
  ],
};

export const TOOL_ARGUMENTS: Record<string, JsonObject> = {
  jobs_submit_blueprint: {
    blueprint: NO_PLAN,
    input: {},
    metadata: { a: 1 },
    name: "n",
    idempotency_key: "k",
    run_at: "2030-01-01T00:00:00Z",
  },
  jobs_get_status: { job_id: NO_JOB, include: ["steps", "events"] },
  jobs_wait: { job_ids: [NO_JOB], until: "any", timeout_seconds: 0 },
  jobs_get_result: { job_id: NO_JOB, pointer: "/a/0", offset: 0, max_bytes: 10 },
  jobs_list: {
    status: ["queued"],
    blueprint: "inline",
    metadata: { a: 1 },
    submitted_after: "2030-01-01T00:00:00Z",
    limit: 2,
    cursor: "x.y",
  },
  jobs_cancel: { job_id: NO_JOB, reason: "r" },
  jobs_retry: { job_id: NO_JOB, from_step: "a", input: {} },
  jobs_respond: { job_id: NO_JOB, request_id: "a", action: "accept", content: { a: 1 } },
  jobs_delete: { job_id: NO_JOB },
  blueprints_list: { limit: 2, cursor: "x.y" },
  blueprints_get: { name: "url-audit", version: 1 },
  blueprints_save: { blueprint: NO_PLAN },
  blueprints_delete: { name: "none", version: 1 },
  events_read: { names: ["job.settled"], job_id: NO_JOB, status: "failed", cursor: "ev1_0", limit: 2, wait_seconds: 0 },
  jobs_bulk: {
    action: "retry",
    where: { status: "failed", text: "x" },
    patch: { input: {} },
    per_minute: 60,
    dry_run: true,
  },
  jobs_stats: { period: "1 hour", group_by: "error" },
  triggers_list: { limit: 2, cursor: "x.y" },
  triggers_save: { name: "no-trigger", blueprint: NO_PLAN, schedule: { every: "1 hour" } },
  triggers_fire: { name: "no-trigger", from: "2020-01-01T00:00:00Z", to: "2020-01-02T00:00:00Z" },
  triggers_delete: { name: "no-trigger" },
  work_claim: { queues: ["no-queue"], max: 2, wait_seconds: 0, worker: "w" },
  work_report: { claim: "WyJhIiwiYiIsMV0", action: "fail", error: { code: "c", message: "m", retryable: true } },
};

/** Nobody takes at it what is sent there. */
export const NO_CALLBACK = {
  mode: "webhook",
  url: "http://127.0.0.1:1/x",
  secret: "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=",
};
const EVENT = {
  name: "job.settled",
  arguments: { job_id: NO_JOB, status: "failed" },
  cursor: "ev1_0",
  maxAgeMs: 1_000,
};

const ref = { type: "ref/resource", uri: "job://{job_id}" };

const SKILL = "skill://edge-jobs-blueprints/SKILL.md";

const CALLS: { method: string; params: JsonObject }[] = [
  ...Object.entries(TOOL_ARGUMENTS).map(([name, args]) => ({
    method: "tools/call",
    params: { name, arguments: args },
  })),
  {
    method: "tools/call",
    params: {
      name: "jobs_submit_blueprint",
      arguments: { blueprint: "url-audit", input: { urls: [1] }, dry_run: true },
    },
  },
  {
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "f", version: "1" } },
  },
  { method: "notifications/initialized", params: {} },
  { method: "notifications/cancelled", params: { requestId: 1 } },
  ...[
    ...["ping", "server/discover", "tools/list", "resources/list", "resources/templates/list", "prompts/list"],
    "skills/list",
  ].map((method) => ({ method, params: {} })),
  { method: "skills/get", params: { uri: SKILL } },
  { method: "resources/read", params: { uri: SKILL } },
  { method: "resources/read", params: { uri: `job://${NO_JOB}/events` } },
  { method: "resources/read", params: { uri: "blueprint://guide" } },
  { method: "prompts/get", params: { name: "jobs_postmortem", arguments: { job_id: NO_JOB } } },
  { method: "prompts/get", params: { name: "jobs_plan", arguments: { goal: "g" } } },
  { method: "completion/complete", params: { ref, argument: { name: "job_id", value: "job_" } } },
  { method: "logging/setLevel", params: { level: "debug" } },
  { method: "tasks/get", params: { taskId: NO_JOB } },
  { method: "tasks/update", params: { taskId: NO_JOB, inputResponses: { a: { action: "accept", content: {} } } } },
  { method: "tasks/cancel", params: { taskId: NO_JOB } },
  { method: "events/list", params: {} },
  { method: "events/poll", params: { ...EVENT, maxEvents: 2, timeoutMs: 0 } },
  { method: "events/stream", params: EVENT },
  { method: "events/subscribe", params: { ...EVENT, delivery: NO_CALLBACK, ttlMs: 60_000 } },
  { method: "events/unsubscribe", params: { ...EVENT, delivery: NO_CALLBACK } },
];

/** Stands for text that is no JSON, or JSON that JSON.stringify never writes. */
const RAW = "\u0001raw:";
const raw = (text: string): string => `${RAW}${Buffer.from(text).toString("hex")}`;
const withRaw = (json: string): string =>
  json.replace(/"\\u0001raw:([0-9a-f]*)"/g, (_, hex: string) => Buffer.from(hex, "hex").toString());

const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

/** Values that are JSON, and wrong nearly everywhere. */
const HOSTILE: Json[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 53,
    1e308,
    "",
    " ",
    "\0",
    "\n",
    "x".repeat(3_000),
    "../../x",
    "%00",
    "\u202e\u200b",
    "\u{e0041}",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "job://",
    "blueprint://",
    "{% $x %}",
    "{% $eval('1') %}",
    "1 day",
    "💥".repeat(300),
  ],
  ...[
    {},
    [],
    [[]],
    { "": "" },
    [null],
    ["a", 1, {}],
    { length: 1e9 },
    { toJSON: 1 },
    Array.from({ length: 300 }, (_, i) => i),
  ],
  ...["1e400", "-0", "1E-400", "99999999999999999999999", '"\\ud800"', '"\\udc00x"', '{"a":1,"a":2}'].map(raw),
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', nested("[", "]", 40)].map(raw),
  ...[nested('{"a":', "}", 5_000).replace(":}", ":1}"), nested("[", "]", 50_000)].map(raw),
];

const NO_JSON: Json[] = ["NaN", "undefined", "0x10", "'x'", "01", "+1", '{"a":1,}', '"\t"', "[".repeat(1_000)].map(raw);

type Place = { in: JsonObject | Json[]; key: string };

/** Every field and element, at any depth. */
function places(value: Json): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const here = Object.keys(value).map((key) => ({ in: value, key }));
  return here.flatMap((place) => [place, ...places((value as JsonObject)[place.key] ?? null)]);
}

interface Mutation {
  at: number;
  how: "replace" | "remove" | "add" | "wrap";
  value: Json;
}

/** @returns the message with one of its places altered */
function mutate(message: JsonObject, { at, how, value }: Mutation): JsonObject {
  const copy = structuredClone(message);
  const all = places(copy);
  const place = all[at % Math.max(1, all.length)];
  if (place === undefined) return copy;
  const holder = place.in as JsonObject;
  if (how === "replace") holder[place.key] = value;
  if (how === "add") holder[`x${at}`] = value;
  if (how === "wrap") holder[place.key] = [holder[place.key] ?? null];
  if (how === "remove") delete holder[place.key];
  return copy;
}

const mutations = (value: fc.Arbitrary<Json>): fc.Arbitrary<Mutation[]> => {
  const how = fc.constantFrom<Mutation["how"]>("replace", "replace", "replace", "remove", "add", "wrap");
  return fc.array(fc.record<Mutation>({ at: fc.nat(60), how, value }), { maxLength: 3 });
};

const anyValue = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json> },
);

/** Arguments with up to three faults. */
export const oddFields = (args: JsonObject): fc.Arbitrary<JsonObject> =>
  mutations(anyValue).map((faults) => faults.reduce(mutate, args));

/** As it goes over the wire: also what JSON.stringify never writes. */
export const wireText = (value: Json): string => withRaw(JSON.stringify(value));

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "f", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
};

export interface Message {
  /** What the headers of 2026-07-28 say. */
  method: string;
  name: string | undefined;
  isModern: boolean;
  text: string;
}

type Draft = Pick<Message, "method" | "isModern"> & { params: JsonObject; id: Json };

const whole = ({ method, isModern, params, id }: Draft): JsonObject => {
  const isNotification = method.startsWith("notifications/");
  return {
    jsonrpc: "2.0",
    method,
    params: isModern ? { ...params, _meta: META } : params,
    ...(!isNotification && { id }),
  };
};

function messageOf({ method, isModern, params }: Draft, text: string): Message {
  const name = [params.name, params.uri, params.taskId].find((value) => typeof value === "string");
  return { method, name, isModern, text: withRaw(text) };
}

const draft = (id: fc.Arbitrary<Json>): fc.Arbitrary<Draft> =>
  fc
    .record({ call: fc.constantFrom(...CALLS), isModern: fc.boolean(), id })
    .map(({ call, ...rest }) => ({ ...call, ...rest }));

/** Only what they hand on is altered, not what it is handed to. */
const WITH_ARGUMENTS = new Set(["tools/call", "prompts/get"]);

/** Well-formed but for what is given to a tool, a prompt or a task: these get the farthest. */
const oddArguments = fc.tuple(draft(fc.constant(1)), mutations(anyValue)).map(([drawn, faults]) => {
  const { arguments: args = {}, ...rest } = drawn.params;
  const params: JsonObject = WITH_ARGUMENTS.has(drawn.method)
    ? { ...rest, arguments: faults.reduce(mutate, args as JsonObject) }
    : faults.reduce(mutate, drawn.params);
  return messageOf({ ...drawn, params }, JSON.stringify(whole({ ...drawn, params })));
});

const ids = fc.constantFrom<Json>(1, 1, 1, "a", 0, -1, 1.5, null, {}, "", raw("1e400"));
const batches = fc.oneof(
  { weight: 6, arbitrary: fc.constant(-1) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 2, 20) },
);

/** Wrong anywhere, or many at once. */
const oddMessages = fc
  .tuple(draft(ids), mutations(fc.oneof(anyValue, anyValue, fc.constantFrom(...NO_JSON))), batches)
  .map(([drawn, faults, batch]) => {
    const altered = faults.reduce(mutate, whole(drawn));
    return messageOf(drawn, JSON.stringify(batch < 0 ? altered : Array.from({ length: batch }, () => altered)));
  });

/** One JSON-RPC message, or a batch of them, with up to three faults. */
export const message: fc.Arbitrary<Message> = fc.oneof(
  { weight: 3, arbitrary: oddArguments },
  { weight: 2, arbitrary: oddMessages },
);
