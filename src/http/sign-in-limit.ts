import ipaddr from "ipaddr.js";
import { isLoopbackClient } from "../auth/loopback.ts";
import { SIGN_IN_WINDOW_SECONDS } from "../limits.ts";

/** Whoever has one address of an IPv6 /64 has all of them, so they count as one. */
function clientOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const ip = ipaddr.process(address);
  return ip instanceof ipaddr.IPv4 ? ip.toString() : ip.parts.slice(0, 4).join(":");
}

/** Whether a client may begin one more sign-in. Whoever is on this machine may always. */
export async function mayBegin(request: Request, limiter: RateLimit): Promise<boolean> {
  if (isLoopbackClient(request)) return true;
  const { success } = await limiter.limit({ key: clientOf(request.headers.get("cf-connecting-ip") ?? "") });
  return success;
}

export const tooManySignIns = (): Response =>
  Response.json(
    {
      error: "temporarily_unavailable",
      error_description: "Too many registrations and sign-ins from this address.",
    },
    { status: 429, headers: { "retry-after": `${SIGN_IN_WINDOW_SECONDS}` } },
  );
