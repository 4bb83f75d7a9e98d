import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redacted, withoutCredentials } from "../../src/jobs/credentials.ts";

/** Made up, in parts, so that no scanner takes them for found ones. */
const LONG = "Zx9Kq2Lm7Pw4Rt8Vb3Nc6Yd1";
const JWT = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", LONG].join(".");

describe("a credential in a text", () => {
  it.each([
    ["a bearer token", `Authorization: Bearer ${LONG}`, LONG],
    ["a basic login", "authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
    ["a token of another scheme", `token ${LONG}x`, LONG],
    ["a JWT", `got ${JWT} back`, JWT.slice(0, 30)],
    ["a key of a forge", `use ${["ghp", LONG].join("_")}`, LONG],
    ["a key of a payment service", `use ${["sk", "live", LONG].join("_")}`, LONG],
    ["a key of a model's service", `use ${["sk", "ant", LONG].join("-")}`, LONG],
    ["a key of a chat", `use ${["xoxb", "1234567890", "abcdef"].join("-")}`, "abcdef"],
    ["a key of a cloud", `use ${`AKIA${"Q7".repeat(8)}`}`, "Q7Q7"],
    ["a key of this server", `use ${["ej1", "eyJ0IjoibG9jYWwi", "c2lnbmF0dXJl"].join("_")}`, "c2lnbmF0dXJl"],
    ["a login in a URL", "GET https://ada:hunter2@example.com/x", "hunter2"],
    ["the link of a question", `answer at https://jobs.example.com/a/${LONG}_-a.b before noon`, LONG],
    ["the URL of a hook", `{"url":"https://jobs.example.com/hooks/${LONG}"}`, LONG],
    ["a token in a query", "GET https://example.com/x?a=1&access_token=abc123&b=2", "abc123"],
    ["a signature in a query", "GET https://example.com/x?X-Amz-Signature=0a1b2c", "0a1b2c"],
    ["a password in a form", "user=ada&password=hunter2", "hunter2"],
    ["a password in words", "password: hunter2", "hunter2"],
    ["a token in JSON that is a text", '{"token":"abc","n":1}', "abc"],
    ["a token in JSON in JSON", String.raw`{\"api_key\":\"abc\"}`, "abc"],
    ["a private key", `-----BEGIN RSA PRIVATE KEY-----\n${LONG}\n-----END RSA PRIVATE KEY-----`, LONG],
    ["a private key that is cut", `-----BEGIN PRIVATE KEY-----\n${LONG}`, LONG],
    ["what only chance makes", `value ${LONG}${LONG}`, LONG],
  ])("%s is taken out", (_what, text, secret) => {
    expect(withoutCredentials(text)).not.toContain(secret);
    expect(withoutCredentials(text)).toContain("[redacted]");
  });

  it.each([
    "job_01m8x3v2n4q6r8t0w2y4a6c8e0g2",
    "HTTP 401 from https://example.com/tokens/refresh?page=2",
    "Step login: the token expired; ask for a new one.",
    "sha-256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "https://example.com/a/very/long/path/that/goes/on/and/on/2026/index",
    "Bearer {% $steps.login.body.token %}",
    "token={% $steps.login.body.token %}",
    "The basic plan has 3 seats.",
  ])("is not seen in %s", (text) => {
    expect(withoutCredentials(text)).toBe(text);
  });

  it("takes time in proportion to the text", () => {
    for (const unit of ["a", "A1a", "token=", '"token":"', "://a:", "Bearer ", "-----BEGIN PRIVATE KEY-----"]) {
      const started = performance.now();
      withoutCredentials(unit.repeat(20_000));
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });
});

describe("a credential in a value", () => {
  it.each([
    [{ password: "hunter2" }, { password: "[redacted]" }],
    [
      { headers: { "X-Api-Key": "abc", accept: "text/html" } },
      { headers: { "X-Api-Key": "[redacted]", accept: "text/html" } },
    ],
    [{ "set-cookie": ["a=1", "b=2"] }, { "set-cookie": ["[redacted]", "[redacted]"] }],
    [{ accessToken: { value: "abc" } }, { accessToken: { value: "[redacted]" } }],
    [{ note: `Bearer ${LONG}` }, { note: "Bearer [redacted]" }],
    [{ auth: { secret: "hunter2-value" } }, { auth: { secret: "[redacted]" } }],
    [
      { auth: { secret: "HUNTER2", password: "x", name: "Ada" } },
      { auth: { secret: "[redacted]", password: "[redacted]", name: "Ada" } },
    ],
    [[{ client_secret: 'x"y' }], [{ client_secret: "[redacted]" }]],
  ])("%j is taken out, and nothing else", (value, shown) => {
    expect(redacted(value)).toEqual(shown);
  });

  it.each([
    [{ authorization: { secret: "MAIL_TOKEN", prefix: "Bearer " } }],
    [{ authorization: "Bearer {% $steps.login.body.token %}" }],
    [{ max_tokens: 5, token: null, tokens: ["a"], password: "" }],
    [{ idempotency_key: "k-1", key: "row-7", author: "Ada" }],
  ])("is not seen in %j", (value) => {
    expect(redacted(value)).toEqual(value);
  });

  it("never shows what stands under a telling name, whatever it is", () => {
    const name = fc.constantFrom("token", "refresh_token", "Authorization", "client-secret", "apiKey", "PASSWORD");
    fc.assert(
      fc.property(name, fc.string({ minLength: 1 }), (field, text) => {
        fc.pre(!text.includes("{%"));
        expect(redacted({ a: [{ [field]: text }] })).toEqual({ a: [{ [field]: "[redacted]" }] });
      }),
    );
  });
});
