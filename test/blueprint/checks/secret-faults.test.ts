import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import { secretRefs, withSecrets } from "../../../src/blueprint/secret-refs.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";

const USABLE = [
  { name: "MAIL_TOKEN", hosts: ["api.mail.example", "*.eu.mail.example"] },
  { name: "ANY_TOKEN", hosts: ["*"] },
];
const MAIL = { secret: "MAIL_TOKEN" };

const http = (more: JsonObject): Json => ({ id: "call", type: "http", url: "https://api.mail.example/x", ...more });
const check = (steps: Json[], more: JsonObject = {}, secrets = USABLE) =>
  checkBlueprint({ name: "secrets", steps, ...more }, { handlers: ["audit"], secrets });
const faults = (...given: Parameters<typeof check>) => {
  const checked = check(...given);
  return checked.ok ? [] : checked.error;
};

describe("a secret is taken", () => {
  it.each<[string, JsonObject]>([
    ["as a header", { headers: { authorization: MAIL } }],
    ["with a prefix", { headers: { authorization: { ...MAIL, prefix: "Bearer " } } }],
    ["as a value of the query", { query: { key: MAIL, list: ["a", MAIL] } }],
    ["as a value of a form", { method: "POST", form: { key: MAIL } }],
    ["as a leaf of a body", { method: "POST", body: { auth: [{ token: MAIL }], n: 1 } }],
    ["as the whole body", { method: "POST", body: MAIL }],
    ["as a bearer", { auth: { bearer: MAIL } }],
    ["as a signing key", { auth: { hmac: { secret: MAIL, header: "x-a" } } }],
    ["as the key of a webhook", { auth: { standard_webhook: MAIL } }],
    ["as name and password", { auth: { basic: { user: MAIL, password: MAIL } } }],
    ["as the whole URL", { url: MAIL }],
    ["for a host of its domain", { url: "https://a.eu.mail.example/", headers: { a: MAIL } }],
    ["for a host that a value decides", { url: "https://{% $input.host %}/", headers: { a: MAIL } }],
    ["for any host", { url: "https://other.example/", headers: { a: { secret: "ANY_TOKEN" } } }],
  ])("%s", (_, step) => {
    expect(faults([http(step)])).toEqual([]);
  });
});

describe("a secret is a fault", () => {
  it.each<[string, Json[], JsonObject, string]>([
    ["in a transform", [{ id: "t", type: "transform", value: { a: [MAIL] } }], {}, "blueprint.steps[0].value.a[0]"],
    [
      "over which a map goes",
      [{ id: "m", type: "map", over: [MAIL], steps: [http({})] }],
      {},
      "blueprint.steps[0].over[0]",
    ],
    [
      "in a handler's input",
      [{ id: "h", type: "handler", handler: "audit", input: { k: MAIL } }],
      {},
      "blueprint.steps[0].input.k",
    ],
    [
      "in a child's input",
      [{ id: "j", type: "job", blueprint: "x", input: { k: MAIL } }],
      {},
      "blueprint.steps[0].input.k",
    ],
    ["in the result", [http({})], { output: { k: MAIL } }, "blueprint.output.k"],
  ])("%s, with its path", (_, steps, more, path) => {
    expect(faults(steps, more)).toContainEqual(
      expect.objectContaining({ path, message: expect.stringContaining("a secret cannot stand here") }),
    );
  });

  it.each<[string, JsonObject, string]>([
    ["a header", { headers: { authorization: { secret: "NOPE" } } }, "blueprint.steps[0].headers.authorization"],
    ["the query", { query: { key: ["a", { secret: "NOPE" }] } }, "blueprint.steps[0].query.key[1]"],
    ["a body", { method: "POST", body: { a: [{ secret: "NOPE" }] } }, "blueprint.steps[0].body.a[0]"],
    ["auth", { auth: { bearer: { secret: "NOPE" } } }, "blueprint.steps[0].auth.bearer"],
    ["the URL", { url: { secret: "NOPE" } }, "blueprint.steps[0].url"],
  ])("that nobody knows in %s, with those that may be used", (_, step, path) => {
    expect(faults([http(step)])).toContainEqual({
      path,
      message: "there is no secret NOPE",
      fix: "Use one of MAIL_TOKEN (for api.mail.example, *.eu.mail.example); ANY_TOKEN (for *).",
    });
  });

  it("when there is none at all, and that is said", () => {
    expect(faults([http({ headers: { a: MAIL } })], {}, [])).toMatchObject([
      { message: "there is no secret MAIL_TOKEN", fix: expect.stringContaining("There is none yet") },
    ]);
  });

  it.each([
    "https://evil.example/",
    "https://eu.mail.example/",
    "https://api.mail.example.evil.example/{% $input.x %}",
  ])("for %s, to which it is not bound", (url) => {
    expect(faults([http({ url, headers: { a: MAIL } })])).toMatchObject([
      {
        path: "blueprint.steps[0].headers.a",
        message: expect.stringContaining("may not be sent to"),
        fix: expect.stringContaining("api.mail.example"),
      },
    ]);
  });

  it("inside rows and children, too", () => {
    const inner = http({ headers: { a: { secret: "NOPE" } } });
    const rows = { id: "m", type: "map", over: [1], steps: [inner] };
    expect(faults([rows])).toMatchObject([{ path: "blueprint.steps[0].steps[0].headers.a" }]);
    const child = { id: "j", type: "job", blueprint: { name: "child", steps: [inner] } };
    expect(faults([child])).toMatchObject([{ path: "blueprint.steps[0].blueprint.steps[0].headers.a" }]);
  });
});

describe("what is no reference", () => {
  it.each<[string, Json]>([
    ["other fields beside it", { secret: "MAIL_TOKEN", n: 1 }],
    ["a name that no secret can have", { secret: "abc" }],
    ["an expression for a name", { secret: "{% $input.name %}" }],
    ["an expression for a prefix", { secret: "MAIL_TOKEN", prefix: "{% $input.p %}" }],
    ["a name that is no text", { secret: 1 }],
  ])("is data in a body: %s", (_, body) => {
    expect(faults([http({ method: "POST", body })])).toEqual([]);
    expect([...secretRefs(body)]).toEqual([]);
  });
});

describe("the document decides where a secret stands", () => {
  const read = () => "SENT";

  it.each<[string, Json, Json]>([
    ["an expression for the whole", "{% $input %}", MAIL],
    ["an expression inside", { a: "{% $input %}" }, { a: MAIL }],
    ["an expression in a list", ["{% $input %}", 1], [MAIL, 1]],
    ["a list that an expression gave", { a: "{% $input %}" }, { a: [MAIL, { b: MAIL }] }],
    ["a key of the prototype", { a: "{% $input %}" }, JSON.parse('{"a": 1, "__proto__": {"secret": "MAIL_TOKEN"}}')],
    ["a reference with an expression", { secret: "{% $input %}" }, MAIL],
  ])("and a value does not: %s", (_, document, value) => {
    expect(withSecrets(document, value, read)).toEqual(value);
  });

  it("and puts it there, beside values that look like it", () => {
    const document = { a: MAIL, b: "{% $input %}", c: [1, MAIL] };
    expect(withSecrets(document, { a: MAIL, b: MAIL, c: [1, MAIL] }, read)).toEqual({
      a: "SENT",
      b: MAIL,
      c: [1, "SENT"],
    });
  });
});
