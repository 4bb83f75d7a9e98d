import { MIGRATIONS } from "./index.ts";
import type { Migration } from "./migration.ts";

/**
 * Bring the schema up to this build. Runs in the object's constructor, inside one transaction.
 * @returns whether the object has never been open before
 * @throws when the stored history is not a prefix of this build's: an older build must not touch newer data
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly Migration[] = MIGRATIONS): boolean {
  return storage.transactionSync(() => {
    const { sql } = storage;
    sql.exec("CREATE TABLE IF NOT EXISTS schema_migrations (position INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT");
    const applied = sql.exec<{ id: string }>("SELECT id FROM schema_migrations ORDER BY position").toArray();
    applied.forEach(({ id }, position) => {
      if (migrations[position]?.id !== id) throw new Error(`migration ${id} is not number ${position} of this build`);
    });
    migrations.slice(applied.length).forEach((migration, i) => {
      sql.exec(migration.sql);
      sql.exec("INSERT INTO schema_migrations (position, id) VALUES (?, ?)", applied.length + i, migration.id);
    });
    return applied.length === 0;
  });
}
