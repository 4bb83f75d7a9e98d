import { utf8 } from "../lib/json.ts";

/** Standard Webhooks: how what is sent to a callback is signed. */

const PREFIX = "whsec_";
/** Standard base64, padded or not. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

/** The key inside of a secret; undefined for a text that is no secret. */
export function webhookKey(secret: string): Uint8Array<ArrayBuffer> | undefined {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  if (!BASE64.test(text)) return undefined;
  try {
    const key = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    return key.length >= LEAST_BYTES && key.length <= MOST_BYTES ? key : undefined;
  } catch {
    return undefined;
  }
}

export const WEBHOOK_SECRET_FORM = `${PREFIX} and ${LEAST_BYTES} to ${MOST_BYTES} bytes in standard base64`;

export interface SignedMessage {
  id: string;
  body: string;
  /** Goes with it, so that its reader knows whose it is. */
  subscriptionId: string;
}

/**
 * Headers of one try. While a secret is being changed there are two, the new one first.
 * @param now epoch ms
 */
export async function webhookHeaders(
  { id, body, subscriptionId }: SignedMessage,
  secrets: readonly string[],
  now: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const signed = utf8(`${id}.${timestamp}.${body}`);
  const signatures: string[] = [];
  for (const key of secrets.flatMap((secret) => webhookKey(secret) ?? [])) {
    const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, signed));
    signatures.push(`v1,${btoa(String.fromCharCode(...mac))}`);
  }
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
    "x-mcp-subscription-id": subscriptionId,
  };
}
