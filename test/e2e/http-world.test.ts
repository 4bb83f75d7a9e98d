import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../support/clients.ts";
import { type Answer, answer, RawWorld, whole } from "../support/raw-world.ts";

const JSON_TYPE = "Content-Type: application/json";
const TEXT_TYPE = "Content-Type: text/plain";
const latin1 = (text: string) => Buffer.from(text, "latin1");
const large = JSON.stringify({ z: Array.from({ length: 200 }, (_, i) => i * 7_919) });

const echo: Answer = (asked) => whole("200 OK", [JSON_TYPE], JSON.stringify(asked));
const redirect =
  (status: string, location: string): Answer =>
  () =>
    answer(status, [`Location: ${location}`, "Content-Length: 0"]);

const ROUTES: Record<string, Answer> = {
  "/cookies": () =>
    whole(
      "200 OK",
      [JSON_TYPE, "Set-Cookie: sid=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "Set-Cookie: csrf=2"],
      "{}",
    ),
  "/latin1": () =>
    whole("200 OK", ["Content-Type: application/json; charset=iso-8859-1"], latin1('{"name":"Jos\xe9"}')),
  "/binary": () => whole("200 OK", ["Content-Type: image/png"], Buffer.from([0x89, 0x50, 0xff, 0xfe])),
  "/large": ({ method }) =>
    method === "HEAD" ? answer("200 OK", ["Content-Length: 52428800"]) : whole("200 OK", [TEXT_TYPE], "x"),
  "/304": () => answer("304 Not Modified", ["Content-Length: 52428800"]),
  "/204": () => answer("204 No Content"),
  "/numbers": () => whole("200 OK", [JSON_TYPE], '{"id":12345678901234567890}'),
  "/infinite": () => whole("200 OK", [JSON_TYPE], '{"x":1e400}'),
  "/unlabelled": () => whole("200 OK", [], '{"a":1}'),
  "/gzip": () => whole("200 OK", [JSON_TYPE, "Content-Encoding: gzip"], gzipSync(large)),
  "/brotli": () => whole("200 OK", [JSON_TYPE, "Content-Encoding: br"], brotliCompressSync(large)),
  "/no-gzip": () => whole("200 OK", [JSON_TYPE, "Content-Encoding: gzip"], "this is not gzip"),
  "/half-gzip": () => whole("200 OK", [JSON_TYPE, "Content-Encoding: gzip"], gzipSync(large).subarray(0, 100)),
  "/half": () => answer("200 OK", [JSON_TYPE, "Content-Length: 1000"], '{"a":1}'),
  "/half-chunked": () => answer("200 OK", [TEXT_TYPE, "Transfer-Encoding: chunked"], "5\r\nhello\r\n"),
  "/chunked": () => answer("200 OK", [JSON_TYPE, "Transfer-Encoding: chunked"], '4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n'),
  "/to-utf8": redirect("302 Found", Buffer.from("/t/café").toString("latin1")),
  "/to-latin1": redirect("302 Found", "/t/caf\xe9"),
  "/to-nowhere": redirect("302 Found", "http://[bad"),
  "/to-nothing": redirect("302 Found", ""),
  "/without-location": () => answer("302 Found", ["Content-Length: 0"]),
  "/to-query": redirect("302 Found", "?second=1"),
  "/see-other": redirect("303 See Other", "/echo"),
  "/temporary": redirect("307 Temporary Redirect", "/echo"),
  "/choices": redirect("300 Multiple Choices", "/echo"),
  "/t/caf%C3%A9": echo,
  "/echo": echo,
  "/liar": () => whole("403 Forbidden", [TEXT_TYPE, "edge-jobs-sender: local"], "no"),
};

let world: RawWorld;
let host: string;
let server: RunningServer;
let client: AnyClient;

beforeAll(async () => {
  world = new RawWorld(ROUTES);
  host = await world.listen();
  server = await startServer({ HTTP_ALLOW: host });
  client = await connectAuto(`${server.url}/mcp`);
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
  await world?.close();
});

type Output = { [field: string]: Json } & { error?: { code: string; message: string } };

/** The outputs of all steps by their ids; a failed one's is its error. */
async function outputsOf(steps: Record<string, JsonObject>): Promise<Record<string, Output>> {
  const all = Object.entries(steps).map(([id, { path, ...step }]) => ({
    ...{ id, type: "http", url: `http://${host}${path}`, on_error: "continue", retry: { limit: 0 } },
    ...step,
  }));
  const blueprint = { name: "world", steps: all, output: "{% $steps %}" };
  const { structured } = await callTool(client, "jobs_submit_blueprint", { blueprint });
  const job = await untilSettled(client, String(structured.id));
  return job.result as Record<string, Output>;
}

describe("an http step on the real server", () => {
  it("reads what services answer, and never a part of it", async () => {
    const out = await outputsOf({
      cookies: { path: "/cookies" },
      latin: { path: "/latin1" },
      binary: { path: "/binary" },
      bytes: { path: "/binary", as: "base64" },
      head: { path: "/large", method: "HEAD" },
      unmodified: { path: "/304", expect: [304] },
      empty: { path: "/204" },
      numbers: { path: "/numbers" },
      infinite: { path: "/infinite" },
      unlabelled: { path: "/unlabelled", as: "json" },
      gzip: { path: "/gzip" },
      brotli: { path: "/brotli" },
      chunked: { path: "/chunked" },
    });
    expect(out.cookies?.headers).toMatchObject({
      "set-cookie": ["sid=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "csrf=2"],
    });
    expect(out.latin?.body).toEqual({ name: "José" });
    expect(out.binary?.error?.code).toBe("http_binary");
    expect(out.bytes).toMatchObject({ body: "iVD//g==", bytes: 4 });
    for (const id of ["head", "unmodified", "empty"]) expect(out[id], id).toMatchObject({ body: "", bytes: 0 });
    expect(out.numbers?.body).toEqual({ id: "12345678901234567890" });
    expect(out.infinite?.body).toBe('{"x":1e400}');
    expect(out.unlabelled?.body).toEqual({ a: 1 });
    expect([out.gzip?.bytes, out.brotli?.bytes]).toEqual([large.length, large.length]);
    expect(out.chunked).toMatchObject({ body: { a: 1 }, url: `http://${host}/chunked` });
  });

  it.each(["no-gzip", "half-gzip", "half", "half-chunked"])("takes /%s for a broken connection", async (path) => {
    const { call } = await outputsOf({ call: { path: `/${path}` } });
    expect(call?.error?.code).toBe("network");
  });

  it("follows redirects as they are meant, and says where they lead nowhere", async () => {
    const post = { method: "POST", body: { a: 1 } };
    const out = await outputsOf({
      utf: { path: "/to-utf8" },
      latin: { path: "/to-latin1" },
      nowhere: { path: "/to-nowhere" },
      nothing: { path: "/to-nothing" },
      without: { path: "/without-location" },
      query: { path: "/to-query", expect: "{% true %}", retry: { limit: 0 } },
      other: { path: "/see-other", ...post },
      temporary: { path: "/temporary", ...post },
      choices: { path: "/choices" },
    });
    expect(out.utf?.url).toBe(`http://${host}/t/caf%C3%A9`);
    expect(out.latin?.error).toMatchObject({ code: "http_redirect", message: expect.stringContaining("no UTF-8") });
    expect(out.nowhere?.error?.code).toBe("http_redirect");
    // For the runtime an empty Location is none.
    for (const { error } of [out.nothing, out.without].map((found) => found ?? {})) {
      expect(error).toMatchObject({
        code: "http_status",
        message: expect.stringMatching(/HTTP 302.*, a redirect without a Location/),
      });
    }
    expect(out.choices?.error?.message).toContain("HTTP 300");
    expect(out.other?.body).toMatchObject({ method: "GET", body: "" });
    expect(JSON.stringify(out.other)).not.toContain('content-type":"application/json","content-length');
    expect(out.temporary?.body).toMatchObject({ method: "POST", body: '{"a":1}' });
  });

  it("sends a value as one component, and believes no service that says it is this server", async () => {
    const out = await outputsOf({
      data: { path: "/echo/{% '../../secret?x=1#y' %}/x" },
      dots: { path: "/{% '..' %}/x" },
      liar: { path: "/liar" },
    });
    expect(world.asked.map(({ target }) => target)).toContain("/echo/..%2F..%2Fsecret%3Fx%3D1%23y/x");
    expect(out.data?.error?.message).toContain("was sent as one component");
    expect(out.dots?.error?.code).toBe("http_request");
    expect(out.liar?.error).toMatchObject({ code: "http_status", status: 403 });
  });
});
