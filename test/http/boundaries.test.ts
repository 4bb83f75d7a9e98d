import { keysRoute } from "../../src/http/keys.ts";
import { RequestLog } from "../../src/lib/log.ts";
import { askOf } from "../mcp/ask.ts";
import { atBound } from "../support/boundaries.ts";
import { ORIGIN, REDIRECT, serve } from "./oauth-flow.ts";

/** Valid JSON of this many bytes: space around it is no fault. */
const posted = (path: string, message: object, bytes: number): Request => {
  const headers = { "content-type": "application/json" };
  return new Request(`${ORIGIN}${path}`, { method: "POST", headers, body: JSON.stringify(message).padEnd(bytes) });
};
const refusal = async (response: Response): Promise<string | undefined> =>
  response.ok ? undefined : `${response.status} ${await response.text()}`;

const registry = () => ({
  checkKey: async () => true as const,
  revokedKeys: async () => [],
  audit: async () => [],
  keyShards: async () => [],
  revokeKey: async () => undefined,
});
const principal = { tenant: "acme", key_id: null, scopes: ["admin" as const] };
atBound("MAX_BODY_BYTES", {
  of: "a revocation",
  refusal: /^400 .*The body is no revocation/,
  attempt: async (bytes) => {
    const request = posted("/keys/revoke", { key_id: "key_0123456789abcdef01234567" }, bytes);
    return refusal(
      await keysRoute(request, {
        principal,
        ask: askOf(registry),
        askAsServer: askOf(registry),
        shards: 1,
        log: new RequestLog(() => 0),
        now: () => 0,
      }),
    );
  },
});

atBound("MAX_REGISTRATION_BYTES", {
  of: "a client's registration",
  refusal: /^413 .*invalid_request/,
  attempt: async (bytes) => {
    const metadata = { redirect_uris: [REDIRECT], token_endpoint_auth_method: "none" };
    return refusal(await serve(posted("/oauth/register", metadata, bytes)));
  },
});

atBound("MAX_BODY_BYTES", {
  of: "what an OAuth client asks for tokens with",
  refusal: /^413 .*invalid_request/,
  attempt: async (bytes) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = "grant_type=refresh_token&refresh_token=".padEnd(bytes, "x");
    const response = await serve(new Request(`${ORIGIN}/oauth/token`, { method: "POST", headers, body }));
    // Nobody has such a token; what matters is that it was looked for.
    return response.status === 413 ? refusal(response) : undefined;
  },
});
