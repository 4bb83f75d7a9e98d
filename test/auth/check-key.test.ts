import { describe, expect, it } from "vitest";
import { checkApiKey } from "../../src/auth/check-key.ts";
import { KEY_CLOCK_SKEW_MS, MAX_KEY_DAYS, MAX_VERIFIED_KEYS } from "../../src/limits.ts";
import { aKey, claims, NOW, SECRET } from "./keys.ts";

const DAY_MS = 86_400_000;
const OTHER = "another secret of the tests, 32 characters or more";
const isGood = (key: string, secret = SECRET, now = NOW, previous?: string) =>
  checkApiKey(key, { current: secret, previous }, now);

describe("a key that was verified", () => {
  it("says the same again", async () => {
    const key = await aKey();
    expect(await isGood(key)).toEqual({ ok: true, value: { ...claims(), secret: SECRET } });
    expect(await isGood(key)).toEqual({ ok: true, value: { ...claims(), secret: SECRET } });
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

  it("is good under the secret before, which stops when that one is taken away", async () => {
    const key = await aKey();
    expect(await isGood(key, OTHER, NOW, SECRET)).toEqual({ ok: true, value: { ...claims(), secret: SECRET } });
    expect(await isGood(key, OTHER)).toEqual({ ok: false, error: "invalid" });
    expect(await isGood(key, OTHER, NOW, `${OTHER}!`)).toEqual({ ok: false, error: "invalid" });
    const [fresh, late] = [await aKey({}, OTHER), await aKey({ expires_at: NOW })];
    expect(await isGood(fresh, OTHER, NOW, SECRET)).toMatchObject({ ok: true, value: { secret: OTHER } });
    expect(await isGood(late, OTHER, NOW, SECRET)).toEqual({ ok: false, error: "expired" });
  });

  it.each([
    [MAX_KEY_DAYS * DAY_MS - 1, true],
    [MAX_KEY_DAYS * DAY_MS, true],
    [MAX_KEY_DAYS * DAY_MS + KEY_CLOCK_SKEW_MS, true],
    [MAX_KEY_DAYS * DAY_MS + KEY_CLOCK_SKEW_MS + 1, false],
    [(MAX_KEY_DAYS + 1) * DAY_MS, false],
    [100 * 365 * DAY_MS, false],
  ])("that would be good for %i ms more is served: %s, also when it was seen before", async (ms, served) => {
    const key = await aKey({ expires_at: NOW + ms });
    for (let time = 0; time < 2; time++) {
      expect(await isGood(key)).toMatchObject(served ? { ok: true } : { ok: false, error: "too_long" });
    }
    const inTime = await isGood(key, SECRET, NOW + ms - 1);
    expect(inTime.ok).toBe(true);
    expect((await isGood(key)).ok).toBe(served);
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
    expect(await isGood(key)).toEqual({ ok: true, value: { ...claims(), secret: SECRET } });
  });
});
