import { describe, expect, it } from "vitest";
import { type Claims, newKeyId, verifyApiKey } from "../../src/auth/api-key.ts";
import { toBase64Url } from "../../src/lib/base64url.ts";
import { signingKey } from "../../src/lib/signing-key.ts";
import { aKey, claims, NOW, SECRET } from "./keys.ts";

const text = new TextEncoder();
const verify = async (token: string, now = NOW, secret = SECRET) =>
  verifyApiKey(token, await signingKey(secret, "edge-jobs api-key v1"), now);

/** A key whose signature is right, whatever it claims. */
async function signed(payload: string, prefix = "ej1_"): Promise<string> {
  const body = prefix + toBase64Url(text.encode(payload));
  const mac = await crypto.subtle.sign("HMAC", await signingKey(SECRET, "edge-jobs api-key v1"), text.encode(body));
  return `${body}.${toBase64Url(new Uint8Array(mac))}`;
}

const INVALID = { ok: false, error: "invalid" };

describe("an API key", () => {
  it("says its tenant, id, scopes and end, and shows none of the secret", async () => {
    const key = await aKey();
    expect(key).toMatch(/^ej1_[\w-]+\.[\w-]{43}$/);
    expect(await verify(key)).toEqual({ ok: true, value: claims() });
  });

  it("is good until the moment at which it expires", async () => {
    const key = await aKey();
    expect(await verify(key, NOW + 999)).toMatchObject({ ok: true });
    expect(await verify(key, NOW + 1_000)).toEqual({ ok: false, error: "expired" });
  });

  it("of another secret is invalid", async () => {
    expect(await verify(await aKey({}, `${SECRET}!`))).toEqual(INVALID);
  });

  it("is invalid with any one character changed, dropped or doubled", async () => {
    const key = await aKey();
    const changed = [...key].flatMap((char, i) => {
      const [before, after] = [key.slice(0, i), key.slice(i + 1)];
      return [`${before}${char === "A" ? "B" : "A"}${after}`, before + after, before + char + char + after];
    });
    const accepted = await Promise.all(changed.map(async (token) => ((await verify(token)).ok ? [token] : [])));
    expect(accepted.flat()).toEqual([]);
  });

  it("has one spelling: unused bits, padding and the other base64 alphabet are invalid", async () => {
    const key = await aKey();
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const sameBits = last[last.indexOf(key.at(-1) ?? "") ^ 1] ?? "";
    for (const other of [key.slice(0, -1) + sameBits, `${key}=`, ` ${key}`, `${key}\n`, key.replace("ej1_", "EJ1_")]) {
      expect(await verify(other)).toEqual(INVALID);
    }
  });

  it.each<[string, Partial<Record<keyof Claims, unknown>>]>([
    ["an upper-case tenant", { tenant: "Acme" }],
    ["a tenant with a slash", { tenant: "a/0" }],
    ["an empty tenant", { tenant: "" }],
    ["a tenant of 64 characters", { tenant: "a".repeat(64) }],
    ["an unknown scope", { scopes: ["root"] }],
    ["no scope", { scopes: [] }],
    ["no end", { expires_at: null }],
    ["another form of id", { key_id: "key_1" }],
  ])("that was signed with %s is invalid", async (_, wrong) => {
    expect(await verify(await signed(JSON.stringify({ ...claims(), ...wrong })))).toEqual(INVALID);
  });

  it.each(["", "null", "[]", "{", '{"tenant":"acme"}', JSON.stringify({ ...claims(), more: 1 })])(
    "that was signed over %j is invalid",
    async (payload) => {
      expect(await verify(await signed(payload))).toEqual(INVALID);
    },
  );

  it("of another version is invalid although its signature is right", async () => {
    expect(await verify(await signed(JSON.stringify(claims()), "ej2_"))).toEqual(INVALID);
  });

  it("is not looked at when it is too long", async () => {
    expect(await verify(await signed(JSON.stringify({ ...claims(), scopes: Array(200).fill("admin") })))).toEqual(
      INVALID,
    );
  });

  it("has an id made of its random bytes", () => {
    expect(newKeyId(new Uint8Array([0, 1, 255, 16]))).toBe("key_0001ff10");
  });
});

describe("a signing key", () => {
  it("of one purpose does not verify what another signed", async () => {
    const key = await aKey();
    // @ts-expect-error: no such purpose exists yet.
    expect(await verifyApiKey(key, await signingKey(SECRET, "another"), NOW)).toEqual(INVALID);
  });

  it("cannot be read out", async () => {
    const key = await signingKey(SECRET, "edge-jobs api-key v1");
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
  });
});
