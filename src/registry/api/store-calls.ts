import type { Json } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller, StorageFull } from "./asking.ts";

/** What `store` steps keep for their tenant. */

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
