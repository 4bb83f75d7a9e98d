import { z } from "zod";
import { type Claims, signApiKey, TenantName } from "../src/auth/api-key.ts";
import { SCOPES, Scope } from "../src/auth/scopes.ts";
import { signingKey } from "../src/lib/signing-key.ts";
import { DEFAULT_KEY_DAYS, MAX_KEY_DAYS, MIN_SECRET_CHARS } from "../src/limits.ts";

const DAY_MS = 86_400_000;

/** What is asked for, as the command line has it. */
export const KeyRequest = z.strictObject({
  tenant: TenantName,
  scope: z
    .string("name at least one scope")
    .transform((text) => [...new Set(text.split(","))])
    .pipe(z.array(Scope, `scopes are ${SCOPES.join(", ")}, separated by commas`)),
  days: z.coerce.number().int().min(1).max(MAX_KEY_DAYS).default(DEFAULT_KEY_DAYS),
  secret: z
    .string("set AUTH_SECRET, or use --secret")
    .min(MIN_SECRET_CHARS, `AUTH_SECRET needs ${MIN_SECRET_CHARS} characters or more`),
});
export type KeyRequest = z.infer<typeof KeyRequest>;

/**
 * Offline: a key is made by whoever has the secret, and the server learns of it when it is used.
 * @param now epoch ms
 */
export async function createKey(
  { tenant, scope, days, secret }: KeyRequest,
  keyId: string,
  now: number,
): Promise<{ key: string; claims: Claims }> {
  const claims = { tenant, key_id: keyId, scopes: scope, expires_at: now + days * DAY_MS };
  return { key: await signApiKey(claims, await signingKey(secret, "edge-jobs api-key v1")), claims };
}
