import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../../support/clients.ts";
import { ownTenant } from "../../support/server.ts";

/** Each kind as its fields allow it, and seldom is used: what a plan may say, the real server does. */

const BYTES = Buffer.from([0, 255, 128, 10]);
const ROWS = [[1, 2], [3], []];
const MANY_PAGES = 30;
/** Those that were asked for. */
const manyAsked: number[] = [];

/** What the path answers, with its headers. */
const ROUTES: Record<string, (url: URL) => { body: Json | Buffer; headers?: Record<string, string> }> = {
  "/list": ({ searchParams }) => {
    const page = Number(searchParams.get("page") ?? 1);
    const more = `<?page=1>; rel="first", <?page=${page + 1}&per=2>; title="a, b"; rel="next last"`;
    return { body: ROWS[page - 1] ?? [], headers: page < 3 ? { link: more } : {} };
  },
  "/cursor": ({ searchParams }) => {
    const at = Number((searchParams.get("after") ?? "c0").slice(1));
    return {
      body: { data: ROWS[at] ?? [], meta: { next: at < 2 ? `c${at + 1}` : null }, per: searchParams.get("per") },
    };
  },
  "/numbered": ({ searchParams }) => {
    const page = Number(searchParams.get("page"));
    return { body: { page, rows: ROWS[page - 1] ?? [] } };
  },
  "/hal": ({ searchParams }) => {
    const page = Number(searchParams.get("p") ?? 0);
    return { body: { items: ROWS[page] ?? [], _links: page < 2 ? { next: { href: `hal?p=${page + 1}` } } : {} } };
  },
  "/many": ({ searchParams }) => {
    const page = Number(searchParams.get("page") ?? 1);
    manyAsked.push(page);
    return { body: [page], headers: page < MANY_PAGES ? { link: `</many?page=${page + 1}>; rel="next"` } : {} };
  },
  "/bytes": () => ({ body: BYTES, headers: { "content-type": "application/octet-stream" } }),
  "/as-text": () => ({ body: Buffer.from('{"a":1}'), headers: { "content-type": "text/plain" } }),
};

let service: Server;
let host: string;
let client: AnyClient;
const effects: string[] = [];

async function echo(request: IncomingMessage, url: URL): Promise<JsonObject> {
  const { authorization = "", ...headers } = request.headers as Record<string, string>;
  return { method: request.method ?? "", query: url.search, auth: authorization, headers, body: await text(request) };
}

beforeAll(async () => {
  service = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const known = ROUTES[url.pathname]?.(url);
    const status = Number(url.searchParams.get("status") ?? 200);
    if (url.pathname.startsWith("/effect/")) effects.push(url.pathname.slice(8));
    const body = known?.body ?? (await echo(request, url));
    response.writeHead(status, { "content-type": "application/json", ...known?.headers });
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
  service.listen(0, "127.0.0.1");
  await new Promise((resolve) => service.once("listening", resolve));
  host = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const { endpoint, key } = await ownTenant();
  client = await connectAuto(endpoint, key);
});

afterAll(async () => {
  await client?.close();
  service?.close();
});

const filled = (args: JsonObject): JsonObject => JSON.parse(JSON.stringify(args).replaceAll("HOST", host));

/** What became of the plan: its result, or its failure. */
const endOf = (plan: JsonObject, input: JsonObject = {}): Promise<Json> =>
  endOfJob({ blueprint: { name: "unusual", ...plan }, input });

async function endOfJob(args: JsonObject): Promise<Json> {
  const submitted = await callTool(client, "jobs_submit_blueprint", filled(args));
  if (submitted.isError) throw new Error(submitted.text);
  const job = await untilSettled(client, String(submitted.structured.id));
  const { error = null, error_code = null } = job;
  return (error === null ? job.result : { error_code, error }) as Json;
}

const http = (id: string, path: string, more: JsonObject = {}): JsonObject => {
  return { id, type: "http", url: `HOST${path}`, retry: { limit: 0 }, ...more };
};
const value = (id: string, it: Json, more: JsonObject = {}): JsonObject => ({
  id,
  type: "transform",
  value: it,
  ...more,
});
const nap = (id: string, length = "1 second"): JsonObject => ({ id, type: "sleep", for: length });
const paged = (path: string, pages: JsonObject, more: JsonObject = {}): JsonObject => ({
  steps: [http("all", path, { pages, ...more })],
});
const ALL = { items: [1, 2, 3], pages: 3, complete: true };
const failure = (error_code: string, error: string) => ({ error_code, error: expect.stringContaining(error) });

type Case = [what: string, plan: JsonObject, end: unknown, input?: JsonObject];
const plans = (cases: Case[]) =>
  it.concurrent.each(cases)(
    "%s",
    async (_what, plan, end, input) => {
      expect(await endOf(plan, input)).toEqual(end);
    },
    60_000,
  );

describe("pages", () => {
  plans([
    [
      "by a Link that is relative, has a comma in its title and two relations",
      paged("/list", { next: "link", items: "{% $response.body %}" }),
      ALL,
    ],
    [
      "by a cursor in the body, beside a query that stays",
      paged(
        "/cursor",
        { next: { after: "{% $response.body.meta.next %}" }, items: "{% $response.body.data %}" },
        { query: { per: 2 } },
      ),
      ALL,
    ],
    [
      "by number until one is empty",
      paged(
        "/numbered",
        {
          next: { page: "{% $count($response.body.rows) > 0 ? $response.body.page + 1 %}" },
          items: "{% $response.body.rows %}",
        },
        { query: { page: "{% $input.from %}" } },
      ),
      ALL,
      { from: 1 },
    ],
    [
      "by a relative reference in the body, up to a limit that is an expression",
      paged("/hal", {
        next: "{% $response.body._links.next.href %}",
        items: "{% $response.body.items %}",
        limit: "{% $input.most %}",
        on_limit: "stop",
      }),
      { items: [1, 2, 3], pages: 2, complete: false },
      { most: 2 },
    ],
    [
      "of each row of a map",
      {
        steps: [
          {
            ...{ id: "each", type: "map", over: ["/list", "/hal"] },
            steps: [
              {
                ...http("all", ""),
                url: "{% $input.host & $item %}",
                pages: {
                  next: "{% $item = '/list' ? $response.headers.link.$match(/<([^>]+)>; title/).groups[0] : $response.body._links.next.href %}",
                  items: "{% $item = '/list' ? $response.body : $response.body.items %}",
                },
              },
              value("sum", "{% $sum($steps.all.items) %}"),
            ],
          },
        ],
      },
      { value: [6, 6] },
      { host: "HOST" },
    ],
    [
      "to another host are followed nowhere",
      paged("/list", { next: "http://localhost:1/", items: "{% $response.body %}" }),
      failure("http_request", "leads away"),
    ],
  ]);

  it.concurrent("of thirty are read, each once, by a blueprint of the catalogue", async () => {
    const found = await endOfJob({ blueprint: "paged-fetch", input: { url: "HOST/many", limit: 100 } });
    const all = Array.from({ length: MANY_PAGES }, (_, i) => i + 1);
    expect(found).toEqual({ items: all, pages: MANY_PAGES, complete: true });
    expect(manyAsked).toEqual(all);
  }, 60_000);
});

describe("http", () => {
  const sent = (more: JsonObject, output: Json = "{% $steps.e.body %}", path = "/echo") => {
    return { steps: [http("e", path, { method: "POST", ...more })], output };
  };
  const signed = (algorithm: string, encoding: "hex" | "base64") =>
    createHmac(algorithm, "key").update('{"n":1}').digest(encoding);
  plans([
    [
      "form takes lists, numbers, booleans, and leaves nothing out of what is empty",
      sent(
        { form: { a: [1, "zwei", true], b: "ä &", c: null, d: "", e: "{% $input.none %}" } },
        "{% $steps.e.body.body %}",
      ),
      { value: "a=1&a=zwei&a=true&b=%C3%A4+%26&d=" },
    ],
    [
      "auth basic with what is not ASCII",
      sent({ auth: { basic: { user: "{% 'us' & 'er' %}", password: "pä:ß" } } }, "{% $steps.e.body.auth %}"),
      { value: `Basic ${Buffer.from("user:pä:ß").toString("base64")}` },
    ],
    [
      "auth bearer of an expression",
      sent({ auth: { bearer: "{% $input.t %}" } }, "{% $steps.e.body.auth %}"),
      { value: "Bearer tok" },
      { t: "tok" },
    ],
    ...(["sha1", "sha256", "sha512"] as const).flatMap((algorithm) =>
      (["hex", "base64"] as const).map((encoding): Case => {
        const hmac = { secret: "key", header: "X-Sig", algorithm: `SHA-${algorithm.slice(3)}`, encoding, prefix: "v=" };
        const output = "{% $lookup($steps.e.body.headers, 'x-sig') %}";
        return [
          `auth hmac by ${algorithm} in ${encoding}`,
          sent({ body: { n: 1 }, auth: { hmac } }, output),
          { value: `v=${signed(algorithm, encoding)}` },
        ];
      }),
    ),
    [
      "as text leaves JSON as it is, as json parses text, as base64 keeps bytes, which can be sent on",
      {
        steps: [
          http("t", "/cursor", { as: "text" }),
          http("j", "/as-text", { as: "json" }),
          http("b", "/bytes", { as: "base64" }),
          http("on", "/echo", { method: "PUT", body: { base64: "{% $steps.b.body %}" } }),
        ],
        output: {
          t: "{% $type($steps.t.body) %}",
          j: "{% $steps.j.body.a %}",
          b: "{% $steps.b.body %}",
          n: "{% $steps.b.bytes %}",
        },
      },
      { t: "string", j: 1, b: BYTES.toString("base64"), n: 4 },
    ],
    [
      "query, headers and url of expressions",
      {
        steps: [
          http("e", "/echo/{% $input.part %}?x={% $input.part %}", {
            query: { y: "{% [1, 2] %}", z: "{% $input.none %}", w: "a b" },
            headers: { "X-One": "{% $string($input.n) %}", "X-None": "{% $input.none %}", "X-Null": null },
          }),
        ],
        output: {
          q: "{% $steps.e.body.query %}",
          one: "{% $lookup($steps.e.body.headers, 'x-one') %}",
          none: "{% $exists($lookup($steps.e.body.headers, 'x-none')) %}",
        },
      },
      { q: "?x=a%2Fb%20c&y=1&y=2&w=a+b", one: "7", none: false },
      { part: "a/b c", n: 7 },
    ],
    [
      "retries, timeouts and polls by expressions",
      {
        steps: [
          http("r", "/echo?status=503", {
            retry: { limit: "{% $input.tries %}", delay: "{% $input.s & ' seconds' %}", backoff: "fixed" },
            timeout: "{% $input.t & ' seconds' %}",
            on_error: "continue",
          }),
          http("p", "/echo", {
            until: "{% $steps.r.error.status = 503 %}",
            every: "{% $input.t & ' seconds' %}",
            limit: "{% $input.tries %}",
          }),
        ],
        output: { e: "{% $steps.r.error %}", p: "{% $steps.p.status %}" },
      },
      { e: { code: "http_status", status: 503, message: expect.any(String), body: expect.any(Object) }, p: 200 },
      { tries: 2, s: 0, t: 5 },
    ],
    [
      "expect by an expression, which says what it met",
      { steps: [http("e", "/echo?status=404", { expect: "{% $response.status = 410 %}" })] },
      failure("http_status", "expect is not met"),
    ],
    [
      "PATCH and DELETE with a body, HEAD without",
      {
        steps: [
          http("p", "/echo", { method: "PATCH", body: [1, "{% $input.none %}", { a: "{% $input.none %}" }] }),
          http("d", "/echo", { method: "DELETE", body: "raw {% 1 + 1 %}" }),
          http("h", "/echo", { method: "HEAD" }),
        ],
        output: {
          p: "{% $steps.p.body.body %}",
          d: "{% $steps.d.body.body %}",
          h: "{% $steps.h.body %}",
          m: "{% $steps.p.body.method & $steps.d.body.method %}",
        },
      },
      { p: "[1,null,{}]", d: "raw 2", h: "", m: "PATCHDELETE" },
    ],
  ]);

  it.concurrent("auth hmac signs what is sent with the time of its try", async () => {
    const over = "{% $timestamp %}.{% $body %}";
    const step = {
      body: { a: "ü", n: [1, 2] },
      headers: { "X-Time": "{% $string($timestamp) %}" },
      auth: { hmac: { secret: "key", header: "X-Sig", prefix: "v1=", over } },
    };
    const { headers, body } = (await endOf(sent(step))) as { headers: Record<string, string>; body: string };
    expect(body).toBe('{"a":"ü","n":[1,2]}');
    const signature = createHmac("sha256", "key").update(`${headers["x-time"]}.${body}`).digest("hex");
    expect(headers["x-sig"]).toBe(`v1=${signature}`);
    expect(Math.abs(Date.now() / 1_000 - Number(headers["x-time"]))).toBeLessThan(60);
  });

  it.concurrent("auth standard_webhook signs what is sent with its id and time", async () => {
    const secret = `whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}`;
    const { headers, body } = (await endOf(sent({ body: { ü: 1 }, auth: { standard_webhook: secret } }))) as {
      headers: Record<string, string>;
      body: string;
    };
    const signature = createHmac("sha256", "0123456789abcdef01234567")
      .update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`)
      .digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  });
});

describe("steps inside steps", () => {
  const twice = (id: string, more: JsonObject = {}): JsonObject => ({
    ...{
      id,
      type: "repeat",
      state: { n: "{% $item %}" },
      limit: "{% $input.rounds %}",
      next: { n: `{% $steps.${id}_n %}` },
    },
    steps: [value(`${id}_n`, "{% $state.n * 2 + $round %}")],
    ...more,
  });
  plans([
    [
      "a repeat in a map in a parallel, in a map",
      {
        steps: [
          {
            ...{
              id: "outer",
              type: "map",
              over: "{% [10, 20] %}",
              concurrency: "{% $input.c %}",
              max_items: "{% $input.c %}",
            },
            steps: [
              value("base", "{% $item %}"),
              {
                ...{ id: "both", type: "parallel" },
                branches: {
                  a: [
                    { id: "in_a", type: "map", over: "{% [1..2] %}", steps: [twice("ra")] },
                    value("sum", "{% $sum($steps.in_a.n) + $steps.base %}"),
                  ],
                  b: [twice("rb", { pause: "{% $input.pause %}" }), value("n", "{% $steps.rb.n %}")],
                },
              },
            ],
          },
        ],
      },
      {
        value: [
          { a: 30, b: 44 },
          { a: 40, b: 84 },
        ],
      },
      { c: 2, rounds: 2, pause: "0 seconds" },
    ],
    [
      "end in a branch of a row ends the job well, with its output, and nothing follows",
      {
        steps: [
          {
            ...{ id: "m", type: "map", over: [1, 2, 3], concurrency: 1 },
            steps: [
              {
                ...{ id: "p", type: "parallel" },
                branches: {
                  a: [
                    {
                      id: "stop",
                      type: "end",
                      as: "succeeded",
                      when: "{% $item = 2 %}",
                      output: { at: "{% $item %}" },
                    },
                  ],
                  b: [nap("n")],
                },
              },
            ],
          },
          http("never", "/effect/never"),
        ],
        output: "not this",
      },
      { at: 2 },
    ],
    [
      "end in a round fails the job, with its code and message",
      {
        steps: [
          {
            ...{ id: "r", type: "repeat", limit: 5 },
            steps: [
              {
                id: "stop",
                type: "end",
                when: "{% $round = 3 %}",
                code: "out_of_stock",
                message: "none in round {% $round %}",
              },
            ],
          },
        ],
      },
      failure("out_of_stock", "none in round 3"),
    ],
    [
      "repeat with while, pause and a state that becomes nothing",
      {
        steps: [
          {
            id: "r",
            type: "repeat",
            while: "{% $round < 3 %}",
            pause: "{% '0 seconds' %}",
            steps: [value("v", "{% $round = 3 ? $input.none : $round %}")],
          },
          value("out", { there: "{% $exists($steps.r) %}" }),
        ],
      },
      { there: false },
    ],
    [
      "repeat at its limit stops with its state",
      {
        steps: [
          {
            id: "r",
            type: "repeat",
            state: 0,
            until: "{% false %}",
            limit: 4,
            on_limit: "stop",
            steps: [value("v", "{% $state + 1 %}")],
          },
        ],
      },
      { value: 4 },
    ],
    [
      "a map that goes on from a row, with what had finished; over one value, and over nothing",
      {
        steps: [
          {
            id: "m",
            type: "map",
            on_error: "continue",
            concurrency: 1,
            over: [200, 404, 200],
            steps: [http("e", "/echo?status={% $item %}"), value("s", "{% $steps.e.status %}")],
          },
          { id: "one", type: "map", over: "{% $input.one %}", steps: [value("o", "{% $item & $index %}")] },
          { id: "none", type: "map", over: "{% $input.none %}", steps: [value("z", 1)] },
        ],
        output: {
          code: "{% $steps.m.error.code %}",
          done: "{% $steps.m.done %}",
          one: "{% $steps.one %}",
          none: "{% $steps.none %}",
        },
      },
      { code: "http_status", done: [200, null, null], one: ["x0"], none: [] },
      { one: "x" },
    ],
    [
      "parallel with first: the quickest that succeeds, and a timer that decides",
      {
        steps: [
          {
            id: "f",
            type: "parallel",
            first: true,
            branches: {
              bad: [http("b", "/echo?status=500")],
              slow: [nap("s", "20 seconds")],
              quick: [value("q", "won")],
            },
          },
          {
            id: "t",
            type: "parallel",
            first: "timer",
            branches: { work: [nap("w", "20 seconds")], timer: [nap("z"), value("late", "late")] },
          },
        ],
        output: { f: "{% $steps.f %}", t: "{% $steps.t %}" },
      },
      { f: { branch: "quick", value: "won" }, t: { branch: "timer", value: "late" } },
    ],
    [
      "a timeout of a repeat and of a parallel bounds all of it",
      {
        steps: [
          {
            id: "r",
            type: "repeat",
            limit: 50,
            pause: "1 second",
            timeout: "{% '2 seconds' %}",
            on_error: "continue",
            steps: [value("v", 1)],
          },
          {
            id: "p",
            type: "parallel",
            timeout: "1 second",
            on_error: "continue",
            branches: { a: [value("done", 1)], b: [nap("long", "30 seconds")] },
          },
        ],
        output: { r: "{% $steps.r.error.code %}", p: "{% $steps.p.error.code %}", done: "{% $steps.p.done %}" },
      },
      { r: "step_timeout", p: "step_timeout", done: { a: 1 } },
    ],
  ]);
});

describe("other kinds", () => {
  const kid = (steps: JsonObject[], more: JsonObject = {}): JsonObject => ({ name: "kid", steps, ...more });
  const read = (id: string, key: string): JsonObject => ({ id, type: "store", key });
  plans([
    [
      "store counts right when ten rows add at the same time, each as often as it takes",
      {
        steps: [
          {
            ...{ id: "m", type: "map", over: "{% [1..10] %}", concurrency: 10 },
            steps: [
              {
                ...{ id: "add", type: "repeat", until: "{% $steps.put.stored %}", limit: 100, next: "{% $round %}" },
                steps: [
                  read("now", "count"),
                  {
                    id: "put",
                    type: "store",
                    key: "count",
                    value: "{% ($exists($steps.now.value) ? $steps.now.value : 0) + 1 %}",
                    if: { version: "{% $steps.now.version %}" },
                  },
                ],
              },
            ],
          },
          read("all", "count"),
        ],
        output: "{% $steps.all.value %}",
      },
      { value: 10 },
    ],
    [
      "store as a lock that ends by itself, and delete",
      {
        steps: [
          {
            id: "a",
            type: "store",
            key: "{% 'lock-' & $input.n %}",
            value: 1,
            if: "absent",
            for: "{% $input.s & ' seconds' %}",
          },
          { id: "b", type: "store", key: "lock-7", value: 2, if: "absent" },
          nap("n", "2 seconds"),
          { id: "c", type: "store", key: "lock-7", value: [3], if: "absent" },
          { id: "d", type: "store", key: "lock-7", value: null },
          read("e", "lock-7"),
        ],
        output: {
          a: "{% $steps.a.stored %}",
          b: "{% $steps.b.stored %}",
          seen: "{% $steps.b.value %}",
          c: "{% $steps.c.stored %}",
          e: "{% $steps.e %}",
        },
      },
      { a: true, b: false, seen: 1, c: true, e: { version: 0, stored: false, expires_at: null } },
      { n: 7, s: 1 },
    ],
    [
      "an event that the same job emits answers its question, once it fits",
      {
        steps: [
          {
            ...{ id: "p", type: "parallel" },
            branches: {
              wait: [
                {
                  id: "paid",
                  type: "input",
                  timeout: "20 seconds",
                  event: { name: "order.paid", when: "{% $event.data.id = $input.id %}" },
                },
              ],
              tell: [
                nap("n"),
                { id: "other", type: "emit", event: "order.paid", data: { id: "x" } },
                { id: "this", type: "emit", event: "order.paid", data: { id: "{% $input.id %}", sum: 9 } },
              ],
            },
          },
        ],
        output: "{% $steps.p.wait.content.sum %}",
      },
      { value: 9 },
      { id: "o1" },
    ],
    [
      "input in rows, whose enum is an expression, with what stands when nobody answers",
      {
        steps: [
          {
            ...{ id: "m", type: "map", over: ["a", "b"] },
            steps: [
              {
                ...{
                  id: "q",
                  type: "input",
                  message: "Which, {% $item %}?",
                  timeout: "{% $input.s & ' second' %}",
                  default: { tag: "none" },
                  link: true,
                },
                schema: {
                  type: "object",
                  required: ["tag"],
                  properties: { tag: { type: "string", enum: "{% [$item, 'none'] %}" } },
                },
              },
              value("got", "{% $steps.q.action & ' ' & $steps.q.content.tag %}"),
            ],
          },
        ],
      },
      { value: ["expired none", "expired none"] },
      { s: 1 },
    ],
    [
      "job: a child's defaults, a list as its result, one that fails and one that nobody waits for",
      {
        steps: [
          {
            id: "c",
            type: "job",
            input: "{% {'a': $input.n} %}",
            blueprint: kid([value("v", "{% [$input.a, $input.b] %}")], {
              input: { type: "object", properties: { a: { type: "integer" }, b: { type: "integer", default: 5 } } },
            }),
          },
          {
            id: "f",
            type: "job",
            on_error: "continue",
            blueprint: kid([{ id: "e", type: "end", code: "no", message: "because" }]),
          },
          { id: "d", type: "job", detached: true, blueprint: kid([http("e", "/effect/detached")]) },
        ],
        output: {
          c: "{% $steps.c %}",
          f: "{% $steps.f.error.code %}",
          why: "{% $contains($steps.f.error.message, 'because') %}",
          d: "{% $exists($steps.d.job_id) %}",
        },
      },
      { c: [4, 5], f: "child_failed", why: true, d: true },
      { n: 4 },
    ],
    [
      "job whose blueprint is an expression, of those that it may be",
      {
        steps: [
          {
            id: "c",
            type: "job",
            blueprint: "{% $input.which %}",
            one_of: ["poll-until", "paged-fetch"],
            input: { url: "HOST/numbered?page=1", items_field: "rows" },
          },
        ],
        output: "{% $steps.c %}",
      },
      { items: [1, 2], pages: 1, complete: true },
      { which: "paged-fetch" },
    ],
    [
      "ai with a schema, whose fields later steps use, within a budget",
      {
        budget: { ai_tokens: 9_000 },
        steps: [
          {
            id: "a",
            type: "ai",
            prompt: "{% {'any': [$input.x]} %}",
            max_tokens: "{% $input.most %}",
            schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
          },
          value("v", "{% $steps.a.value.n + 1 %}"),
        ],
      },
      { value: 2 },
      { x: 1, most: 50 },
    ],
    [
      "sleep until a time that is computed, and one that is over",
      {
        steps: [
          { id: "s", type: "sleep", until: "{% $fromMillis($millis() + 1000) %}" },
          { id: "z", type: "sleep", until: "2020-01-01T00:00:00+02:00" },
          value("v", 1),
        ],
      },
      { value: 1 },
    ],
    [
      "$error and $assert fail with their message alone",
      {
        steps: [
          value("v", "{% $assert($input.n > 1, 'n is ' & $input.n) %}", { on_error: "continue" }),
          value("w", "{% $error('stop: ' & $steps.v.error.message) %}"),
        ],
      },
      failure("expression", "stop: "),
      { n: 1 },
    ],
    [
      "functions beside JSONata's",
      {
        steps: [
          value("v", {
            xml: "{% $parse('<a x=\"1\"><b>1</b><b>2</b><c><![CDATA[<&]]></c></a>', 'xml') %}",
            csv: '{% $parse(\'a,b\\r\\n1,"x,""y"""\', \'csv\') %}',
            ndjson: "{% $parse('{\"a\":1}\\n\\n{\"a\":2}\\n', 'ndjson').a %}",
            sse: "{% $parse('id: 7\\nevent: e\\ndata: a\\ndata: b\\n\\n', 'sse') %}",
            time: "{% $time('2026-07-01T12:00:00Z', 'Europe/Berlin', '[H01]:[m01] [Z]') %}",
            parts: "{% $partition([1..5], 2) %}",
            url: "{% $url('https://a.example/x/y', '../z?q=1', {'q': [1, 2]}) %}",
            date: "{% $toMillis('Wed, 21 Oct 2015 07:28:00 GMT') %}",
            b64: "{% $base64decode('w7w_') & $base64encode('ü') %}",
            same: "{% $uuid('x') = $uuid('x') %}",
            in: "{% {'a': [1]} in [{'a': [1]}] %}",
            cut: "{% $truncate('abcdef', 3) %}",
          }),
        ],
      },
      expect.objectContaining({
        xml: { a: { "@x": "1", b: ["1", "2"], c: "<&" } },
        csv: [{ a: "1", b: 'x,"y"' }],
        ndjson: [1, 2],
        sse: [{ event: "e", id: "7", data: "a\nb" }],
        time: "14:00 +02:00",
        parts: [[1, 2], [3, 4], [5]],
        date: 1_445_412_480_000,
        same: true,
        in: true,
      }),
    ],
  ]);

  plans([
    [
      "end in a child ends the child alone, and its code is that of the step",
      {
        steps: [
          {
            id: "well",
            type: "job",
            blueprint: kid([{ id: "e", type: "end", as: "succeeded", output: [1] }, value("v", 2)]),
          },
          {
            id: "none",
            type: "job",
            blueprint: kid([{ id: "e", type: "end", as: "succeeded" }], { output: "not this" }),
          },
        ],
        output: { well: "{% $steps.well %}", none: "{% $exists($steps.none) ? $steps.none : 'nothing' %}" },
      },
      { well: [1], none: null },
    ],
    [
      "undo of a store, an emit and a child are lists of any such steps, and see what their step gave",
      {
        steps: [
          {
            ...{
              id: "take",
              type: "job",
              blueprint: kid([{ id: "put", type: "store", key: "undo-seat", value: "taken" }]),
            },
            undo: [
              { id: "free", type: "store", key: "undo-seat", value: null },
              { id: "told", type: "emit", event: "seat.freed" },
            ],
          },
          {
            id: "wait",
            type: "job",
            detached: true,
            blueprint: kid([nap("n", "3 seconds"), read("now", "undo-seat")]),
          },
          { id: "stop", type: "end", code: "full", message: "child {% $exists($steps.wait.job_id) %}" },
        ],
      },
      failure("full", "child true"),
    ],
    [
      "output of the last step that yields one, whatever acts in silence behind it",
      {
        steps: [
          value("v", { a: 1 }),
          nap("n"),
          { id: "e", type: "emit", event: "all.done" },
          { id: "s", type: "store", key: "silent", value: 1 },
          value("w", 2, { when: "{% false %}" }),
        ],
      },
      { a: 1 },
    ],
    [
      "defaults of the input's schema, nested, and in lists",
      {
        input: {
          type: "object",
          properties: {
            a: { type: "object", default: {}, properties: { b: { type: "integer", default: 3 } } },
            l: { type: "array", items: { type: "object", properties: { c: { type: "string", default: "x" } } } },
          },
        },
        steps: [value("v", "{% $input %}")],
      },
      { a: { b: 3 }, l: [{ c: "x" }, { c: "y" }] },
      { l: [{}, { c: "y" }] },
    ],
    [
      "nothing stays nothing: left out of objects, null in lists, and no member of a merge",
      {
        steps: [
          value("skipped", 1, { when: "{% $input.no %}" }),
          value("v", {
            a: "{% $steps.skipped %}",
            l: [1, "{% $input.no %}"],
            n: "{% $append($steps.skipped, 2) %}",
            m: "{% $merge([{'x': 1}, $steps.skipped]) %}",
            e: "{% $exists($steps.skipped) %}",
            not: "{% $not($steps.skipped) %}",
          }),
        ],
      },
      { l: [1, null], n: 2, m: { x: 1 }, e: false, not: true },
    ],
    [
      "true and false as $boolean has them",
      {
        steps: [
          {
            id: "m",
            type: "map",
            over: "{% [[0], [0, 1], {}, '', ' ', [[]], [false, null]] %}",
            steps: [value("t", "yes", { when: "{% $item %}" }), value("r", "{% $exists($steps.t) %}")],
          },
        ],
      },
      { value: [false, true, false, false, true, false, false] },
    ],
    [
      "a poll in rows, whose until and every are of the row, with a backoff that the service asks for",
      {
        steps: [
          {
            ...{ id: "m", type: "map", over: [1, 2] },
            steps: [
              http("p", "/echo?n={% $item %}", {
                until: "{% $response.body.query = '?n=' & $item %}",
                every: "{% $item & ' seconds' %}",
              }),
              value("q", "{% $steps.p.body.query %}"),
            ],
          },
        ],
      },
      { value: ["?n=1", "?n=2"] },
    ],
    [
      "a limit that an expression breaks at run time says so at its step",
      { steps: [{ id: "m", type: "map", over: [1], concurrency: "{% 21 %}", steps: [value("v", 1)] }] },
      failure("limit_exceeded", "Step m"),
    ],
    [
      "a duration that an expression gives as a number is refused with the word for it",
      { steps: [nap("n", "{% 30 %}")] },
      { error_code: expect.any(String), error: expect.stringMatching(/Step n: .*30/) },
    ],
    [
      "a rate is kept by rows, and its key is an expression",
      {
        steps: [
          {
            id: "m",
            type: "map",
            over: "{% [1..3] %}",
            steps: [
              http("e", "/echo", { rate: { limit: 2, per: "1 second", key: "{% 'k' & $input.k %}" } }),
              value("s", "{% $steps.e.status %}"),
            ],
          },
        ],
      },
      { value: [200, 200, 200] },
      { k: 1 },
    ],
  ]);

  it("undo and finally run after a failure in a row, the last first", async () => {
    const act = (id: string, more: JsonObject = {}) =>
      http(id, `/effect/u-${id}{% $item %}`, {
        undo: { type: "http", url: `HOST/effect/u-undo-${id}{% $item %}` },
        ...more,
      });
    const plan = {
      steps: [
        {
          id: "m",
          type: "map",
          over: ["1", "2"],
          concurrency: 1,
          steps: [act("a"), act("b", { expect: "{% $item = '1' %}" })],
        },
      ],
      finally: [http("last", "/effect/u-last-{% $outcome.status %}")],
    };
    expect(await endOf(plan)).toMatchObject({ error_code: "http_status" });
    const seen = () => effects.filter((name) => name.startsWith("u-"));
    await expect.poll(seen, { timeout: 20_000 }).toContain("u-last-failed");
    expect(seen()).toEqual(["u-a1", "u-b1", "u-a2", "u-b2", "u-undo-a2", "u-undo-b1", "u-undo-a1", "u-last-failed"]);
  });

  it("what a branch did that was not first is taken back at once, while the job waits", async () => {
    const act = http("lost", "/effect/r-lost", { undo: { type: "http", url: "HOST/effect/r-undo" } });
    const race = {
      id: "race",
      type: "parallel",
      first: "b",
      branches: { a: [act, nap("long", "30 seconds")], b: [nap("n")] },
    };
    const plan = { name: "racing", steps: [race, nap("wait", "1 hour")] };
    const submitted = await callTool(client, "jobs_submit_blueprint", { blueprint: filled(plan) });
    const id = String(submitted.structured.id);
    await expect
      .poll(() => effects.filter((name) => name.startsWith("r-")), { timeout: 20_000 })
      .toEqual(["r-lost", "r-undo"]);
    const { structured } = await callTool(client, "jobs_get_status", { job_id: id });
    expect(structured).toMatchObject({ status: "running" });
    await callTool(client, "jobs_cancel", { job_id: id });
  });
});
