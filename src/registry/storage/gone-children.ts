import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { JsonObject } from "../../lib/json.ts";

const SQL = {
  keep: "INSERT OR REPLACE INTO gone_children (chain_of, job_id, state_json) VALUES (?, ?, ?)",
  find: "SELECT state_json FROM gone_children WHERE chain_of = ? AND job_id = ?",
  forget: "DELETE FROM gone_children WHERE chain_of = ? RETURNING job_id, state_json",
} as const;

/** PERSISTED since 0.2.0. What the retry of a child goes by that was deleted. */
export interface GoneChild {
  /** The first job of its chain, and the suffixes of its steps. */
  root: string;
  fresh: Record<string, number>;
  succeeded: boolean;
  input_digest: string;
}

/** At once, as a transaction needs it: two inputs with one digest are the same. */
export const inputDigest = (input: JsonObject): string =>
  createHash("sha256")
    .update(canonicalize(input) ?? "")
    .digest("base64url");

/** Children that were deleted, by the chain of their parent. Called inside transactions. */
export class GoneChildren {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  keep(chainOf: string, jobId: string, child: GoneChild): void {
    this.#sql.exec(SQL.keep, chainOf, jobId, JSON.stringify(child));
  }

  find(chainOf: string, jobId: string): GoneChild | undefined {
    const row = this.#sql.exec<{ state_json: string }>(SQL.find, chainOf, jobId).toArray()[0];
    return row && JSON.parse(row.state_json);
  }

  /** @returns those that went */
  forget(chainOf: string): { job_id: string; root: string }[] {
    const rows = this.#sql.exec<{ job_id: string; state_json: string }>(SQL.forget, chainOf).toArray();
    return rows.map(({ job_id, state_json }) => ({ job_id, root: (JSON.parse(state_json) as GoneChild).root }));
  }
}
