import { describe, expect, it } from "vitest";
import { readBindings, secretsFor } from "../../src/egress/secret-bindings.ts";
import { type Env, readSettings } from "../../src/env.ts";

const VALUES: Record<string, unknown> = {
  MAIL: "value-of-mail",
  CHAT: "value-of-chat",
  SHORT: "1234567",
  PADDED: "value-with-line\n",
  EMPTY: "",
  OBJECT: {},
  AUTH_SECRET: "the server's own, which is long enough",
};
const read = (text: string) =>
  readBindings(
    text,
    (name) => VALUES[name],
    (name) => name === "AUTH_SECRET",
  );
const bound = (text: string) => {
  const secrets = read(text);
  if (!secrets.ok) throw new Error(secrets.error.join());
  return secrets.value;
};

describe("BLUEPRINT_SECRETS", () => {
  it("binds names to hosts, of everybody or of one tenant", () => {
    const secrets = bound(" MAIL@api.mail.example, MAIL@*.mail.example:8443 ,CHAT@*#acme,");
    const mail = { name: "MAIL", value: "value-of-mail", hosts: ["api.mail.example", "*.mail.example:8443"] };
    expect(secretsFor("globex", secrets)).toEqual([mail]);
    expect(secretsFor("acme", secrets)).toEqual([mail, { name: "CHAT", value: "value-of-chat", hosts: ["*"] }]);
  });

  it("lets a tenant send to its own hosts and to everybody's, and to no other tenant's", () => {
    const secrets = bound("MAIL@a.example,MAIL@b.example#acme,MAIL@c.example#globex");
    expect(secretsFor("acme", secrets)[0]?.hosts).toEqual(["a.example", "b.example"]);
    expect(secretsFor("initech", secrets)[0]?.hosts).toEqual(["a.example"]);
  });

  it("keeps what verifies inbound signatures from being sent anywhere", () => {
    expect(secretsFor("acme", bound("MAIL@webhook,CHAT@webhook#acme"))).toEqual([]);
  });

  it.each(["", " ", ","])("of %j has none", (text) => {
    expect(bound(text)).toEqual([]);
  });

  it.each([
    ["MAIL", "names no host; write MAIL@api.example.com"],
    ["MAIL@", "no host behind the @"],
    ["MAIL@https://a.example", "no host behind the @"],
    ["MAIL@a.example/x", "no host behind the @"],
    ["MAIL@a.example#", "no tenant behind the #"],
    ["MAIL@a.example#ACME", "no tenant behind the #"],
    ["mail@a.example", "is not NAME@host"],
    ["@a.example", "is not NAME@host"],
    ["MAIL@a@b", "is not NAME@host"],
    ["UNSET@a.example", "UNSET is not set"],
    ["EMPTY@a.example", "EMPTY is not set"],
    ["OBJECT@a.example", "OBJECT is not set"],
    ["SHORT@a.example", "shorter than 8"],
    ["PADDED@a.example", "begins or ends with a space"],
    ["AUTH_SECRET@a.example", "the server's own"],
  ])("of %s is refused, with what to do and without the value", (text, message) => {
    const secrets = read(`CHAT@*,${text}`);
    expect(secrets).toMatchObject({ ok: false, error: [expect.stringContaining(message)] });
    for (const value of Object.values(VALUES)) {
      if (typeof value === "string" && value !== "") expect(JSON.stringify(secrets)).not.toContain(value.trim());
    }
  });

  it("is told all that is wrong with it at once", () => {
    expect(read("MAIL,SHORT@*,SHORT@a.example,AUTH_SECRET@*")).toMatchObject({ ok: false, error: { length: 3 } });
  });
});

describe("the Worker", () => {
  const settings = (env: Record<string, unknown>) => () => readSettings(env as unknown as Env);

  it.each(["TOKEN", "AUTH_SECRET@*", "JOB_REGISTRY@*", "BLUEPRINT_SECRETS@*", "HTTP_ALLOW@a.example", "UNSET@*"])(
    "does not start with %s",
    (text) => {
      const env = {
        BLUEPRINT_SECRETS: text,
        TOKEN: "long-enough",
        AUTH_SECRET: "x".repeat(32),
        HTTP_ALLOW: "127.0.0.1:1",
      };
      expect(settings(env)).toThrow(/BLUEPRINT_SECRETS cannot be used\.\n/);
    },
  );

  it("starts with bound secrets, and without any", () => {
    expect(settings({ BLUEPRINT_SECRETS: "TOKEN@a.example", TOKEN: "long-enough" })().blueprintSecrets).toHaveLength(1);
    expect(settings({})().blueprintSecrets).toEqual([]);
  });
});
