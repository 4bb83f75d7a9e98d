export const KEYS_SQL = {
  insert: "INSERT INTO idempotency_keys (idempotency_key, request_hash, job_id) VALUES (?, ?, ?)",
  find: "SELECT request_hash, job_id FROM idempotency_keys WHERE idempotency_key = ?",
  delete: "DELETE FROM idempotency_keys WHERE idempotency_key = ? AND job_id = ?",
} as const;

/** The callers' idempotency keys. Callers open the transactions. */
export class IdempotencyKeys {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  insert(key: string, requestHash: string, jobId: string): void {
    this.#sql.exec(KEYS_SQL.insert, key, requestHash, jobId);
  }

  find(key: string): { request_hash: string; job_id: string } | undefined {
    return this.#sql.exec<{ request_hash: string; job_id: string }>(KEYS_SQL.find, key).toArray()[0];
  }

  /** Takes the key from the job, if it is that job's: a later one may have it by now. */
  delete(key: string, jobId: string): void {
    this.#sql.exec(KEYS_SQL.delete, key, jobId);
  }
}
