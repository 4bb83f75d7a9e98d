import fc from "fast-check";
import type { RestRoute } from "../rest.ts";
import { damage, type Framing, framed } from "./damage.ts";
import { hooks } from "./hook-requests.ts";
import { message } from "./messages.ts";
import { FORM_TYPE, JSON_TYPE, METHODS, mostly, oneOf, type Plain, TYPES } from "./plain-request.ts";
import { restMessages } from "./rest-requests.ts";

/** HTTP requests with something wrong, as bytes for a socket. */
export interface FuzzRequest {
  route: string;
  bytes: Buffer;
  /** The request says that more is to come, and then nothing does. */
  isCut: boolean;
}

/** API keys by what they may do; also used in wrong places. */
export interface Keys {
  all: string;
  read: string;
}

const ACCEPT = "application/json, text/event-stream";
/** Headers that nobody has to send, and that must do no harm. */
const EXTRA: [string, string][] = [
  ["Origin", "https://evil.example"],
  ["Origin", "null"],
  ["Content-Encoding", "gzip"],
  ["X-Forwarded-For", "127.0.0.1"],
  ["X-Forwarded-Host", "evil.example"],
  ["Mcp-Session-Id", "x"],
  ["Last-Event-ID", "1"],
  ["Cookie", "a=b; a=c"],
  ["X-Long", "x".repeat(6_000)],
  ["X-Bytes", "\xff\xfe\x80"],
  ["traceparent", "00-zz"],
  ["Range", "bytes=0-1"],
  ["If-None-Match", "*"],
  ["Content-Type", "text/plain"],
  ["Authorization", "Basic YTpi"],
];

const authorization = ({ all, read }: Keys) =>
  mostly(
    `Bearer ${all}`,
    `Bearer ${read}`,
    "",
    "Bearer",
    "Bearer x",
    `Bearer ${all}x`,
    `Bearer ${all} ${all}`,
    `Basic ${all}`,
    "Bearer ej1_.",
    "Bearer \xff",
  );

const mcp = (keys: Keys): fc.Arbitrary<Plain> =>
  fc
    .record({
      said: message,
      method: mostly("POST", ...METHODS),
      route: mostly("/mcp", "/mcp/", "/mcp?x=1", "/mcp?access_token=x", "/MCP", "/mcp%00", "//mcp"),
      auth: authorization(keys),
      type: mostly(JSON_TYPE, ...TYPES),
      accept: mostly(ACCEPT, "", "*/*", JSON_TYPE, "text/event-stream", "text/html", ","),
      version: mostly("", "2025-03-26", "2024-11-05", "9999-99-99", "\xff", "2026-07-28, 2025-11-25"),
      named: mostly("", "x", "=?base64?eA==?=", "=?base64?%?=", "\xff"),
    })
    .map(({ said, method, route, auth, type, accept, version, named }) => ({
      route,
      method,
      body: Buffer.from(said.text),
      headers: [
        ["Authorization", auth],
        ["Content-Type", type],
        ["Accept", accept],
        ["MCP-Protocol-Version", version || (said.isModern ? "2026-07-28" : "2025-11-25")],
        ["Mcp-Method", said.isModern ? said.method : ""],
        ["Mcp-Name", named || (said.isModern ? (said.name ?? "") : "")],
      ],
    }));

const rest = (keys: Keys, routes: readonly RestRoute[]): fc.Arbitrary<Plain> =>
  fc
    .record({
      said: restMessages(routes),
      odd: mostly("", ...METHODS, "POST"),
      auth: authorization(keys),
      type: mostly(JSON_TYPE, ...TYPES),
      key: mostly("", "k", "\xff", "x".repeat(3_000)),
    })
    .map(({ said, odd, auth, type, key }) => ({
      route: said.path,
      method: odd || said.method,
      body: Buffer.from(odd === "GET" || odd === "HEAD" ? "" : said.text),
      headers: [
        ["Authorization", auth],
        ["Content-Type", type],
        ["Idempotency-Key", key],
      ],
    }));

const FIELDS: Record<string, readonly string[]> = {
  grant_type: ["authorization_code", "refresh_token", "client_credentials", "password", ""],
  response_type: ["code", "token", "none"],
  code: ["x", "a:b:c", "::", "%"],
  refresh_token: ["x", "a:b:c"],
  client_id: ["x", "https://client.invalid/meta.json", "http://127.0.0.1:1/", "__proto__", ""],
  client_secret: ["x"],
  redirect_uri: ["https://client.example/callback", "javascript:1", "//", "", "http://localhost/x"],
  code_verifier: ["x".repeat(43), ""],
  code_challenge: ["x".repeat(43), ""],
  code_challenge_method: ["S256", "plain", "none"],
  resource: ["https://x.example/mcp", "", "::"],
  scope: ["jobs:read", "admin", "a b c", "\u202e"],
  state: ["x", "<script>", ""],
  handle: ["x", "{}", "e30", "__proto__"],
  key: ["ej1_x.y", ""],
  decision: ["approve", "deny", "x"],
  token: ["x"],
};

/** Fields of a form or query: some of those that the routes know, some twice, some with bytes that are no text. */
const fields = fc
  .array(
    fc
      .constantFrom(...Object.entries(FIELDS))
      .chain(([name, values]) => fc.tuple(fc.constant(name), fc.oneof(oneOf(...values), fc.string({ maxLength: 20 })))),
    { maxLength: 8 },
  )
  .chain((pairs) =>
    fc.constantFrom(new URLSearchParams(pairs).toString(), `${new URLSearchParams(pairs)}&%ff=%zz&=&&`),
  );

const registration = fc
  .record(
    {
      client_name: fc.oneof(oneOf<unknown>("<b>x</b>", 1, null, "x".repeat(5_000)), fc.string()),
      redirect_uris: oneOf<unknown>([], "x", [1], ["javascript:1"], ["https://a.example/", "::"], null, [{}]),
      token_endpoint_auth_method: oneOf<unknown>("none", "x", 1),
      grant_types: oneOf<unknown>([], ["x"], "authorization_code", [1]),
      logo_uri: oneOf<unknown>("javascript:1", 1),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));

const oauth = (keys: Keys): fc.Arbitrary<Plain> =>
  fc
    .record({
      route: oneOf(
        "/oauth/token",
        "/oauth/token",
        "/oauth/register",
        "/authorize",
        "/token",
        "/register",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/mcp",
      ),
      method: mostly("POST", ...METHODS),
      form: fields,
      json: registration,
      type: mostly("", ...TYPES),
      auth: fc.oneof(
        { weight: 3, arbitrary: oneOf("", "Basic YTpi", "Basic %%%", "Basic") },
        { weight: 1, arbitrary: authorization(keys) },
      ),
    })
    .map(({ route, method, form, json, type, auth }) => {
      const isJson = route.endsWith("register");
      const hasBody = method !== "GET" && method !== "HEAD";
      return {
        route: hasBody ? route : `${route}?${form}`,
        method,
        body: Buffer.from(hasBody ? (isJson ? json : form) : ""),
        headers: [
          ["Content-Type", type || (isJson ? JSON_TYPE : FORM_TYPE)],
          ["Authorization", auth],
        ],
      };
    });

const others = (keys: Keys): fc.Arbitrary<Plain> =>
  fc
    .record({
      route: oneOf(
        "/keys/revoke",
        "/keys/revoke",
        "/keys",
        "/keys/audit",
        "/keys/",
        "/keys/x",
        "/",
        "/healthz",
        "/x",
        "/%",
        "/%00",
        "/..%2f..",
        "/?key=x",
        `/${"x".repeat(3_000)}`,
        "/\xff",
      ),
      method: mostly("POST", ...METHODS),
      auth: authorization(keys),
      type: mostly(JSON_TYPE, ...TYPES),
      // Nothing of this is a key id, so nothing is revoked.
      body: oneOf(
        '{"key_id":"key_0"}',
        '{"key_id":1}',
        "{}",
        "[]",
        "null",
        '{"key_id":"__proto__","x":1}',
        "",
        "x",
        '{"key_id":',
        "\xff",
      ),
    })
    .map(({ route, method, auth, type, body }) => ({
      route,
      method,
      body: Buffer.from(body, "latin1"),
      headers: [
        ["Authorization", auth],
        ["Content-Type", type],
        ["Accept", "text/html"],
      ],
    }));

/** @param host of the server, with its port @param routes of its REST */
export function fuzzRequests(
  host: string,
  keys: Keys & { hook: string },
  routes: readonly RestRoute[],
): fc.Arbitrary<FuzzRequest> {
  const plain = fc.oneof(
    { weight: 6, arbitrary: mcp(keys) },
    { weight: 5, arbitrary: rest(keys, routes) },
    { weight: 3, arbitrary: oauth(keys) },
    { weight: 1, arbitrary: others(keys) },
    { weight: 2, arbitrary: hooks(keys.hook) },
  );
  return fc
    .record({
      plain,
      damage,
      framing: fc.oneof(
        { weight: 16, arbitrary: fc.constant<Framing>("length") },
        { weight: 4, arbitrary: oneOf<Framing>("chunked", "cut", "bad chunk") },
      ),
      extra: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(oneOf(...EXTRA), { maxLength: 2 }) },
      ),
      host: mostly(host, "evil.example", "localhost", "127.0.0.1:1", "[::1]", "\xff"),
    })
    .map(({ plain: { route, method, headers, body }, damage: harm, framing, extra, host: named }) => {
      const { header, content } = framed(harm(body), framing);
      const sent = [...headers, ...extra]
        .filter(([, value]) => value !== "")
        .map(([name, value]) => `${name}: ${value}`);
      const head = [`${method} ${route} HTTP/1.1`, `Host: ${named}`, "Connection: close", ...sent, header, "", ""].join(
        "\r\n",
      );
      const isCut = framing === "cut" || framing === "bad chunk";
      return { route, isCut, bytes: Buffer.concat([Buffer.from(head, "latin1"), content]) };
    });
}
