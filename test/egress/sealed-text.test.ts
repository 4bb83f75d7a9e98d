import { expect, it } from "vitest";
import { keyNameOf, keyNames, openText, sealAgain, sealText } from "../../src/egress/sealed-text.ts";

const OLD = "o".repeat(32);
const NEW = "n".repeat(32);
const FOR = "edge-jobs tenant secret v1";

it("opens what it sealed, for the same purpose and owner only", async () => {
  const secrets = { current: NEW };
  const sealed = await sealText(secrets, FOR, "grüße\n", "acme/KEY");
  expect(await openText(secrets, FOR, sealed, "acme/KEY")).toBe("grüße\n");
  expect(await openText(secrets, FOR, sealed, "other/KEY")).toBeUndefined();
  expect(await openText(secrets, "edge-jobs callback secret v1", sealed, "acme/KEY")).toBeUndefined();
  expect(await openText({ current: OLD }, FOR, sealed, "acme/KEY")).toBeUndefined();
  for (const broken of ["", "x", "a.b", `${sealed}x`, sealed.slice(0, -2), `${keyNameOf(sealed)}.`]) {
    expect(await openText(secrets, FOR, broken, "acme/KEY")).toBeUndefined();
  }
});

it("holds neither the text nor the secret, and is another text each time", async () => {
  const secrets = { current: NEW };
  const [one = "", two] = await Promise.all([1, 2].map(() => sealText(secrets, FOR, "a long text of it", "o")));
  expect(one).not.toBe(two);
  for (const text of ["a long text", btoa("a long text of it"), NEW]) expect(one).not.toContain(text);
});

it("names the key of a text, so that one of before is found and sealed again", async () => {
  const sealed = await sealText({ current: OLD }, FOR, "value", "o");
  const rotated = { current: NEW, previous: OLD };
  const names = await keyNames(rotated);
  expect(keyNameOf(sealed)).toBe(names.previous);
  const again = (await sealAgain(rotated, FOR, sealed, "o")) ?? "";
  expect(keyNameOf(again)).toBe(names.current);
  expect(await openText({ current: NEW }, FOR, again, "o")).toBe("value");
  expect(await sealAgain({ current: NEW }, FOR, sealed, "o")).toBeUndefined();
  expect(await keyNames({ current: NEW })).toEqual({ current: names.current });
});
