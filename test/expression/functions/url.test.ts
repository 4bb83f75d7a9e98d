import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { evaluated } from "../../blueprint/support.ts";

const BASE = "http://127.0.0.1:9411/v1/items?a=b";

describe("$url", () => {
  it.each<[Json, string]>([
    ["/echo?page=2", "http://127.0.0.1:9411/echo?page=2"],
    ["more/3", "http://127.0.0.1:9411/v1/more/3"],
    ["../up", "http://127.0.0.1:9411/up"],
    ["?page=2", "http://127.0.0.1:9411/v1/items?page=2"],
    ["", "http://127.0.0.1:9411/v1/items?a=b"],
    ["http://127.0.0.1:9411/whole", "http://127.0.0.1:9411/whole"],
    ["//127.0.0.1:9411/same", "http://127.0.0.1:9411/same"],
    ["/a%2Fb c", "http://127.0.0.1:9411/a%2Fb%20c"],
    ["#part", "http://127.0.0.1:9411/v1/items?a=b#part"],
    [7, "http://127.0.0.1:9411/v1/7"],
  ])("follows %j from a page", async (reference, url) => {
    expect(await evaluated(`{% $url('${BASE}', $input) %}`, { input: reference })).toBe(url);
  });

  it.each([
    "//evil.example/x",
    "https://evil.example/",
    "http://127.0.0.1:9412/",
    "https://127.0.0.1:9411/",
    "\\\\evil.example\\x",
    "http://127.0.0.1:9411@evil.example/",
    "javascript:alert(1)",
    "data:text/plain,x",
  ])("refuses %j, which leads to another host", async (input) => {
    expect(await evaluated(`{% $url('${BASE}', $input) %}`, { input })).toMatch(
      /^error: .*leads away from http:\/\/127/,
    );
  });

  it.each(["http://u:p@127.0.0.1:9411/", "//u@127.0.0.1:9411/"])(
    "refuses %j, which holds credentials",
    async (input) => {
      expect(await evaluated(`{% $url('${BASE}', $input) %}`, { input })).toMatch(/^error: .*user name or password/);
    },
  );

  it.each(["", "/path", "example.com", "ftp://a.example/", "mailto:a@b.example"])(
    "needs a base, not %j",
    async (input) => {
      expect(await evaluated("{% $url($input, 'x') %}", { input })).toMatch(/^error: .*no absolute http or https URL/);
    },
  );

  it.each<[string, string]>([
    ["{'q': 'a b', 'n': 2}", "https://a.example/s?q=a+b&n=2"],
    ["{'tag': ['x', 'y'], 'none': null}", "https://a.example/s?tag=x&tag=y"],
    ["{}", "https://a.example/s"],
    ["$input.missing", "https://a.example/s"],
    ["{'q': '#&='}", "https://a.example/s?q=%23%26%3D"],
  ])("appends the query %s", async (query, url) => {
    expect(await evaluated(`{% $url('https://a.example', '/s', ${query}) %}`)).toBe(url);
  });

  it("keeps the query that the reference has", async () => {
    expect(await evaluated("{% $url('https://a.example', '/s?x=%7E#f', {'q': 1}) %}")).toBe(
      "https://a.example/s?x=%7E&q=1#f",
    );
  });

  it.each(["$input.missing", "null"])(
    "is nothing for the reference %s, so the last page has no next one",
    async (next) => {
      expect(await evaluated(`{% $exists($url('https://a.example', ${next})) %}`)).toBe(false);
    },
  );
});
