import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { MAX_BODY_BYTES } from "../../../src/limits.ts";
import { jobIdOf } from "../builders.ts";

/** Requests to /mcp as clients of both eras send them, most with nothing wrong, some with one thing or several. */

export interface Sent {
  url: string;
  headers: [name: string, value: string][];
  body: string;
}

type Era = "legacy" | "modern";

/** Mostly the first. */
const usually = <T>(plain: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 16, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const WITH_TASKS: Json = { extensions: { "io.modelcontextprotocol/tasks": {} } };
const CAPABILITIES: Json[] = [
  {},
  { elicitation: {}, sampling: {}, roots: { listChanged: true } },
  { elicitation: { form: {}, url: {} } },
  WITH_TASKS,
  { extensions: { "io.modelcontextprotocol/tasks": {}, "io.modelcontextprotocol/ui": { mimeTypes: ["text/html"] } } },
  { experimental: { "x.example/a": { deep: { er: [1] } } } },
];
const BAD_CAPABILITIES: Json[] = [
  null,
  [],
  "all",
  { roots: { listChanged: "yes" } },
  { roots: null },
  { elicitation: { form: { applyDefaults: 5 } } },
  { elicitation: true },
  { sampling: { context: 1 } },
  { extensions: { "io.modelcontextprotocol/tasks": true } },
  { extensions: [] },
  { tasks: { list: {} } },
  { tasks: { list: 1 } },
  { later: {} },
  { later: 7 },
];
const CLIENTS: Json[] = [
  { name: "c", version: "1" },
  { name: "c", version: "1", title: "C" },
  { name: "c", version: "1", description: "A client.", websiteUrl: "https://example.com" },
  { name: "c", version: "1", icons: [{ src: "https://example.com/i.png" }], websiteUrl: "https://example.com" },
  {
    name: "c",
    version: "1",
    icons: [
      { src: "data:,", mimeType: "image/png" },
      { src: "x", sizes: ["any"] },
    ],
  },
  { name: "c", version: "1", icons: [] },
];
const BAD_CLIENTS: Json[] = [
  null,
  "c",
  {},
  { name: "c" },
  { name: 1, version: "1" },
  { name: "c", version: "1", title: 2 },
  { name: "c", version: "1", description: null },
  { name: "c", version: "1", websiteUrl: {} },
  { name: "c", version: "1", icons: {} },
  { name: "c", version: "1", icons: [{}] },
  { name: "c", version: "1", icons: [{ src: 1 }] },
  { name: "c", version: "1", icons: [{ src: "x", mimeType: null }] },
  { name: "c", version: "1", icons: [{ src: "x", theme: "pink" }] },
];

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const EXTRAS: JsonObject[] = [
  { progressToken: "p" },
  { progressToken: 7 },
  { progressToken: 7.5 },
  { progressToken: null },
  { traceparent: TRACEPARENT, tracestate: "a=b" },
  { traceparent: 5 },
  { "example.com/own": { a: [1] }, "claudecode/toolUseId": "t" },
  { "io.modelcontextprotocol/related-task": { taskId: "x" } },
  { "io.modelcontextprotocol/related-task": 1 },
  { "io.modelcontextprotocol/logLevel": "info" },
  { "io.modelcontextprotocol/logLevel": "loud" },
  { "io.modelcontextprotocol/later": true },
];

const oneOf = (good: Json[], bad: Json[]): fc.Arbitrary<Json> =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) });

const extras = usually<JsonObject>({}, ...EXTRAS);

const legacyMeta: fc.Arbitrary<Json | undefined> = fc.oneof(
  { weight: 10, arbitrary: fc.constant(undefined) },
  { weight: 6, arbitrary: extras },
  { weight: 1, arbitrary: fc.constantFrom<Json>(null, [], "m", ...EXTRAS) },
);

const envelope = (clientCapabilities: Json, more: JsonObject = {}): JsonObject => ({
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": clientCapabilities,
  ...more,
});

/** One call of 2026-07-28 for each thing that `_meta` may say, good and bad. */
export const ENVELOPES: JsonObject[] = [
  ...[...CAPABILITIES, ...BAD_CAPABILITIES].map((capabilities) => envelope(capabilities)),
  ...[...CLIENTS, ...BAD_CLIENTS].map((client) => envelope({}, { "io.modelcontextprotocol/clientInfo": client })),
  ...EXTRAS.map((extra) => envelope({}, extra)),
];

function modernRequest(method: string, params: JsonObject): Sent {
  const { name } = params;
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    host: "localhost",
    authorization: "good",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(typeof name === "string" && { "mcp-name": name }),
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  return { url: "http://localhost/mcp", headers: Object.entries(headers), body };
}

export const modernCall = (name: string, args: JsonObject, _meta: JsonObject): Sent =>
  modernRequest("tools/call", { name, arguments: args, _meta });

export const modernList = (method: string, _meta: JsonObject): Sent => modernRequest(method, { _meta });

const modernMeta: fc.Arbitrary<Json | undefined> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .record({
        version: usually<Json>("2026-07-28", "2025-11-25", "2027-01-01", "", 20260728, null),
        capabilities: oneOf([...CAPABILITIES, WITH_TASKS, WITH_TASKS, WITH_TASKS], BAD_CAPABILITIES),
        client: fc.option(oneOf(CLIENTS, BAD_CLIENTS), { nil: undefined }),
        extra: extras,
        without: usually("", "protocolVersion", "clientCapabilities"),
      })
      .map(({ version, capabilities, client, extra, without }) => {
        const envelope = Object.entries({
          protocolVersion: version,
          clientCapabilities: capabilities,
          ...(client !== undefined && { clientInfo: client }),
        }).filter(([key]) => key !== without);
        const reserved = envelope.map(([key, value]) => [`io.modelcontextprotocol/${key}`, value]);
        return { ...Object.fromEntries(reserved), ...extra };
      }),
  },
  { weight: 1, arbitrary: legacyMeta },
);

const INLINE: JsonObject = { name: "mine", steps: [{ id: "one", type: "transform", value: { n: 1 } }] };
const BLUEPRINTS: Json[] = ["double", "double@1", INLINE];
const BAD_BLUEPRINTS: Json[] = [
  "",
  "unknown",
  "double@9",
  7,
  null,
  { ...INLINE, steps: [] },
  { ...INLINE, steps: [{ id: "one", type: "nothing" }] },
  { ...INLINE, "\ud800": 1 },
];

/** Leaves out what is undefined. */
const defined = (fields: { [name: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, Json] => field[1] !== undefined));

const submitArguments = fc
  .record({
    blueprint: oneOf(BLUEPRINTS, BAD_BLUEPRINTS),
    input: usually<Json | undefined>({ n: 1 }, undefined, {}, [], { n: "x" }, { n: 1, __proto: 1 }, "no"),
    name: usually<Json | undefined>(undefined, "named", "", "x".repeat(200), 3, "a\u0000b"),
    metadata: usually<Json | undefined>({ a: "é" }, undefined, { a: "x".repeat(20_000) }, [1]),
    idempotency_key: usually<Json | undefined>(undefined, "known", "new", ""),
    run_at: usually<Json | undefined>(
      undefined,
      "2026-12-24T00:00:00Z",
      "2020-01-01T00:00:00Z",
      "soon",
      "2099-01-01T00:00:00Z",
    ),
    timeout_seconds: usually<Json | undefined>(undefined, 60, 0, 1.5),
    wait_seconds: usually<Json | undefined>(undefined, 0, 1, -1, "0", null),
    dry_run: usually<Json | undefined>(undefined, false, true, "yes"),
    more: usually<Json | undefined>(undefined, 1),
  })
  .map(defined);

const statusArguments = fc
  .record({
    job_id: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<Json | undefined>(...[1, 2, 3, 4].map((n) => jobIdOf(n))) },
      {
        weight: 2,
        arbitrary: fc.constantFrom<Json | undefined>(
          jobIdOf(9),
          "nope",
          "",
          "x".repeat(300),
          "\ud800",
          5,
          null,
          undefined,
        ),
      },
    ),
    include: usually<Json | undefined>(undefined, [], ["steps"], ["steps", "events"], ["all"], "steps", [
      "steps",
      "steps",
      "events",
    ]),
    more: usually<Json | undefined>(undefined, 1),
  })
  .map(defined);

const listArguments = fc
  .record({
    status: usually<Json | undefined>(undefined, "failed", ["failed", "queued"], "gone", 1),
    limit: usually<Json | undefined>(undefined, 1, 2, 0, "1"),
    cursor: usually<Json | undefined>(undefined, "x", null),
    more: usually<Json | undefined>(undefined, 1),
  })
  .map(defined);

const waitArguments = fc
  .record({
    job_ids: oneOf(
      [[2, 3], [2], [1, 2], [4], [9]].map((ids) => ids.map((n) => jobIdOf(n))),
      [[], ["nope"], jobIdOf(2), 5, null, [jobIdOf(2), 7]],
    ),
    until: usually<Json | undefined>(undefined, "any", "all", "some"),
    // Nothing settles here: who waits, waits to the end.
    timeout_seconds: usually<Json | undefined>(0, 0.01, -1, 51, "0", null),
    more: usually<Json | undefined>(undefined, 1),
  })
  .map(defined);

interface Params {
  method: string;
  name?: Json | undefined;
  args?: Json | undefined;
  taskId?: Json | undefined;
  /** Whatever else. */
  own?: JsonObject;
}

const taskIds = oneOf(
  [1, 2, 3, 4, 5, 9].map((n) => jobIdOf(n)),
  ["nope", "", "job_", `job_${"x".repeat(80)}`, "JOB_X", 5, null, []],
);

const call = (name: string, args: fc.Arbitrary<JsonObject>): fc.Arbitrary<Params> =>
  args.map((args) => ({ method: "tools/call", name, args }));

/** Methods whose answer is the same for everybody. */
const STATIC = ["tools/list", "prompts/list", "resources/templates/list", "server/discover"];

const initialize: fc.Arbitrary<Params> = fc
  .record({
    protocolVersion: usually<Json | undefined>(
      "2025-11-25",
      "2025-06-18",
      "2024-10-07",
      "2026-07-28",
      "x",
      1,
      undefined,
    ),
    capabilities: oneOf(CAPABILITIES, BAD_CAPABILITIES),
    clientInfo: oneOf(CLIENTS, BAD_CLIENTS),
  })
  .map((own) => ({ method: "initialize", own: defined(own) }));

const params: fc.Arbitrary<Params> = fc.oneof(
  { weight: 16, arbitrary: fc.constantFrom(...STATIC).map((method): Params => ({ method })) },
  { weight: 4, arbitrary: initialize },
  { weight: 6, arbitrary: call("jobs_list", listArguments) },
  { weight: 6, arbitrary: call("jobs_wait", waitArguments) },
  { weight: 16, arbitrary: taskIds.map((taskId) => ({ method: "tasks/get", taskId })) },
  { weight: 12, arbitrary: call("jobs_get_status", statusArguments) },
  { weight: 12, arbitrary: call("jobs_submit_blueprint", submitArguments) },
  {
    weight: 2,
    arbitrary: fc.record({
      method: fc.constant("tools/call"),
      name: fc.constantFrom<Json | undefined>(
        "jobs_get_status",
        "jobs_submit_blueprint",
        "jobs_list",
        "nothing",
        7,
        undefined,
      ),
      args: fc.constantFrom<Json | undefined>(undefined, null, [], "x", {}),
    }),
  },
);

const id = fc.oneof(
  { weight: 8, arbitrary: fc.oneof(fc.integer(), fc.string(), fc.string({ unit: "binary" })) as fc.Arbitrary<Json> },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Json | undefined>(undefined, null, 1.5, -0, 2 ** 53, true, [], {}, "", "\ud800"),
  },
);

/** What stands beside the parts of a message, or in their place. */
const messageExtra = usually<JsonObject>(
  {},
  { extra: 1 },
  { jsonrpc: "1.0" },
  { result: {} },
  { method: "ping" },
  { method: 1 },
  { params: [] },
);
const paramsExtra = usually<JsonObject>(
  {},
  { extra: 1 },
  { inputResponses: {} },
  { inputResponses: 1 },
  { requestState: "s" },
  { task: { ttl: 1 } },
);

/** What is done to the text of the body. */
const damage = usually<(text: string) => string>(
  (text) => text,
  (text) => `[${text}]`,
  (text) => `${text}}`,
  (text) => ` \n${text} `,
  (text) => `\ufeff${text}`,
  () => "",
  () => "null",
  (text) => text.replace('"arguments":{', '"arguments":{"__proto__":{"x":1},'),
  (text) => text.replace('"params":{', '"params":{"__proto__":{"x":1},'),
  (text) => text.replace('"_meta":{', '"_meta":{"__proto__":{"x":1},'),
  (text) => text.replace('{"jsonrpc"', '{"__proto__":1,"jsonrpc"'),
  (text) => text.replace('"method"', '"id":"twice","method"'),
  (text) => text + " ".repeat(MAX_BODY_BYTES),
);

function bodyOf(
  id: Json | undefined,
  { method, name, args, taskId, own }: Params,
  meta: Json | undefined,
  more: [JsonObject, JsonObject],
) {
  const params = { ...defined({ name, arguments: args, taskId, _meta: meta }), ...own, ...more[1] };
  return JSON.stringify({ jsonrpc: "2.0", ...defined({ id }), method, params, ...more[0] });
}

/** What the header of 2026 repeats; undefined: there is nothing to repeat. */
function nameHeader({ method, name = null, taskId = name }: Params): string | undefined {
  if (STATIC.includes(method) || method === "initialize") return undefined;
  return typeof taskId === "string" ? taskId : "none";
}

const headersOf = (era: Era, method: string, name: string | undefined): fc.Arbitrary<[string, string][]> => {
  const right = era === "modern" ? "2026-07-28" : "2025-11-25";
  return fc
    .record<{ [header: string]: string | undefined }>({
      "content-type": usually<string | undefined>(
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "text/plain",
        undefined,
      ),
      accept: usually<string | undefined>(
        "application/json, text/event-stream",
        "text/event-stream, application/json",
        "application/json;q=0.9, text/event-stream;q=0.1",
        "*/*",
        "application/json",
        undefined,
      ),
      "mcp-protocol-version": usually<string | undefined>(
        right,
        undefined,
        "2025-06-18",
        "2025-03-26",
        "2024-10-07",
        "2026-07-28",
        "2030-01-01",
        "x",
        ` ${right} `,
      ),
      "mcp-method":
        era === "modern"
          ? usually<string | undefined>(method, "tools/list", undefined, ` ${method} `)
          : usually<string | undefined>(undefined, "tools/list"),
      "mcp-name":
        era === "modern"
          ? usually<string | undefined>(
              name,
              `=?base64?${btoa(name ?? "")}?=`,
              "=?base64?%?=",
              "other",
              undefined,
              ` ${name ?? ""} `,
            )
          : usually<string | undefined>(undefined, "other"),
      origin: usually<string | undefined>(undefined, "http://localhost:3000", "https://evil.example", "null", ""),
      host: usually<string | undefined>("right", "localhost", "evil.example", "localhost:1", undefined),
      "mcp-session-id": usually<string | undefined>(undefined, "s"),
      "last-event-id": usually<string | undefined>(undefined, "1"),
      traceparent: usually<string | undefined>(undefined, TRACEPARENT, "none"),
      authorization: usually<string | undefined>(
        "good",
        "reader",
        "expired",
        "foreign",
        "nonsense",
        "local",
        undefined,
      ),
    })
    .map((all) => Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined));
};

const url = usually(
  "http://localhost/mcp",
  "http://localhost:8787/mcp",
  "http://127.0.0.1/mcp",
  "https://edge-jobs.example.workers.dev/mcp",
  "https://jobs.example.com/mcp",
  "https://jobs.example.com/mcp?x=1",
);

/** Those of 2025 know nothing of tasks. */
const eraOf = ({ method }: Params): fc.Arbitrary<Era> =>
  method === "tasks/get" ? usually<Era>("modern", "legacy") : fc.constantFrom<Era>("legacy", "modern");

const paramsOfEra = params.chain((params) => eraOf(params).map((era) => ({ era, params })));

export const sent: fc.Arbitrary<Sent> = fc
  .record({ of: paramsOfEra, url, id, messageExtra, paramsExtra, damage })
  .chain(({ of: { era, params }, ...rest }) =>
    fc
      .record({
        headers: headersOf(era, params.method, nameHeader(params)),
        meta: era === "modern" ? modernMeta : legacyMeta,
      })
      .map(({ headers, meta }) => ({
        url: rest.url,
        headers: headers.map(([name, value]): [string, string] => [
          name,
          value === "right" ? new URL(rest.url).host : value,
        ]),
        body: rest.damage(bodyOf(rest.id, params, meta, [rest.messageExtra, rest.paramsExtra])),
      })),
  );
