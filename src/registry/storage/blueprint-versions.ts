/** One version of a saved blueprint. */
export type BlueprintVersion = { version: number; description: string; document_json: string; plan_json: string };

const COLUMNS = "version, description, document_json, plan_json";

export const BLUEPRINTS_SQL = {
  insert: `INSERT INTO saved_blueprints (name, ${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
  find: `SELECT ${COLUMNS} FROM saved_blueprints WHERE name = ? AND version = ?`,
  latest: `SELECT ${COLUMNS} FROM saved_blueprints WHERE name = ? ORDER BY version DESC LIMIT 1`,
  nextName: "SELECT name FROM saved_blueprints WHERE name > ? ORDER BY name LIMIT 1",
  count: "SELECT count(*) AS saved FROM saved_blueprints",
  delete: "DELETE FROM saved_blueprints WHERE name = ? AND (version = ? OR ? IS NULL) RETURNING version",
  deletedNumber: "SELECT version FROM deleted_blueprints WHERE name = ?",
  keepNumber: `INSERT INTO deleted_blueprints (name, version) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET version = max(version, excluded.version)`,
} as const;

/** The blueprints that the tenant saved, in shard 0 only. Callers open the transactions. */
export class BlueprintVersions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  insert(name: string, { version, description, document_json, plan_json }: BlueprintVersion): void {
    this.#sql.exec(BLUEPRINTS_SQL.insert, name, version, description, document_json, plan_json);
  }

  /** @param version null: the latest */
  find(name: string, version: number | null): BlueprintVersion | undefined {
    const found =
      version === null
        ? this.#sql.exec<BlueprintVersion>(BLUEPRINTS_SQL.latest, name)
        : this.#sql.exec<BlueprintVersion>(BLUEPRINTS_SQL.find, name, version);
    return found.toArray()[0];
  }

  /** The first name above `after`. */
  nextName(after: string): string | undefined {
    return this.#sql.exec<{ name: string }>(BLUEPRINTS_SQL.nextName, after).toArray()[0]?.name;
  }

  /** All versions of all names. */
  count(): number {
    return this.#sql.exec<{ saved: number }>(BLUEPRINTS_SQL.count).one().saved;
  }

  /** @param version null: all of the name @returns whether there was one */
  delete(name: string, version: number | null): boolean {
    const highest = this.find(name, null)?.version;
    if (highest === undefined) return false;
    if (this.#sql.exec(BLUEPRINTS_SQL.delete, name, version, version).toArray().length === 0) return false;
    this.#sql.exec(BLUEPRINTS_SQL.keepNumber, name, highest);
    return true;
  }

  /** The number of the next version: one that was given is never given again. */
  nextVersion(name: string): number {
    const deleted = this.#sql.exec<{ version: number }>(BLUEPRINTS_SQL.deletedNumber, name).toArray()[0]?.version;
    return Math.max(this.find(name, null)?.version ?? 0, deleted ?? 0) + 1;
  }
}
