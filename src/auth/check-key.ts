import type { Result } from "../jobs/result.ts";
import { type Claims, verifyApiKey } from "./api-key.ts";
import { type SigningKey, signingKey } from "./signing-key.ts";

/** A memo of a pure function, since a Worker's secret stays the same while it lives. */
let derived: { secret: string; key: SigningKey } | undefined;

/**
 * What an API key says, when this secret made it.
 * @param now epoch ms
 */
export async function checkApiKey(
  token: string,
  secret: string,
  now: number,
): Promise<Result<Claims, "invalid" | "expired">> {
  if (derived?.secret !== secret) derived = { secret, key: await signingKey(secret, "edge-jobs api-key v1") };
  return verifyApiKey(token, derived.key, now);
}
