import { toBase64Url } from "../lib/base64url.ts";
import { memoizedKey } from "../lib/signing-key.ts";

/**
 * Every request that a job sends says which deployment runs it, and a deployment refuses its own: a job that submits
 * jobs would never end. No list of hostnames is needed, and a redirect or another name of the server changes nothing.
 */
export const SENDER_HEADER = "edge-jobs-sender";

/** Without AUTH_SECRET only this machine is served. */
const LOCAL = "local";

/** Names the deployment. Whoever a job calls sees it, so it tells nothing about the secret that it is made of. */
export async function senderId(secret: string | undefined): Promise<string> {
  if (!secret) return LOCAL;
  const key = await memoizedKey(secret, "edge-jobs sender v1");
  const name = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(SENDER_HEADER));
  return toBase64Url(new Uint8Array(name).subarray(0, 12));
}

/** What a request of the deployment's own job is answered; undefined for every other request. */
export async function refuseOwnJob(request: Request, secret: string | undefined): Promise<Response | undefined> {
  const sender = request.headers.get(SENDER_HEADER);
  if (sender === null || sender !== (await senderId(secret))) return undefined;
  const body = {
    error: "own_job",
    message: "A job must not call the server that runs it.",
    fix: "Start a child with a step of type `job`.",
  };
  return Response.json(body, { status: 403, headers: { [SENDER_HEADER]: sender } });
}
