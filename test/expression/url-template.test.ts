import { describe, expect, it } from "vitest";
import { joinUrl, literalTarget, urlParts } from "../../src/expression/url-template.ts";
import type { Json } from "../../src/lib/json.ts";

/** The URL when the template's expressions yield these values, in their order. */
function url(template: string, ...values: Json[]) {
  const parts = urlParts(template);
  let next = 0;
  return joinUrl(
    parts,
    parts.map((part, i) => (i % 2 === 0 ? part : (values[next++] ?? null))),
  );
}

describe("a value in a URL", () => {
  it.each<[string, Json[], string]>([
    ["https://a.example/t/{% v %}/x", ["../../secret?x=1#y"], "https://a.example/t/..%2F..%2Fsecret%3Fx%3D1%23y/x"],
    ["https://a.example/t/{% v %}", ["a b&c=d+e%2f"], "https://a.example/t/a%20b%26c%3Dd%2Be%252f"],
    ["https://a.example/t/{% v %}", ["Zürich ☃"], "https://a.example/t/Z%C3%BCrich%20%E2%98%83"],
    ["https://a.example/t/{% v %}", ["\\..\\x"], "https://a.example/t/%5C..%5Cx"],
    ["https://a.example/t/{% v %}", ["\t\n"], "https://a.example/t/%09%0A"],
    ["https://a.example/t/{% v %}", [7], "https://a.example/t/7"],
    ["https://a.example/t/{% v %}", [true], "https://a.example/t/true"],
    ["https://a.example/t/{% v %}", ["..."], "https://a.example/t/..."],
    ["https://a.example/t/{% v %}x", ["."], "https://a.example/t/.x"],
    ["https://a.example/?q={% v %}&r={% w %}", ["a&b=c", "#"], "https://a.example/?q=a%26b%3Dc&r=%23"],
    ["https://a.example/?q={% v %}", [".."], "https://a.example/?q=.."],
    ["https://a.example/#{% v %}", ["a/b"], "https://a.example/#a%2Fb"],
  ])("%s with %j is one component", (template, values, expected) => {
    const built = url(template, ...values);
    expect(built).toMatchObject({ ok: true, value: { url: expected } });
    // Nothing of it moves when the URL is parsed.
    expect(new URL(expected).pathname.startsWith("/")).toBe(true);
  });

  it.each<[string, Json[]]>([
    ["https://a.example/t/{% v %}/x", [".."]],
    ["https://a.example/t/{% v %}", ["."]],
    ["https://a.example/t/.{% v %}", ["."]],
    ["https://a.example/{% v %}{% w %}/x", [".", "."]],
    ["https://a.example/{% v %}./x", [""]],
    ["https://a.example/%2e{% v %}/x", ["."]],
  ])("%s with %j must not change the path", (template, values) => {
    expect(url(template, ...values)).toMatchObject({ ok: false, error: expect.stringContaining("`.` or `..`") });
  });

  it("leaves dots that the document has", () => {
    expect(url("https://a.example/a/../{% v %}", "b")).toMatchObject({ ok: true });
  });

  it.each<[string, Json[], string]>([
    ["{% v %}", ["https://b.example/a?b=c d#e"], "https://b.example/a?b=c d#e"],
    ["{% v %}/x/{% w %}", ["https://b.example/a", "1/2"], "https://b.example/a/x/1%2F2"],
    ["{% v %}{% w %}", ["https://b.example/?a=", "1&2"], "https://b.example/?a=1%262"],
  ])("%s with %j begins with a URL, used as it is", (template, values, expected) => {
    expect(url(template, ...values)).toMatchObject({ ok: true, value: { url: expected } });
  });

  it.each<Json>(["/next?page=2", "b.example", "ftp://b.example/", "javascript:1", "", 7, { a: 1 }])(
    "at the start must be an absolute URL, which %j is not",
    (value) => {
      expect(url("{% v %}", value)).toMatchObject({ ok: false, error: expect.stringContaining("absolute") });
    },
  );

  it.each<[string, Json, string]>([
    ["https://{% v %}/x", "b.example:8080", "https://b.example:8080/x"],
    ["https://{% v %}.example/x", "eu-1", "https://eu-1.example/x"],
    ["https://a.example:{% v %}/x", 8443, "https://a.example:8443/x"],
  ])("%s with %j is a part of the host", (template, value, expected) => {
    expect(url(template, value)).toMatchObject({ ok: true, value: { url: expected } });
  });

  it.each<[string, Json]>([
    ["http://127.0.0.1:9411{% v %}", "/echo?page=2"],
    ["https://a.example{% v %}", "@evil.example/"],
    ["https://a.example{% v %}", "?x"],
    ["https://{% v %}/x", "evil.example/?"],
    ["https://{% v %}.a.example/", "evil.example#"],
    ["https://{% v %}.a.example/", "evil.example\\"],
    ["https://{% v %}/", "user:pw@b.example"],
  ])("%s with %j names the remedy", (template, value) => {
    expect(url(template, value)).toMatchObject({ ok: false, error: expect.stringContaining("$url(") });
  });

  it("that is nothing, or no text, is a fault that names its expression", () => {
    expect(url("https://a.example/{% $input.id %}", null)).toMatchObject({
      ok: false,
      error: expect.stringContaining("$input.id"),
    });
    expect(url("https://a.example/{% v %}", "\ud800")).toMatchObject({ ok: false });
  });

  it("with a slash in the path is told of, for a 404", () => {
    expect(url("https://a.example/{% v %}/{% w %}?q={% x %}", "a/b", "c", "d/e")).toMatchObject({
      ok: true,
      value: { slashes: ["a/b"] },
    });
  });
});

describe("the host that a document alone decides", () => {
  it.each([
    ["https://a.example/x", "a.example"],
    ["https://a.example", "a.example"],
    ["https://a.example:8443/{% v %}", "a.example:8443"],
    ["https://a.example?q={% v %}", "a.example"],
    ["https://a.example{% v %}", undefined],
    ["https://{% v %}.example/", undefined],
    ["{% v %}", undefined],
    ["not a url", undefined],
  ])("of %s is %s", (template, host) => {
    expect(literalTarget(template)?.host).toBe(host);
  });
});
