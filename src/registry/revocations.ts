import { MAX_CLEARED_KEYS, MAX_LISTED_KEYS, SPENT_CODE_KEPT_MS } from "../limits.ts";
import type { KeyApi, RevokedKey } from "./api-keys.ts";

const SQL = {
  revoke: "INSERT OR IGNORE INTO revoked_keys (key_id, revoked_at) VALUES (?, ?)",
  isRevoked: "SELECT 1 FROM revoked_keys WHERE key_id = ?",
  newest: "SELECT key_id, revoked_at FROM revoked_keys ORDER BY revoked_at DESC, key_id LIMIT ?",
  forgetCodes: "DELETE FROM spent_codes WHERE spent_at < ?",
  spendCode: "INSERT OR IGNORE INTO spent_codes (grant_id, spent_at) VALUES (?, ?) RETURNING grant_id",
} as const;

/** Credentials of the tenant that are no longer served: revoked API keys, and authorization codes that were used. */
export class Revocations implements KeyApi {
  readonly #sql: SqlStorage;
  readonly #endStreams: () => void;
  /** Keys that are known not to be revoked: this object is the only one that could. */
  readonly #cleared = new Set<string>();

  /** @param endStreams those of keys that stay valid are opened again at once */
  constructor(sql: SqlStorage, endStreams: () => void) {
    this.#sql = sql;
    this.#endStreams = endStreams;
  }

  isRevoked(keyId: string): boolean {
    if (this.#cleared.has(keyId)) return false;
    if (this.#sql.exec(SQL.isRevoked, keyId).toArray().length > 0) return true;
    if (this.#cleared.size >= MAX_CLEARED_KEYS) this.#cleared.clear();
    this.#cleared.add(keyId);
    return false;
  }

  async revokeKey(keyId: string, now: number): Promise<void> {
    this.#cleared.delete(keyId);
    this.#sql.exec(SQL.revoke, keyId, now);
    this.#endStreams();
  }

  async revokedKeys(): Promise<RevokedKey[]> {
    return this.#sql.exec<{ key_id: string; revoked_at: number }>(SQL.newest, MAX_LISTED_KEYS).toArray();
  }

  async spendCode(grantId: string, now: number): Promise<boolean> {
    this.#sql.exec(SQL.forgetCodes, now - SPENT_CODE_KEPT_MS);
    return this.#sql.exec(SQL.spendCode, grantId, now).toArray().length > 0;
  }
}
