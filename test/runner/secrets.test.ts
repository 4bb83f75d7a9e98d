import { expect, it } from "vitest";
import { Secrets } from "../../src/runner/secrets.ts";
import { inRegistry } from "../registry/bench.ts";
import { runSteps, scripted } from "./bench.ts";

const secrets = new Secrets(
  new Map([
    ["SHORT", "abcd"],
    ["LONG", "abcdefgh"],
  ]),
);

it("a secret that begins like another one is replaced as a whole", () => {
  expect(secrets.redactText("abcdefgh, abcd")).toBe("[secret LONG], [secret SHORT]");
});

it("a secret is found in a text, and nothing else is", () => {
  expect(["Bearer abcd", "abcdefgh"].map((text) => secrets.areIn(text))).toEqual([true, true]);
  expect(["abc", "", "[secret SHORT]"].map((text) => secrets.areIn(text))).toEqual([false, false, false]);
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
