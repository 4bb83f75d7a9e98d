import type { Json } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller, StorageFull } from "./asking.ts";

/** What a tenant keeps besides jobs: what `store` steps write, and secrets. */

export interface StoreWrite {
  /** Names the write: sent again, it is answered as the first time. */
  id: string;
  /** null: the key is deleted. */
  value: Json;
  /** Write only if this is the key's version; 0: the key is absent. null: whatever is there. */
  version: number | null;
  /** null: for ever. */
  lifetime_ms: number | null;
}

/** The key as it is now. */
export interface Stored {
  /** Left out: the key is absent. */
  value?: Json;
  /** Grows with each write of the key; 0: it is absent. */
  version: number;
  /** Whether the write happened. */
  stored: boolean;
  /** Epoch ms; null: it does not expire. */
  expires_at: number | null;
}

/** Why nothing more can be stored. Deleting is always possible. */
export type StoreFull = { keys: number; limit: number } | StorageFull;

/** In shard 0 only. */
export interface StoreApi {
  /** `write` null: a read. */
  useStore(caller: Caller, key: string, write: StoreWrite | null): Promise<Result<Stored, StoreFull>>;
}

/** Secrets of a tenant. None crosses to an object in plain: the Worker seals and opens them. Times are epoch ms. */

export interface SecretName {
  name: string;
  /** Where it may be sent, as lib/http/host-pattern.ts reads it. */
  hosts: string[];
  updated_at: number;
}

export type SealedSecret = SecretName & { sealed: string };

export type TooManySecrets = { code: "too_many_secrets"; saved: number; limit: number };

export interface SecretsApi {
  /** In shard 0 only. @returns whether it is a new one */
  putSecret(
    caller: Caller,
    secret: Pick<SealedSecret, "name" | "sealed" | "hosts">,
  ): Promise<Result<{ created: boolean; updated_at: number }, TooManySecrets | StorageFull>>;
  /** In shard 0 only, by name. */
  secretNames(caller: Caller): Promise<SecretName[]>;
  /** The same with what the runner opens. */
  sealedSecrets(caller: Caller): Promise<SealedSecret[]>;
  /** In shard 0 only. @returns whether there was one */
  deleteSecret(caller: Caller, name: string): Promise<boolean>;
  /** Texts of this object, secrets of callbacks too, that are sealed under this key. */
  sealedUnder(caller: Caller, keyName: string): Promise<number>;
}
