import { type Claims, signApiKey } from "../../src/auth/api-key.ts";
import { signingKey } from "../../src/lib/signing-key.ts";

export const SECRET = "a secret of the tests, 32 characters or more";
export const NOW = Date.UTC(2030, 0, 1);

export const claims = (over: Partial<Claims> = {}): Claims => ({
  tenant: "acme",
  key_id: "key_0123456789abcdef01234567",
  scopes: ["jobs:read", "jobs:write"],
  expires_at: NOW + 1_000,
  ...over,
});

export const aKey = async (over: Partial<Claims> = {}, secret = SECRET): Promise<string> =>
  signApiKey(claims(over), await signingKey(secret, "edge-jobs api-key v1"));
