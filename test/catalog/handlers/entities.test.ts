import { expect, it } from "vitest";
import { decodeEntities } from "../../../src/catalog/handlers/entities.ts";

it.each([
  ["Tom &amp; Jerry", "Tom & Jerry"],
  ["&lt;b&gt; &quot;x&quot; &apos;y&apos;", "<b> \"x\" 'y'"],
  ["J&eacute;r&ocirc;me &szlig; &yuml; &nbsp;", "Jérôme ß ÿ \u00a0"],
  ["&#39;&#x27;&#X1F600;", "''😀"],
  ["a &mdash; b&hellip;", "a — b…"],
])("decodes %s", (text, decoded) => {
  expect(decodeEntities(text)).toBe(decoded);
});

it.each(["a & b", "?a=1&copy=2", "&unknown;", "&constructor;", "&#xZZ;", "&;"])("leaves %s as it is", (text) => {
  expect(decodeEntities(text)).toBe(text);
});

it("decodes once only, so that an escaped reference stays text", () => {
  expect(decodeEntities("&amp;lt;")).toBe("&lt;");
});

it.each(["&#0;", "&#x110000;", "&#9999999;"])("puts the replacement character for %s", (text) => {
  expect(decodeEntities(text)).toBe("\ufffd");
});
