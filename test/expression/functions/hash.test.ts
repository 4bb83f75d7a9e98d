import { describe, expect, it } from "vitest";
import { evaluated } from "../../blueprint/support.ts";

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("$hash", () => {
  it.each([
    ["$hash('abc')", ABC],
    ["$hash('abc', 'SHA-256')", ABC],
    ["$hash('abc', 'SHA-256', 'hex')", ABC],
    ["$hash('abc', 'SHA-256', 'base64')", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="],
    ["$hash('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["$hash('é')", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"],
    ["$exists($hash($input.missing))", false],
  ])("%s", async (expression, value) => expect(await evaluated(`{% ${expression} %}`)).toBe(value));

  it.each(["'abc', 'MD5'", "'abc', 'SHA-1'", "'abc', 'SHA-256', 'utf8'", "7", "{}"])("refuses (%s)", async (args) => {
    expect(await evaluated(`{% $hash(${args}) %}`)).toMatch(/^error: /);
  });
});
