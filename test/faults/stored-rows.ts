import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { RunningServer } from "../../tooling/servers/running-server.ts";

/** Changes jobs in all objects of the server, only while it does not run. @returns how many rows were changed */
export function changeJobs({ stateDir }: RunningServer, sql: string, ...values: SQLInputValue[]): number {
  let changed = 0;
  for (const file of globSync(join(stateDir, "v3/do/*JobRegistry/*.sqlite"))) {
    const database = new DatabaseSync(file);
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'jobs'").all();
    if (tables.length > 0) changed += Number(database.prepare(sql).run(...values).changes);
    database.close();
  }
  return changed;
}
