import { describe, expect, it } from "vitest";
import { auditUrl } from "../../../src/catalog/handlers/audit-url.ts";
import { MAX_AUDIT_BYTES, MAX_REDIRECTS, MAX_TITLE_CHARS } from "../../../src/limits.ts";
import { contextOf } from "../context.ts";

const URL_A = "https://example.com/a";
const page = (html: string, type = "text/html; charset=utf-8") =>
  new Response(html, { headers: { "content-type": type } });
const moved = (location: string, status = 302) => new Response(null, { status, headers: { location } });

async function audit(routes: Parameters<typeof contextOf>[0], url = URL_A) {
  const result = await auditUrl.run({ url }, contextOf(routes));
  return result.ok ? result.value : result.error;
}

describe("an answer", () => {
  it("gives status, size, title and latency", async () => {
    const html = "<html><head><title>\n Tom &amp; J&eacute;r&ocirc;me </title></head></html>";
    expect(await audit({ [URL_A]: () => page(html) })).toEqual({
      url: URL_A,
      final_url: URL_A,
      status: 200,
      ok: true,
      bytes: html.length,
      truncated: false,
      title: "Tom & Jérôme",
      latency_ms: 5,
      redirects: 0,
      error: null,
    });
  });

  it.each([404, 410, 500, 503])("of %i is not ok, and no error", async (status) => {
    const found = await audit({ [URL_A]: () => new Response("no", { status }) });
    expect(found).toMatchObject({ status, ok: false, bytes: 2, error: null });
  });

  it("without a body has no bytes and no title", async () => {
    const found = await audit({ [URL_A]: () => new Response(null, { status: 204 }) });
    expect(found).toMatchObject({ status: 204, ok: true, bytes: 0, title: null });
  });

  it("that is no HTML has no title", async () => {
    const found = await audit({ [URL_A]: () => page("<title>x</title>", "text/plain") });
    expect(found).toMatchObject({ ok: true, title: null });
  });

  it("takes the page's title, not that of an inline SVG", async () => {
    const found = await audit({ [URL_A]: () => page("<title>Page</title><svg><title>Icon</title></svg>") });
    expect(found).toMatchObject({ title: "Page" });
  });

  it.each<[string, string, string, string | null]>([
    ["Latin-1 that the content type names", "text/html; charset=iso-8859-1", "Caf\xe9", "Café"],
    ["windows-1252 in quotes", 'text/html; charset="windows-1252"', "5 \x80", "5 €"],
    ["Shift_JIS", "text/html; charset=Shift_JIS", "\x93\xfa\x96\x7b", "日本"],
    ["UTF-8 that nothing names", "text/html", "Caf\xc3\xa9", "Café"],
    ["UTF-8 with a mark against the type", "text/html; charset=latin1", "\xef\xbb\xbfCaf\xc3\xa9", "Café"],
    ["XHTML", "application/xhtml+xml; charset=gbk", "\xc4\xe3", "你"],
    [
      "references that a name or a number stands for",
      "text/html",
      "&NotEqualTilde; &#150; &#x1F600; &#0;",
      "≂̸ – 😀 \ufffd",
    ],
    ["a reference of a reference", "text/html", "&amp;lt;", "&lt;"],
    ["a reference without its semicolon", "text/html", "AT&ampT &copy 1 &unknown;", "AT&T © 1 &unknown;"],
  ])("reads a title in its charset: %s", async (_, type, title, expected) => {
    const [, mark = "", text = ""] = /^(\xef\xbb\xbf)?(.*)$/.exec(title) ?? [];
    const html = Uint8Array.from(`${mark}<title>${text}</title>`, (char) => char.charCodeAt(0));
    const response = () => new Response(html, { headers: { "content-type": type } });
    expect(await audit({ [URL_A]: response })).toMatchObject({ title: expected, ok: true, error: null });
  });

  it.each([
    ["what the page alone says about itself", "text/html", '<meta charset="iso-8859-1"><title>Caf\xe9</title>'],
    ["Latin-1 that says nothing", "text/html", "<title>Caf\xe9</title>"],
    ["Latin-1 that claims to be UTF-8", "text/html; charset=utf-8", "<title>Caf\xe9</title>"],
    ["half a character", "text/html", "<title>\xe2\x98</title>"],
    ["a charset that nobody knows", "text/html; charset=klingon", "<title>\x80</title>"],
  ])("says of a title that is no text so, and never mangles it: %s", async (_, type, page) => {
    const html = Uint8Array.from(page, (char) => char.charCodeAt(0));
    const found = await audit({ [URL_A]: () => new Response(html, { headers: { "content-type": type } }) });
    expect(found).toMatchObject({ status: 200, ok: true, title: null, error: expect.stringContaining("charset") });
  });

  it("reads a title before and after bytes that are no text", async () => {
    const html = Uint8Array.from("\xe9<title>Page</title>\xe9", (char) => char.charCodeAt(0));
    const found = await audit({ [URL_A]: () => new Response(html, { headers: { "content-type": "text/html" } }) });
    expect(found).toMatchObject({ title: "Page", error: null });
  });

  it("cuts a long title", async () => {
    const found = await audit({ [URL_A]: () => page(`<title>${"t".repeat(1_000)}</title>`) });
    expect(found).toMatchObject({ title: `${"t".repeat(MAX_TITLE_CHARS - 1)}…` });
  });

  it("is read up to the cap, and says so beyond it", async () => {
    const fits = await audit({ [URL_A]: () => page("x".repeat(MAX_AUDIT_BYTES)) });
    expect(fits).toMatchObject({ bytes: MAX_AUDIT_BYTES, truncated: false });
    const over = await audit({ [URL_A]: () => page("x".repeat(MAX_AUDIT_BYTES + 1)) });
    expect(over).toMatchObject({ bytes: MAX_AUDIT_BYTES, truncated: true, ok: true });
  });

  it("that never ends is left after the cap", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
      cancel: () => {
        cancelled = true;
      },
    });
    expect(await audit({ [URL_A]: () => new Response(endless) })).toMatchObject({ truncated: true });
    expect(cancelled).toBe(true);
  });
});

it("says who asks, in the version that runs", async () => {
  const asked: (string | null)[] = [];
  const answer = (init?: RequestInit) => {
    asked.push(new Headers(init?.headers).get("user-agent"));
    return page("x");
  };
  await audit({ [URL_A]: answer });
  expect(asked).toEqual(["edge-jobs/test"]);
});

describe("redirects", () => {
  it.each([301, 302, 303, 307, 308])("of status %i are followed and counted", async (status) => {
    const found = await audit({ [URL_A]: () => moved("/b", status), "https://example.com/b": () => page("b") });
    expect(found).toMatchObject({
      url: URL_A,
      final_url: "https://example.com/b",
      redirects: 1,
      status: 200,
      ok: true,
    });
  });

  it("are asked for by hand, so that each hop is checked", async () => {
    const modes: unknown[] = [];
    const recorded = (answer: Response) => (init?: RequestInit) => {
      modes.push(init?.redirect);
      return answer;
    };
    const other = "https://other.example/";
    await audit({ [URL_A]: recorded(moved(other)), [other]: recorded(page("b")) });
    expect(modes).toEqual(["manual", "manual"]);
  });

  it("that go in a circle end after the cap", async () => {
    expect(await audit({ [URL_A]: () => moved("/a") })).toMatchObject({
      status: 302,
      ok: false,
      redirects: MAX_REDIRECTS,
      error: expect.stringContaining("redirects"),
    });
  });

  it("to a place that is no web address are an error", async () => {
    const found = await audit({ [URL_A]: () => moved("file:///etc/passwd") });
    expect(found).toMatchObject({ ok: false, redirects: 1, status: null, error: "not http or https, but file" });
  });

  it("to a refused address are an error, and the last answer does not count", async () => {
    const found = await audit({ [URL_A]: () => moved("http://10.0.0.1/") });
    expect(found).toMatchObject({
      final_url: "http://10.0.0.1/",
      status: null,
      error: expect.stringContaining("10.0.0.1"),
    });
  });

  it("without a target are the answer", async () => {
    const found = await audit({ [URL_A]: () => new Response("x", { status: 302 }) });
    expect(found).toMatchObject({ status: 302, ok: false, redirects: 0, error: null });
  });
});

describe("no answer", () => {
  it("is a result with the reason", async () => {
    expect(await audit({})).toMatchObject({ status: null, ok: false, bytes: 0, error: `unreachable: ${URL_A}` });
  });

  it("in time is a result that says so", async () => {
    const timeOut = () => Promise.reject(new DOMException("aborted", "TimeoutError"));
    expect(await audit({ [URL_A]: timeOut })).toMatchObject({ status: null, error: "no answer within 15 s" });
  });

  it("to the end keeps the status, but is not ok", async () => {
    const cut = new ReadableStream({ pull: (controller) => controller.error(new Error("connection lost")) });
    const found = await audit({ [URL_A]: () => new Response(cut) });
    expect(found).toMatchObject({ status: 200, ok: false, error: "connection lost" });
  });

  it("because the step's time ran out is a failure that may be retried", async () => {
    const step = new AbortController();
    const runOut = () => {
      step.abort();
      return Promise.reject(new Error("aborted"));
    };
    const context = contextOf({ [URL_A]: runOut }, step.signal);
    expect(await auditUrl.run({ url: URL_A }, context)).toMatchObject({
      ok: false,
      error: { code: "step_timeout", retryable: true },
    });
  });
});

it.each([
  ["ftp://example.com/", "not http or https, but ftp"],
  ["https://user:secret@example.com/", "the URL holds a user name or password"],
  ["nonsense", "not a URL"],
])("%s is never fetched", async (url, error) => {
  const found = await audit({ [url]: () => page("fetched") }, url);
  expect(found).toMatchObject({ url, status: null, ok: false, error });
});
