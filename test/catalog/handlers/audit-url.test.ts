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
