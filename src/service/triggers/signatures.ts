import { isJsonObject, type Json, utf8 } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_STAMP_AGE_MS } from "../../limits.ts";
import type { Verify } from "../../triggers/trigger-document.ts";

/** Signatures of webhooks, by the schemes of those who send them. They are compared by WebCrypto, in constant time. */

export interface SignedDelivery {
  /** Lower-case names. */
  headers: { readonly [name: string]: string };
  /** As it came. */
  body: Uint8Array<ArrayBuffer>;
  /** The same, parsed, where that is JSON: it is looked at only once the signature is good. */
  json: Json | undefined;
}

export type SignatureFault = "bad_signature" | "old_stamp";

/** What a scheme says of a delivery; undefined: it is not signed by the scheme. */
interface Claim {
  algorithm: "SHA-1" | "SHA-256" | "SHA-512";
  key: Uint8Array<ArrayBuffer>;
  /** What was signed. */
  text: Uint8Array<ArrayBuffer>;
  /** Any of them may be right: a secret is being changed. */
  signatures: (Uint8Array<ArrayBuffer> | undefined)[];
  /** Epoch ms. */
  stamp?: number | undefined;
  /** By which the sender names the delivery, and each time that it is sent again. */
  id: string | undefined;
}

function before(text: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = utf8(text);
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}

function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  return /^(?:[0-9a-fA-F]{2})+$/.test(text) ? Uint8Array.from(Uint8Array.fromHex(text)) : undefined;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(Uint8Array.fromBase64(text));
  } catch {
    return undefined;
  }
}

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) * 1_000 : undefined;

const textField = (json: Json | undefined, name: string): string | undefined => {
  const value = isJsonObject(json) ? json[name] : undefined;
  return typeof value === "string" ? value : undefined;
};

type Scheme = (secret: string, delivery: SignedDelivery, verify: Verify) => Claim | undefined;

const github: Scheme = (secret, { headers, body }) => {
  const [, hex = ""] = /^sha256=(.+)$/.exec(headers["x-hub-signature-256"] ?? "") ?? [];
  const id = headers["x-github-delivery"];
  return { algorithm: "SHA-256", key: utf8(secret), text: body, signatures: [fromHex(hex)], id };
};

const stripe: Scheme = (secret, { headers, body, json }) => {
  const parts = (headers["stripe-signature"] ?? "").split(",").map((part) => part.trim().split("="));
  const stamp = parts.find(([name]) => name === "t")?.[1];
  const signatures = parts.filter(([name]) => name === "v1").map(([, hex = ""]) => fromHex(hex));
  const text = before(`${stamp}.`, body);
  const signed = { algorithm: "SHA-256" as const, key: utf8(secret), text, signatures };
  return { ...signed, stamp: seconds(stamp) ?? 0, id: textField(json, "id") };
};

const slack: Scheme = (secret, { headers, body, json }) => {
  const stamp = headers["x-slack-request-timestamp"];
  const [, hex = ""] = /^v0=(.+)$/.exec(headers["x-slack-signature"] ?? "") ?? [];
  const text = before(`v0:${stamp}:`, body);
  const signed = { algorithm: "SHA-256" as const, key: utf8(secret), text, signatures: [fromHex(hex)] };
  return { ...signed, stamp: seconds(stamp) ?? 0, id: textField(json, "event_id") };
};

const shopify: Scheme = (secret, { headers, body }) => {
  const signatures = [fromBase64(headers["x-shopify-hmac-sha256"] ?? "")];
  const id = headers["x-shopify-webhook-id"] ?? headers["x-shopify-event-id"];
  return { algorithm: "SHA-256", key: utf8(secret), text: body, signatures, id };
};

const linear: Scheme = (secret, { headers, body, json }) => {
  const stamp = isJsonObject(json) ? json.webhookTimestamp : undefined;
  const signatures = [fromHex(headers["linear-signature"] ?? "")];
  const signed = { algorithm: "SHA-256" as const, key: utf8(secret), text: body, signatures };
  return { ...signed, stamp: typeof stamp === "number" ? stamp : 0, id: headers["linear-delivery"] };
};

/** https://github.com/standard-webhooks/standard-webhooks, also as Svix names its headers. */
const standard: Scheme = (secret, { headers, body }) => {
  const of = (name: string) => headers[`webhook-${name}`] ?? headers[`svix-${name}`];
  const [id, stamp] = [of("id"), of("timestamp")];
  const coded = secret.startsWith("whsec_") ? fromBase64(secret.slice("whsec_".length)) : utf8(secret);
  if (id === undefined || coded === undefined) return undefined;
  const signatures = (of("signature") ?? "").split(" ").flatMap((each) => {
    const [version, signature = ""] = each.split(",");
    return version === "v1" ? [fromBase64(signature)] : [];
  });
  const text = before(`${id}.${stamp}.`, body);
  return { algorithm: "SHA-256", key: coded, text, signatures, stamp: seconds(stamp) ?? 0, id };
};

const ALGORITHMS = { sha1: "SHA-1", sha256: "SHA-256", sha512: "SHA-512" } as const;

const hmac: Scheme = (
  secret,
  { headers, body },
  { header = "", algorithm = "sha256", encoding = "hex", prefix = "" },
) => {
  const read = encoding === "hex" ? fromHex : fromBase64;
  // Some senders say several, with commas between them.
  const said = (headers[header.toLowerCase()] ?? "").split(",").map((each) => each.trim());
  const signatures = said.filter((each) => each.startsWith(prefix)).map((each) => read(each.slice(prefix.length)));
  return { algorithm: ALGORITHMS[algorithm], key: utf8(secret), text: body, signatures, id: undefined };
};

const SCHEMES: { readonly [Name in Verify["scheme"]]: Scheme } = {
  github,
  stripe,
  slack,
  shopify,
  linear,
  standard,
  hmac,
};

/**
 * Whether the delivery is signed, and not long ago where the scheme says when.
 * @returns the sender's name of it, where the scheme has one
 */
export async function checkSignature(
  verify: Verify,
  secret: string,
  delivery: SignedDelivery,
  now: number,
): Promise<Result<{ id: string | null }, SignatureFault>> {
  const claim = SCHEMES[verify.scheme](secret, delivery, verify);
  if (claim === undefined) return err("bad_signature");
  const how = { name: "HMAC", hash: claim.algorithm };
  const key = await crypto.subtle.importKey("raw", claim.key, how, false, ["verify"]);
  let isGood = false;
  for (const signature of claim.signatures) {
    if (signature !== undefined && (await crypto.subtle.verify("HMAC", key, signature, claim.text))) isGood = true;
  }
  if (!isGood) return err("bad_signature");
  if (claim.stamp !== undefined && Math.abs(now - claim.stamp) > MAX_STAMP_AGE_MS) return err("old_stamp");
  return ok({ id: claim.id ?? null });
}
