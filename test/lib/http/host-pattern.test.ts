import { expect, it } from "vitest";
import { hostPattern, matchesHost } from "../../../src/lib/http/host-pattern.ts";

it.each([
  ["api.example.com", "api.example.com"],
  ["API.Example.com.", "api.example.com"],
  ["api.example.com:8443", "api.example.com:8443"],
  ["*.example.com", "*.example.com"],
  ["bücher.example", "xn--bcher-kva.example"],
  ["127.0.0.1:9411", "127.0.0.1:9411"],
  ["[::1]", "[::1]"],
  ["*", "*"],
])("%s is a pattern, spelt as URLs spell it", (text, pattern) => {
  expect(hostPattern(text)).toBe(pattern);
});

it.each([
  "",
  "https://a.example",
  "a.example/x",
  "a.*.example",
  "**",
  "*a.example",
  "a b",
  "a@b.example",
  "a.example:",
  "a?",
])("%j is none", (text) => {
  expect(hostPattern(text)).toBeUndefined();
});

it.each([
  ["api.example.com", "https://api.example.com/x?y", true],
  ["api.example.com", "http://API.example.com.:8080/", true],
  ["api.example.com", "https://a.api.example.com/", false],
  ["api.example.com", "https://api.example.com.evil.example/", false],
  ["api.example.com", "https://evil.example/api.example.com", false],
  ["api.example.com:8443", "https://api.example.com:8443/", true],
  ["api.example.com:8443", "https://api.example.com/", false],
  ["api.example.com:443", "https://api.example.com/", true],
  ["api.example.com:443", "http://api.example.com/", false],
  ["*.example.com", "https://a.b.example.com/", true],
  ["*.example.com", "https://example.com/", false],
  ["*.example.com", "https://badexample.com/", false],
  ["[::1]:80", "http://[::1]/", true],
  ["*", "http://anything.example/", true],
])("%s and %s: %s", (pattern, url, expected) => {
  expect(matchesHost(pattern, new URL(url))).toBe(expected);
});
