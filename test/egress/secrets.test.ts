import { expect, it } from "vitest";
import { Secrets } from "../../src/egress/secrets.ts";
import { seeded } from "../../tooling/random.ts";
import { inRegistry } from "../registry/bench.ts";
import { runSteps, scripted } from "../runner/bench.ts";
import { setting } from "../support/setting.ts";

const secret = (name: string, value: string, hosts = ["*"]) => ({ name, value, hosts });
const secrets = new Secrets([secret("SHORT", "abcd-1234"), secret("LONG", "abcd-1234-efgh")]);

it("a secret that begins like another one is replaced as a whole", () => {
  expect(secrets.redactText("abcd-1234-efgh, abcd-1234")).toBe("[secret LONG], [secret SHORT]");
});

it("a secret is found in a text, and nothing else is", () => {
  expect(["Bearer abcd-1234", "abcd-1234-efgh"].map((text) => secrets.areIn(text))).toEqual([true, true]);
  expect(["abcd-123", "", "[secret SHORT]"].map((text) => secrets.areIn(text))).toEqual([false, false, false]);
});

it("a secret goes to the hosts that it is bound to, and is a stray elsewhere", () => {
  const bound = new Secrets([secret("A", "value-of-a", ["a.example", "*.b.example"]), secret("ANY", "value-of-any")]);
  const strays = (url: string) => bound.strays("value-of-a and value-of-any", new URL(url));
  expect(strays("https://a.example/x")).toEqual([]);
  expect(strays("https://c.b.example/x")).toEqual([]);
  expect(strays("https://b.example/x")).toEqual(["A"]);
  expect(strays("https://a.example.evil.example/x")).toEqual(["A"]);
  expect(bound.mayGo("UNKNOWN", new URL("https://a.example/"))).toBe(false);
});

const VALUES = [
  ["plain letters", "s3cr3tvalue"],
  ["what URLs and JSON escape", 'a"b\\c/d+e f&<g>?=%'],
  ["letters beyond ASCII", "pässwörd-密码-🔑"],
  ["eight characters", "8charsXY"],
  ["five thousand", '0123456789abcdef/+"é'.repeat(245)],
] as const;

const bytes = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => btoa(String.fromCharCode(...bytes(text)));
const hex = (text: string) => [...bytes(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const wrapped = (text: string, width: number, end: string) => text.replace(new RegExp(`.{${width}}`, "g"), `$&${end}`);
const lower = (text: string) => text.replace(/%../g, (byte) => byte.toLowerCase());
const units = (text: string, spell: (code: string) => string) =>
  text
    .split("")
    .map((unit) => spell(unit.charCodeAt(0).toString(16).padStart(4, "0")))
    .join("");

const SPELLINGS: readonly (readonly [string, (value: string) => string])[] = [
  ["plain", (value) => value],
  ["behind a prefix", (value) => `Bearer ${value}`],
  ["JSON", (value) => JSON.stringify({ value })],
  ["JSON in JSON's ASCII", (value) => units(value, (code) => `\\u${code}`)],
  ["JSON with an escaped slash", (value) => JSON.stringify(value).replaceAll("/", "\\/")],
  ["a URL's component", encodeURIComponent],
  ["a URL's component in lower case", (value) => lower(encodeURIComponent(value))],
  [
    "every byte percent-encoded",
    (value) => [...bytes(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  ],
  ["a form", (value) => new URLSearchParams({ value }).toString()],
  ["hex", hex],
  ["HEX", (value) => hex(value).toUpperCase()],
  ["HTML", (value) => value.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)],
  ["base64", base64],
  ["base64 behind one byte", (value) => base64(`u${value}`)],
  ["base64 behind two", (value) => base64(`u:${value}`)],
  ["base64 behind five, with more behind it", (value) => base64(`user:${value}, and more`)],
  ["base64url", (value) => base64(value).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")],
  ["base64 in a URL", (value) => encodeURIComponent(base64(value))],
  ["a URL in a URL", (value) => encodeURIComponent(encodeURIComponent(value))],
  ["a URL in JSON", (value) => JSON.stringify({ url: `https://a.example/?v=${encodeURIComponent(value)}` })],
  ["JSON in a URL", (value) => encodeURIComponent(JSON.stringify({ value }))],
  ["JSON in JSON", (value) => JSON.stringify(JSON.stringify({ value }))],
  [
    "HTML in JSON",
    (value) => JSON.stringify(value.replace(/[&<>"']/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`)),
  ],
  ["base64 in a URL in a URL", (value) => encodeURIComponent(encodeURIComponent(base64(`u:${value}`)))],
  ["base64 of mail", (value) => wrapped(base64(`user:${value}`), 76, "\r\n")],
  ["base64 of a narrow PEM", (value) => wrapped(base64(value), 7, "\n")],
  ["base64 of mail, in JSON", (value) => JSON.stringify(wrapped(base64(`u:${value}`), 76, "\r\n"))],
];

it.each(SPELLINGS)("a secret is replaced when it comes back as %s", (_, spell) => {
  for (const [what, value] of VALUES) {
    const found = new Secrets([secret("API_TOKEN", value)]);
    const text = found.redactText(`before ${spell(value)} after`);
    expect(text, what).toContain("[secret API_TOKEN]");
    // Nothing that gives the value away is left: neither itself nor the letters of its spelling.
    for (const part of [value, spell(value), base64(value).slice(4, 10), hex(value)])
      expect(text, what).not.toContain(part);
    expect(text.startsWith("before "), what).toBe(true);
    expect(text.endsWith(" after"), what).toBe(true);
  }
});

it.each(SPELLINGS)("a secret is a stray when it stands in a request as %s", (_, spell) => {
  for (const [what, value] of VALUES) {
    const bound = new Secrets([secret("API_TOKEN", value, ["a.example"])]);
    expect(bound.strays(spell(value), new URL("https://b.example/")), what).toContain("API_TOKEN");
    expect(bound.strays(spell(value), new URL("https://a.example/")), what).toEqual([]);
  }
});

const html = (text: string) => text.replace(/[^A-Za-z0-9]/gu, (char) => `&#${char.codePointAt(0)};`);
const ENCODERS = [encodeURIComponent, JSON.stringify, html, (text: string) => units(text, (code) => `\\u${code}`)];

it("a secret of any letters is replaced under any two escapes inside each other, and between any of its like", () => {
  const random = seeded(setting("SEED"));
  const ALPHABET = [...`abAB019%\\+-_/&;#u"'<> =\n\té密🔑`];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  for (let run = 0; run < 500; run++) {
    const value = `x${Array.from({ length: 8 + Math.floor(random() * 40) }, () => pick(ALPHABET)).join("")}x`;
    const [outer, inner] = [pick(ENCODERS), pick(ENCODERS)];
    const other = `other-${value}`;
    const both = new Secrets([secret("OTHER", other), secret("TOKEN", value)]);
    const texts = [inner(value), outer(inner(value)), outer(inner(`${value} ${other}`)), outer(base64(`u:${value}`))];
    for (const text of texts) {
      const redacted = both.redactText(`before ${text} after`);
      const left = redacted.replace(/\[secret (TOKEN|OTHER)\]/g, "");
      expect(redacted, `${JSON.stringify(value)} as ${text}`).toContain("[secret TOKEN]");
      expect(left.length, `${JSON.stringify(value)} as ${text}: ${redacted}`).toBeLessThan(60);
    }
  }
});

it("a hundred secrets of five thousand characters, which begin alike, are found in answers that are made to be slow", () => {
  const begin = "a".repeat(4_990);
  const all = Array.from({ length: 100 }, (_, i) => secret(`S${i}`, `${begin}${String(i).padStart(8, "-")}--`));
  const found = new Secrets(all);
  const slow = [
    "a".repeat(500_000),
    "%25".repeat(170_000),
    "\\".repeat(500_000),
    "\n".repeat(500_000),
    "&#97;".repeat(100_000),
  ];
  for (const text of slow) expect(found.redactText(text)).toBe(text);
  for (const { name, value } of all.slice(0, 3)) {
    expect(found.redactText(`${"a".repeat(50_000)}${value}`)).toBe(`${"a".repeat(50_000)}[secret ${name}]`);
    expect(found.redactText(base64(`u:${value}`))).toMatch(new RegExp(`^..\\[secret ${name}\\]$`));
  }
});

it("keys, numbers and values inside are redacted, and what holds no secret stays as it is", () => {
  const both = new Secrets([secret("PIN", "1234567890"), secret("WORD", "s3cr3t-value")]);
  const value = { "s3cr3t-value": [1_234_567_890, 12, null, true, { a: "x s3cr3t-value" }], b: "text" };
  expect(both.redact(value)).toEqual({
    "[secret WORD]": ["[secret PIN]", 12, null, true, { a: "x [secret WORD]" }],
    b: "text",
  });
});

it("what was redacted is not looked through again, until other secrets are known", () => {
  const own = new Secrets([secret("WORD", "s3cr3t-value")]);
  const redacted = own.redact({ a: ["s3cr3t-value", "other-value"] });
  expect(own.redact(redacted)).toBe(redacted);
  own.know([secret("OTHER", "other-value")]);
  expect(own.redact(redacted)).toEqual({ a: ["[secret WORD]", "[secret OTHER]"] });
});

it("a service that repeats the path of a secret URL gives nothing away", () => {
  const hook = new Secrets([secret("HOOK", "https://hooks.example.com/services/T0/B1/abcdefgh?x=1")]);
  const pages = [
    "no POST /services/T0/B1/abcdefgh?x=1 here",
    "/services/T0/B1/abcdefgh",
    "https://hooks.example.com/services/T0/B1/abcdefgh?x=1",
  ];
  for (const page of pages) expect(hook.redactText(page)).not.toContain("abcdefgh");
});

it("no part of a secret is left where an error quotes the start of an answer that repeats it", () =>
  inRegistry(async (bench) => {
    const value = "s3cr3t-value-of-some-length";
    // An error quotes the first 200 characters: the secret lies across their end.
    const { fetch } = scripted(() => new Response(`${"x".repeat(190)}${value}`, { status: 400 }));
    const step = { id: "get", type: "http", url: "https://api.example.com/", headers: { a: { secret: "API_TOKEN" } } };
    const run = await runSteps(bench, [step], { fetch, secrets: { API_TOKEN: value } });
    const { error } = await run.status();
    expect(error).toContain("HTTP 400");
    expect(error).not.toContain("s3cr3t");
  }));
