import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, REFUSAL_CODES } from "../../src/jobs/error-codes.ts";

const SRC = join(import.meta.dirname, "../../src");

const filesIn = (folder: string): string[] =>
  readdirSync(join(SRC, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

const textOf = (file: string): string => readFileSync(join(SRC, file), "utf8");

/** Codes of errors that a text makes, or names in a type. */
const codesIn = (text: string): string[] =>
  [...text.matchAll(/\b(?:code:|code =|unreadable\()([^;\n]*)/g)].flatMap(([, value = ""]) =>
    [...value.replace(/,.*| === "\w+"/g, "").matchAll(/"([a-z][a-z0-9_]+)"/g)].flatMap(([, code]) => code ?? []),
  );

/** What the calls of the registry and the operations of the service can be refused with. */
const refusals = ["registry/api", "service"].flatMap(filesIn).flatMap((file) => codesIn(textOf(file)));
const MAKERS = ["jobs", "runner", "registry", "catalog"].flatMap(filesIn);

const made = MAKERS.flatMap((file) => codesIn(textOf(file)).map((code) => ({ file, code })));

describe("the table of error codes", () => {
  it("has every code that a step or a job can fail with", () => {
    const known = (code: string) => Object.hasOwn(ERROR_CODES, code) || Object.hasOwn(REFUSAL_CODES, code);
    expect(made.filter(({ code }) => !known(code))).toEqual([]);
    expect(made.length).toBeGreaterThan(50);
  });

  it("has no code that nothing fails with", () => {
    const files = [...MAKERS, ...filesIn("blueprint")].filter((file) => file !== "jobs/error-codes.ts");
    const sources = files.map(textOf);
    const unused = Object.keys(ERROR_CODES).filter((code) => !sources.some((text) => text.includes(`"${code}"`)));
    expect(unused).toEqual([]);
  });

  it("has every code that a call can be refused with, and no other beside them", () => {
    expect([...new Set(refusals)].sort()).toEqual(Object.keys(REFUSAL_CODES).sort());
  });

  it.each([
    ['err({ code: "new_one", message })', ["new_one"]],
    ['unreadable("http_new", message)', ["http_new"]],
    ['const code = isOne ? "one_code" : "other_code";', ["one_code", "other_code"]],
    ['{ code: "one", message: "two" }', ["one"]],
    ["{ code: error.code }", []],
  ])("is compared with what src makes: %s", (text, codes) => {
    expect(codesIn(text)).toEqual(codes);
  });
});
