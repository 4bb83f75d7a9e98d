import { BoundedMap } from "../jobs/bounded-map.ts";
import { err, ok, type Result } from "../jobs/result.ts";
import { memoizedKey } from "../lib/signing-key.ts";
import { MAX_VERIFIED_KEYS } from "../limits.ts";
import { type Claims, verifyApiKey } from "./api-key.ts";

const nothingVerified = (secret: string) => ({ secret, claims: new BoundedMap<string, Claims>(MAX_VERIFIED_KEYS) });

/** Keys that this isolate has verified under one secret. */
let verified = nothingVerified("");

function remember(token: string, secret: string, claims: Claims): void {
  if (verified.secret !== secret) verified = nothingVerified(secret);
  verified.claims.set(token, claims);
}

/**
 * What an API key says, when this secret made it. A signature that held once holds for ever; whether the key has expired
 * is looked at each time, and whether it was revoked is for the registry to say.
 * @param now epoch ms
 */
export async function checkApiKey(
  token: string,
  secret: string,
  now: number,
): Promise<Result<Claims, "invalid" | "expired">> {
  const known = verified.secret === secret ? verified.claims.get(token) : undefined;
  if (known !== undefined) return now < known.expires_at ? ok(known) : err("expired");
  const checked = await verifyApiKey(token, await memoizedKey(secret, "edge-jobs api-key v1"), now);
  if (checked.ok) remember(token, secret, checked.value);
  return checked;
}
