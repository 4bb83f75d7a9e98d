import { BoundedMap } from "../lib/bounded-map.ts";
import { err, type Result } from "../lib/result.ts";
import { allOf, memoizedKey, type Secrets } from "../lib/signing-key.ts";
import { MAX_VERIFIED_KEYS } from "../limits.ts";
import { type Claims, inItsTime, type KeyFault, verifyApiKey } from "./api-key.ts";

/** A key's claims, and the secret that signed them. */
export type CheckedKey = Claims & { secret: string };

/** Keys that this isolate has verified, by their text. */
const verified = new BoundedMap<string, CheckedKey>(MAX_VERIFIED_KEYS);

/**
 * What an API key says, when one of these secrets made it. A signature that held once holds for ever; whether the key has
 * expired is looked at each time, and whether it was revoked is for the registry to say.
 * @param now epoch ms
 */
export async function checkApiKey(token: string, secrets: Secrets, now: number): Promise<Result<CheckedKey, KeyFault>> {
  const usable = allOf(secrets);
  const known = verified.get(token);
  if (known !== undefined && usable.includes(known.secret)) return withSecret(inItsTime(known, now), known.secret);
  let fault: KeyFault = "invalid";
  for (const secret of usable) {
    const checked = await verifyApiKey(token, await memoizedKey(secret, "edge-jobs api-key v1"), now);
    if (checked.ok) verified.set(token, { ...checked.value, secret });
    if (checked.ok || checked.error !== "invalid") return withSecret(checked, secret);
    fault = checked.error;
  }
  return err(fault);
}

const withSecret = (checked: Result<Claims, KeyFault>, secret: string): Result<CheckedKey, KeyFault> =>
  checked.ok ? { ok: true, value: { ...checked.value, secret } } : checked;
