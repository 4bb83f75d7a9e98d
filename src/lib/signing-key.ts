/** PERSISTED: what a signature is for. A key of one purpose never verifies what another signed. */
export type Purpose = "edge-jobs api-key v1" | "edge-jobs cursor v1" | "edge-jobs sender v1";

/** `CryptoKey`, under whichever name the runtime's types have for it. */
export type SigningKey = Awaited<ReturnType<typeof crypto.subtle.deriveKey>>;

/** An HMAC-SHA256 key of its own for each purpose, derived from AUTH_SECRET (HKDF-SHA256). */
export async function signingKey(secret: string, purpose: Purpose): Promise<SigningKey> {
  const text = new TextEncoder();
  const master = await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: text.encode(purpose) };
  return crypto.subtle.deriveKey(how, master, { name: "HMAC", hash: "SHA-256", length: 256 }, false, [
    "sign",
    "verify",
  ]);
}

const derived = new Map<Purpose, { secret: string; key: SigningKey }>();

/** {@link signingKey}, derived once: a Worker's secret stays the same while it lives. */
export async function memoizedKey(secret: string, purpose: Purpose): Promise<SigningKey> {
  const known = derived.get(purpose);
  if (known?.secret === secret) return known.key;
  const key = await signingKey(secret, purpose);
  derived.set(purpose, { secret, key });
  return key;
}
