import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { inRegistry } from "../../registry/bench.ts";
import { runSteps, scripted } from "../bench.ts";

interface Answer {
  body?: Uint8Array<ArrayBuffer> | string;
  type?: string;
  status?: number;
  headers?: [string, string][];
}

/** What a step makes of the answer: its output, or the error of its job. */
async function receive({ body, type, status = 200, headers = [] }: Answer, step: JsonObject = {}, secrets = {}) {
  let found: { result: JsonObject | null; error: string | null; error_code: string | null } | undefined;
  await inRegistry(async (bench) => {
    const answer = () =>
      new Response(body ?? null, {
        status,
        headers: [...(type === undefined ? [] : [["content-type", type] as [string, string]]), ...headers],
      });
    const { fetch } = scripted(answer);
    const call = { id: "call", type: "http", url: "https://api.example.com/x", retry: { limit: 0 }, ...step };
    const run = await runSteps(bench, [call], { fetch, secrets });
    found = (await run.status()) as typeof found;
  });
  if (found === undefined) throw new Error("nothing came of it");
  return found;
}

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const bytes = (...values: number[]) => Uint8Array.from(values);
const utf16 = (text: string, mark: number[]) =>
  bytes(...mark, ...text.split("").flatMap((unit) => [unit.charCodeAt(0) & 0xff, unit.charCodeAt(0) >> 8]));

describe("text", () => {
  it.each<[string, Answer, Json]>([
    ["ISO-8859-1", { body: latin1("caf\xe9"), type: "text/plain; charset=ISO-8859-1" }, "café"],
    [
      "JSON in ISO-8859-1",
      { body: latin1('{"name":"Jos\xe9"}'), type: "application/json; charset=iso-8859-1" },
      { name: "José" },
    ],
    ["windows-1252 in quotes", { body: latin1("\x80 5"), type: 'text/csv; charset="windows-1252"' }, "€ 5"],
    ["Shift_JIS", { body: bytes(0x93, 0xfa, 0x96, 0x7b), type: "text/html; charset=Shift_JIS" }, "日本"],
    [
      "UTF-16 with its mark",
      { body: utf16('{"a":"é"}', [0xff, 0xfe]), type: "application/json; charset=utf-16" },
      { a: "é" },
    ],
    ["UTF-8 with its mark", { body: bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d), type: "application/json" }, {}],
    ["a mark against the type", { body: bytes(0xef, 0xbb, 0xbf, 0xc3, 0xa9), type: "text/plain; charset=latin1" }, "é"],
    ["no charset", { body: "é", type: "text/plain" }, "é"],
    ["a charset that nobody knows", { body: "é", type: "text/plain; charset=klingon" }, "é"],
    [
      "GBK among other parameters",
      { body: bytes(0xc4, 0xe3), type: "text/plain; format=flowed; Charset = gbk ; x=y" },
      "你",
    ],
  ])("of %s is read in its charset", async (_, answer, body) => {
    expect((await receive(answer)).result).toMatchObject({ body });
  });

  it.each<[string, Answer]>([
    ["a picture", { body: bytes(0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe), type: "image/png" }],
    ["latin1 that says nothing", { body: latin1("caf\xe9"), type: "text/html" }],
    ["what a page alone says about itself", { body: latin1('<meta charset="iso-8859-1">\xe9'), type: "text/html" }],
    ["half a character", { body: bytes(0x61, 0xe2, 0x98), type: "text/plain" }],
    ["JSON that is none in its charset", { body: latin1('"\xe9"'), type: "application/json" }],
  ])("that is none, %s, fails and is never mangled, unless it is asked for as base64", async (_, answer) => {
    expect(await receive(answer)).toMatchObject({
      error_code: "http_binary",
      error: expect.stringContaining("as: base64"),
    });
    const { body = "" } = answer;
    const binary = typeof body === "string" ? body : String.fromCharCode(...body);
    expect((await receive(answer, { as: "base64" })).result).toMatchObject({
      body: btoa(binary),
      bytes: binary.length,
    });
  });
});

describe("JSON", () => {
  const typed = (body: string, type = "application/json"): Answer => ({ body, type });

  it.each<[string, Json]>([
    ["application/json", { a: 1 }],
    ["APPLICATION/JSON; charset=utf-8", { a: 1 }],
    ["application/vnd.api+json", { a: 1 }],
    ["text/plain", '{"a":1}'],
    ["application/x-ndjson", '{"a":1}'],
    ["application/json-seq", '{"a":1}'],
    ["text/javascript", '{"a":1}'],
  ])("of type %s is read as auto says", async (type, body) => {
    expect((await receive(typed('{"a":1}', type))).result).toMatchObject({ body });
  });

  it.each(["text/plain", "application/octet-stream", "text/html"])(
    "of type %s is parsed when it is asked for",
    async (type) => {
      expect((await receive(typed('{"a":1}', type), { as: "json" })).result).toMatchObject({ body: { a: 1 } });
    },
  );

  it.each([0, 1, 20, 50, 75, 79])(
    "that is none is quoted without the half of a secret %i characters in",
    async (at) => {
      const secret = "k7-Zq3vXw9-Lm2pRt8-Yb4cNd6-Hs5fGj1-Ua0eKo7-Wx2zQv";
      const body = `${"-".repeat(at)}${secret} is what came`;
      const { error } = await receive({ body }, { as: "json" }, { TOKEN: secret });
      expect(error).toContain("The body is not JSON: it begins");
      const pieces = Array.from({ length: secret.length - 7 }, (_, i) => secret.slice(i, i + 8));
      expect(pieces.filter((piece) => error?.includes(piece))).toEqual([]);
    },
  );

  it("is text when that is asked for", async () => {
    expect((await receive(typed('{"a":1}'), { as: "text" })).result).toMatchObject({ body: '{"a":1}' });
  });

  it.each(["{'a': 1}", '{"a": NaN}', "", "<html>", '{"a":1}{"b":2}', '{"x":1e400}'])(
    "is not %j, which fails when it is asked for",
    async (body) => {
      expect(await receive(typed(body), { as: "json" })).toMatchObject({ error_code: "http_json" });
      expect((await receive(typed(body))).result).toMatchObject({ body });
    },
  );

  it.each<[string, Json]>([
    ['{"id":12345678901234567890}', { id: "12345678901234567890" }],
    ['{"id":9007199254740993}', { id: "9007199254740993" }],
    ['{"id":-9007199254740993}', { id: "-9007199254740993" }],
    ['{"id":9007199254740991,"f":0.1,"e":1e3}', { id: 9_007_199_254_740_991, f: 0.1, e: 1000 }],
    ['[1,{"deep":[18446744073709551615]}]', [1, { deep: ["18446744073709551615"] }]],
    ['{"zero":-0}', { zero: 0 }],
    ["1e400", "1e400"],
    ['{"x":1e400,"y":[1,-1e999]}', '{"x":1e400,"y":[1,-1e999]}'],
  ])("%s gives what is stored, the same in every run", async (text, body) => {
    expect((await receive(typed(text))).result).toMatchObject({ body });
  });
});

describe("an answer without a body", () => {
  it.each<[string, Answer, JsonObject]>([
    ["HEAD", { headers: [["content-length", "52428800"]] }, { method: "HEAD" }],
    ["204", { status: 204 }, {}],
    ["304", { status: 304, headers: [["content-length", "52428800"]] }, { expect: [304] }],
  ])("of %s has none, whatever its length says", async (_, answer, step) => {
    expect((await receive(answer, step)).result).toMatchObject({ body: "", bytes: 0 });
    expect((await receive(answer, { ...step, as: "json" })).result).toMatchObject({ body: null, bytes: 0 });
  });

  it("is too large before it is read, when its length says so", async () => {
    const answer = { body: "x", headers: [["content-length", "52428800"]] as [string, string][] };
    expect(await receive(answer)).toMatchObject({ error_code: "http_too_large" });
  });

  it("that ends before its length is a broken connection", async () => {
    const answer = { body: "short", headers: [["content-length", "1000"]] as [string, string][] };
    expect(await receive(answer)).toMatchObject({ error_code: "network", error: expect.stringContaining("5 of 1000") });
  });
});

describe("headers", () => {
  it("have every cookie, one or many, as a list", async () => {
    const cookies = ["sid=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "csrf=2", "theme=dark"];
    const answer = (lines: string[]) => ({
      body: "x",
      headers: lines.map((line): [string, string] => ["set-cookie", line]),
    });
    expect((await receive(answer(cookies))).result).toMatchObject({ headers: { "set-cookie": cookies } });
    expect((await receive(answer(["one=1"]))).result).toMatchObject({ headers: { "set-cookie": ["one=1"] } });
    expect((await receive(answer([]))).result?.headers).not.toHaveProperty("set-cookie");
  });

  it("keep other lines of one name together", async () => {
    const answer = {
      body: "x",
      headers: [
        ["link", "<a>"],
        ["link", "<b>"],
      ] as [string, string][],
    };
    expect((await receive(answer)).result).toMatchObject({ headers: { link: "<a>, <b>" } });
  });
});

describe("what was not expected", () => {
  it.each<[string, Answer, JsonObject, string]>([
    [
      "a good status that expect does not like",
      { body: "x" },
      { expect: "{% $response.body = 'y' %}" },
      "HTTP 200, and expect is not met: x",
    ],
    [
      "a status that is not listed",
      { body: "x" },
      { expect: [201, 202] },
      "HTTP 200, which expect does not list (201, 202): x",
    ],
    ["a picture", { body: bytes(0xff), status: 404 }, {}, "HTTP 404: The body is not text"],
    ["a body that is too large", { body: "xx", status: 500 }, { max_bytes: 1 }, "HTTP 500: The body is larger"],
    ["no JSON", { body: "down", status: 502 }, { as: "json" }, "HTTP 502: The body is not JSON"],
    ["a redirect that leads nowhere", { status: 302 }, {}, "HTTP 302, a redirect without a Location"],
  ])("is told as its status: %s", async (_, answer, step, error) => {
    expect(await receive(answer, step)).toMatchObject({
      error_code: "http_status",
      error: expect.stringContaining(error),
    });
  });
});
