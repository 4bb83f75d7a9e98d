import pMap from "p-map";
import * as z from "zod";
import { KeyId } from "../../auth/api-key.ts";
import { REVOKE_CONCURRENCY } from "../../limits.ts";
import type { Ask } from "../../registry/api/client.ts";
import { HOME_SHARD, type ServiceContext } from "../context.ts";

/** API keys of the tenant that are good no more. Those that are good are known to nobody: they prove themselves. */

export interface KeyContext extends Pick<ServiceContext, "ask" | "actor"> {
  /** Without the caller's key: whoever revokes their own is not stopped half way. */
  askAsServer: Ask;
  now: () => number;
}

export interface RevokedKeys {
  revoked: { key_id: string; revoked_at: string }[];
}

export async function listRevokedKeys({ ask }: Pick<KeyContext, "ask">): Promise<RevokedKeys> {
  const keys = await ask(HOME_SHARD, (registry, caller) => registry.revokedKeys(caller));
  return {
    revoked: keys.map(({ key_id, revoked_at }) => ({ key_id, revoked_at: new Date(revoked_at).toISOString() })),
  };
}

export const RevokeInput = z.strictObject({ key_id: KeyId });

/**
 * Into every object of the tenant that checks keys; shard 0, which answers lists, comes last but for those that joined
 * in between, so that a listed revocation is a whole one. Idempotent.
 */
export async function revokeKey(
  { ask, askAsServer, actor, now }: KeyContext,
  { key_id: keyId }: z.output<typeof RevokeInput>,
): Promise<void> {
  await ask(HOME_SHARD, (registry, caller) => registry.checkKey(caller));
  const at = now();
  const tell = (shards: number[]) =>
    pMap(shards, (shard) => askAsServer(shard, (registry, server) => registry.revokeKey(server, keyId, at)), {
      concurrency: REVOKE_CONCURRENCY,
    });
  const told = await askAsServer(HOME_SHARD, (registry, server) => registry.keyShards(server));
  await tell(told);
  const by = actor ?? "local";
  await askAsServer(HOME_SHARD, (registry, server) => registry.revokeKey({ ...server, actor: by }, keyId, at));
  const joined = await askAsServer(HOME_SHARD, (registry, server) => registry.keyShards(server));
  await tell(joined.filter((shard) => !told.includes(shard)));
}
