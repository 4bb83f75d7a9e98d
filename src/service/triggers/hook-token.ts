import { fromBase64Url, toBase64Url } from "../../lib/base64url.ts";
import { utf8 } from "../../lib/json.ts";
import type { Secrets } from "../../lib/signing-key.ts";
import { HOOK_ID_BYTES, MAX_HOOK_TOKEN_CHARS } from "../../limits.ts";
import { joined, readToken, signToken } from "../links/signed-token.ts";

/** What the URL of a webhook ends with: whose trigger it is, in which shard, and which. */

const PURPOSE = "edge-jobs hook v1";
const FORM = 1;
const HEAD_BYTES = 2;

export interface HookPlace {
  tenant: string;
  shard: number;
  hookId: string;
}

export async function hookToken({ tenant, shard, hookId }: HookPlace, secrets?: Secrets): Promise<string> {
  const id = fromBase64Url(hookId);
  if (id?.length !== HOOK_ID_BYTES) throw new Error("no id of a hook");
  return signToken(PURPOSE, joined(Uint8Array.of(FORM, shard), id, utf8(tenant)), secrets);
}

/** @returns undefined for all that {@link hookToken} did not make with one of the secrets */
export async function readHookToken(text: string, secrets?: Secrets): Promise<HookPlace | undefined> {
  const place = await readToken(PURPOSE, text, MAX_HOOK_TOKEN_CHARS, secrets);
  if (place === undefined || place.length < HEAD_BYTES + HOOK_ID_BYTES || place[0] !== FORM) return undefined;
  const hookId = toBase64Url(place.slice(HEAD_BYTES, HEAD_BYTES + HOOK_ID_BYTES));
  const tenant = new TextDecoder().decode(place.slice(HEAD_BYTES + HOOK_ID_BYTES));
  return { tenant, shard: place[1] ?? 0, hookId };
}
