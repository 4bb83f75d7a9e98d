import { describe, expect, it } from "vitest";
import { checkApiKey } from "../../src/auth/check-key.ts";
import { MAX_VERIFIED_KEYS } from "../../src/limits.ts";
import { aKey, claims, NOW, SECRET } from "./keys.ts";

const OTHER = "another secret of the tests, 32 characters or more";
const isGood = (key: string, secret = SECRET, now = NOW) => checkApiKey(key, secret, now);

describe("a key that was verified", () => {
  it("says the same again", async () => {
    const key = await aKey();
    expect(await isGood(key)).toEqual({ ok: true, value: claims() });
    expect(await isGood(key)).toEqual({ ok: true, value: claims() });
  });

  it("is refused from the moment on at which it expires", async () => {
    const key = await aKey({ expires_at: NOW + 5 });
    expect((await isGood(key)).ok).toBe(true);
    expect((await isGood(key, SECRET, NOW + 4)).ok).toBe(true);
    expect(await isGood(key, SECRET, NOW + 5)).toEqual({ ok: false, error: "expired" });
  });

  it("is no key under another secret, and is one again under its own", async () => {
    const [key, other] = [await aKey(), await aKey({}, OTHER)];
    expect((await isGood(key)).ok).toBe(true);
    expect(await isGood(key, OTHER)).toEqual({ ok: false, error: "invalid" });
    expect((await isGood(other, OTHER)).ok).toBe(true);
    expect(await isGood(key, OTHER)).toEqual({ ok: false, error: "invalid" });
    expect((await isGood(key)).ok).toBe(true);
  });

  it("makes no other key good that begins like it", async () => {
    const key = await aKey();
    expect((await isGood(key)).ok).toBe(true);
    expect(await isGood(`${key}A`)).toEqual({ ok: false, error: "invalid" });
    expect(await isGood(key.slice(0, -1))).toEqual({ ok: false, error: "invalid" });
  });

  it("stays good when more keys come than are remembered", async () => {
    const key = await aKey();
    for (let i = 0; i <= MAX_VERIFIED_KEYS; i++) {
      expect((await isGood(await aKey({ tenant: `t${i}` }))).ok).toBe(true);
    }
    expect(await isGood(key)).toEqual({ ok: true, value: claims() });
  });
});
