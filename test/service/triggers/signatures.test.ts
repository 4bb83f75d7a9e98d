import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { checkSignature } from "../../../src/service/triggers/signatures.ts";
import { VECTORS, type Vector } from "./signature-vectors.ts";

const bytes = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

const jsonOf = (text: string): Json | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const check = ({ verify, secret, headers, body, now = 0 }: Vector) =>
  checkSignature(verify, secret, { headers, body: bytes(body), json: jsonOf(body) }, now);

it("is checked by the vectors that twelve senders publish", () => {
  expect(Object.values(VECTORS).filter(({ published }) => published !== undefined)).toHaveLength(12);
});

describe.each(Object.entries(VECTORS))("a delivery of %s", (_name, vector) => {
  it("is believed, and named as its sender names it", async () => {
    expect(await check(vector)).toEqual({ ok: true, value: { id: vector.id } });
  });

  it("is not believed when a byte of it, or the secret, is another one", async () => {
    const bad = { ok: false, error: "bad_signature" };
    expect(await check({ ...vector, body: `${vector.body} ` })).toEqual(bad);
    expect(await check({ ...vector, secret: `${vector.secret}x` })).toEqual(bad);
    expect(await check({ ...vector, headers: {} })).toEqual(bad);
  });

  it("is not believed later than five minutes after its stamp, where it has one", async () => {
    if (vector.now === undefined) return expect((await check({ ...vector, now: 9e14 })).ok).toBe(true);
    expect((await check({ ...vector, now: vector.now + 300_000 })).ok).toBe(true);
    for (const off of [300_001, -300_001]) {
      expect(await check({ ...vector, now: vector.now + off })).toEqual({ ok: false, error: "old_stamp" });
    }
  });
});
