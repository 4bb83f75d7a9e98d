import { z } from "zod";

const Listed = z.object({ revoked: z.array(z.object({ key_id: z.string(), revoked_at: z.string() })) });
const Refused = z.object({ message: z.string(), fix: z.string().optional() });

/** @throws with the server's own words when it refuses */
async function ask(url: string, path: string, adminKey: string, init: RequestInit = {}): Promise<unknown> {
  const headers = { authorization: `Bearer ${adminKey}`, "content-type": "application/json" };
  const response = await fetch(new URL(path, url), { ...init, headers });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  const { data } = Refused.safeParse(body);
  throw new Error(data ? `${data.message} ${data.fix ?? ""}` : `${url} answered ${response.status}`);
}

/** @returns a line for people */
export async function revokeKey(url: string, adminKey: string, keyId: string): Promise<string> {
  await ask(url, "/keys/revoke", adminKey, { method: "POST", body: JSON.stringify({ key_id: keyId }) });
  return `revoked  ${keyId}`;
}

/** @returns a line for each revoked key, the newest first: keys that are still good are known to their holders only */
export async function listKeys(url: string, adminKey: string): Promise<string> {
  const { revoked } = Listed.parse(await ask(url, "/keys", adminKey));
  if (revoked.length === 0) return "No key was revoked.";
  return revoked.map(({ key_id, revoked_at }) => `${key_id}  revoked ${revoked_at}`).join("\n");
}
