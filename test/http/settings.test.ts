import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Env, readSettings } from "../../src/env.ts";

const DAY_MS = 86_400_000;
const SECRET = "s".repeat(32);
const settings = (vars: Partial<Record<keyof Env, unknown>>) => readSettings({ ...env, ...vars } as Env);

describe("RETENTION_DAYS", () => {
  const days = (value: unknown) => settings({ RETENTION_DAYS: value }).retentionMs / DAY_MS;

  it("is 30 when nothing is said, and takes whole days from 1 to 3650", () => {
    expect([undefined, "1", "30", 7, "365", "3650"].map(days)).toEqual([30, 1, 30, 7, 365, 3_650]);
  });

  it.each(["", "0", "00", "-1", "3651", "1e9", "1e3", "0.5", " 30", "30 days", "Infinity", "NaN", "١", "9".repeat(16)])(
    "is refused by name when it is %j",
    (value) => {
      expect(() => days(value)).toThrow(/RETENTION_DAYS/);
    },
  );
});

describe("quotas", () => {
  it.each(["MAX_ACTIVE_JOBS", "MAX_RUNNING_JOBS", "SUBMITS_PER_MINUTE", "MAX_STORED_BYTES"] as const)(
    "%s takes 0 and 15 digits, and is refused by name otherwise",
    (name) => {
      for (const value of ["0", "1", "999999999999999"]) expect(() => settings({ [name]: value })).not.toThrow();
      for (const value of ["", "1e3", "-1", "1.0", "1000000000000000", "0x10"]) {
        expect(() => settings({ [name]: value })).toThrow(name);
      }
    },
  );
});

describe("AUTH_SECRET_PREVIOUS", () => {
  it("stands beside AUTH_SECRET; empty is unset", () => {
    const both = settings({ AUTH_SECRET: SECRET, AUTH_SECRET_PREVIOUS: "p".repeat(32) });
    expect(both.secrets).toEqual({ current: SECRET, previous: "p".repeat(32) });
    expect(settings({ AUTH_SECRET: SECRET, AUTH_SECRET_PREVIOUS: "" }).secrets).toEqual({ current: SECRET });
    expect(settings({ AUTH_SECRET: "", AUTH_SECRET_PREVIOUS: "" }).secrets).toBeUndefined();
  });

  it("is refused by name when it is short, or alone", () => {
    expect(() => settings({ AUTH_SECRET: SECRET, AUTH_SECRET_PREVIOUS: "p".repeat(31) })).toThrow(
      /AUTH_SECRET_PREVIOUS/,
    );
    expect(() => settings({ AUTH_SECRET_PREVIOUS: "p".repeat(32) })).toThrow(/needs AUTH_SECRET/);
  });
});

describe("the other variables", () => {
  it("are read once: lists are split, and what is empty is not there", () => {
    const { allowedOrigins } = settings({ ALLOWED_ORIGINS: " https://a.example, b.example ,," });
    expect(allowedOrigins).toEqual(["https://a.example", "b.example"]);
    expect(settings({ ALLOWED_ORIGINS: "" }).allowedOrigins).toEqual([]);
  });

  it("PUBLIC_URL is the origin of a URL, or refused by name", () => {
    const origin = (value?: string) => settings({ PUBLIC_URL: value }).publicOrigin;
    expect([origin(), origin(""), origin("https://jobs.example.com/x"), origin("http://127.0.0.1:8787")]).toEqual([
      null,
      null,
      "https://jobs.example.com",
      "http://127.0.0.1:8787",
    ]);
    for (const bad of ["jobs.example.com", "ftp://jobs.example.com", "/", "https://"]) {
      expect(() => origin(bad)).toThrow(/PUBLIC_URL/);
    }
  });

  it("name a language model, where there is one", () => {
    const ai = (vars: object) => settings(vars).ai;
    expect(ai({ AI_MODEL: "m" })).toBeUndefined();
    expect(ai({ AI_BASE_URL: "http://127.0.0.1:1/v1/", AI_KEY: "" })).toEqual({
      ...{ model: undefined, key: undefined, tokensPerDay: 0, baseUrl: "http://127.0.0.1:1/v1" },
    });
    const bound = ai({ AI: {}, AI_BASE_URL: "https://a.example", AI_MODEL: "m", AI_TOKENS_PER_DAY: "9" });
    expect(bound).toMatchObject({ baseUrl: undefined, model: "m", tokensPerDay: 9 });
    expect(() => ai({ AI_BASE_URL: "model.example" })).toThrow(/AI_BASE_URL/);
    expect(() => ai({ AI_TOKENS_PER_DAY: "-1" })).toThrow(/AI_TOKENS_PER_DAY/);
  });

  it("OAUTH_METADATA_DOCUMENTS is on or off, and nothing else", () => {
    const documents = (value?: string) => settings({ OAUTH_METADATA_DOCUMENTS: value }).metadataDocuments;
    expect([documents(), documents(""), documents("on"), documents("off")]).toEqual([
      undefined,
      undefined,
      "on",
      "off",
    ]);
    for (const bad of ["OFF", "false", "0", "no"]) expect(() => documents(bad)).toThrow(/OAUTH_METADATA_DOCUMENTS/);
  });
});
