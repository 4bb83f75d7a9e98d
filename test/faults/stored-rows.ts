import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { DISPATCH_GRACE_MS } from "../../src/limits.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";

/** All objects of the server, one after the other, only while it does not run. */
function eachDatabase({ stateDir }: RunningServer, visit: (database: DatabaseSync) => void): void {
  for (const file of globSync(join(stateDir, "v3/do/*JobRegistry/*.sqlite"))) {
    const database = new DatabaseSync(file);
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'jobs'").all();
    if (tables.length > 0) visit(database);
    database.close();
  }
}

/** Changes jobs in all objects of the server, only while it does not run. @returns how many rows were changed */
export function changeJobs(server: RunningServer, sql: string, ...values: SQLInputValue[]): number {
  let changed = 0;
  eachDatabase(server, (database) => {
    changed += Number(database.prepare(sql).run(...values).changes);
  });
  return changed;
}

export interface TableSize {
  rows: number;
  /** With its indexes. */
  bytes: number;
}

const BYTES_OF = `SELECT coalesce(sum(pgsize), 0) AS bytes FROM dbstat
  WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = ?)`;

/** Our tables in all objects of the server, not those of the runtime, only while it does not run. */
export function tableSizes(server: RunningServer): Map<string, TableSize> {
  const sizes = new Map<string, TableSize>();
  eachDatabase(server, (database) => {
    const named =
      "SELECT name FROM sqlite_master WHERE type = 'table' AND NOT (name GLOB '_*' OR name GLOB 'job_texts*')";
    for (const { name } of database.prepare(named).all()) {
      const { rows: before, bytes: bytesBefore } = sizes.get(`${name}`) ?? { rows: 0, bytes: 0 };
      const rows = before + Number(database.prepare(`SELECT count(*) AS rows FROM ${name}`).get()?.rows);
      const bytes = bytesBefore + Number(database.prepare(BYTES_OF).get(`${name}`)?.bytes);
      sizes.set(`${name}`, { rows, bytes });
    }
  });
  return sizes;
}

/** Kills the server and starts it, as if it had been away for so long that it wonders about every job as soon as it is there. */
export async function stayAway(server: RunningServer): Promise<void> {
  await server.kill9();
  const sql = "UPDATE jobs SET expected_by = expected_by - ?, due_at = due_at - ? WHERE settled_at IS NULL";
  changeJobs(server, sql, DISPATCH_GRACE_MS, DISPATCH_GRACE_MS);
  await server.restart();
}
