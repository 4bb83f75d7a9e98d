import type { Result } from "../jobs/result.ts";
import { type Claims, verifyApiKey } from "./api-key.ts";
import { memoizedKey } from "./signing-key.ts";

/**
 * What an API key says, when this secret made it.
 * @param now epoch ms
 */
export const checkApiKey = async (
  token: string,
  secret: string,
  now: number,
): Promise<Result<Claims, "invalid" | "expired">> =>
  verifyApiKey(token, await memoizedKey(secret, "edge-jobs api-key v1"), now);
