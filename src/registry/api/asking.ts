/** What every call of the registry has. */

/** Who asks, from verified credentials. The object checks it once, before it serves the call. */
export interface Caller {
  tenant: string;
  /** Of the object that is asked. */
  shard: number;
  /** null: this machine, which needs no key. */
  key_id: string | null;
  /** As jobs and the audit keep who asked; null: this machine, or a Worker that did not say. */
  actor: string | null;
}

/** Why nothing more is written. */
export type StorageFull = { code: "storage_full"; stored_bytes: number; limit_bytes: number };
