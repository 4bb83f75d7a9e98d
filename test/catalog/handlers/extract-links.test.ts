import { expect, it } from "vitest";
import { extractLinks } from "../../../src/catalog/handlers/extract-links.ts";
import { DEFAULT_LINKS, MAX_LINKS } from "../../../src/limits.ts";
import { contextOf } from "../context.ts";

const BASE = "https://example.com/docs/page";
const run = (input: { html: string; base_url?: string; limit?: number }) =>
  extractLinks.run({ base_url: BASE, ...input }, contextOf({}));
const linksOf = async (html: string, limit = MAX_LINKS) => {
  const result = await run({ html, limit });
  return result.ok ? result.value : result.error;
};

it("resolves relative links against the page", async () => {
  const html = `<a href="next">n</a><a href="/top">t</a><a href="//cdn.example.com/x">c</a><a href="?q=1">q</a>`;
  expect(await linksOf(html)).toEqual({
    links: [
      "https://example.com/docs/next",
      "https://example.com/top",
      "https://cdn.example.com/x",
      "https://example.com/docs/page?q=1",
    ],
  });
});

it("drops fragments and repeats, and keeps the order", async () => {
  const html = `<a href="/b#one">1</a><a href="/a">2</a><a href="/b#two">3</a><area href="/c">`;
  expect(await linksOf(html)).toEqual({
    links: ["https://example.com/b", "https://example.com/a", "https://example.com/c"],
  });
});

it("ignores what is not http or https, and what is no URL", async () => {
  const html = `<a href="mailto:a@b.c">m</a><a href="javascript:alert(1)">j</a><a href="http://[">x</a><a>none</a>
    <a href="ftp://example.com/f">f</a><!-- <a href="/comment">c</a> --><script>'<a href="/script">'</script>`;
  expect(await linksOf(html)).toEqual({ links: [] });
});

it.each([
  ["/x?a=1&amp;b=2", "/x?a=1&b=2"],
  ["/x?a=1&copy=2&reg=3", "/x?a=1&copy=2&reg=3"],
  ["/caf&eacute;", "/caf%C3%A9"],
  ["/a&#47;&#x62;", "/a/b"],
  ["/x&unknown;", "/x&unknown;"],
  ["/&NotEqualTilde;", "/%E2%89%82%CC%B8"],
])("decodes character references in the target %s as browsers do", async (href, path) => {
  const html = `<meta charset="iso-8859-1"><a href="${href}">x</a>`;
  expect(await linksOf(html)).toEqual({ links: [`https://example.com${path}`] });
});

it("reads letters beyond ASCII as they are, whatever the page says about itself", async () => {
  const html = `<meta charset="iso-8859-1"><a href="/é">x</a>`;
  expect(await linksOf(html)).toEqual({ links: ["https://example.com/%C3%A9"] });
});

it("resolves against the first base element of the page", async () => {
  const html = `<base href="/other/"><base href="/no/"><a href="x">x</a>`;
  expect(await linksOf(html)).toEqual({ links: ["https://example.com/other/x"] });
});

it("returns at most the limit, and a default number without one", async () => {
  const html = Array.from({ length: MAX_LINKS }, (_, i) => `<a href="/${i}">${i}</a>`).join("");
  expect(await linksOf(html, 2)).toEqual({ links: ["https://example.com/0", "https://example.com/1"] });
  const result = await run({ html });
  expect(result).toMatchObject({ ok: true, value: { links: { length: DEFAULT_LINKS } } });
});

it("finds nothing in text that is no HTML", async () => {
  expect(await linksOf("plain text, 1 < 2")).toEqual({ links: [] });
  expect(await linksOf("")).toEqual({ links: [] });
});

it("refuses a base that is not http or https", async () => {
  expect(await run({ html: "", base_url: "file:///etc" })).toMatchObject({
    ok: false,
    error: { code: "handler_input", message: expect.stringContaining("base_url"), retryable: false },
  });
});
