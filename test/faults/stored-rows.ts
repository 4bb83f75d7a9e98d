import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { DISPATCH_GRACE_MS } from "../../src/limits.ts";
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

/** Kills the server and starts it, as if it had been away for so long that it wonders about every job as soon as it is there. */
export async function stayAway(server: RunningServer): Promise<void> {
  await server.kill9();
  const sql = "UPDATE jobs SET expected_by = expected_by - ?, due_at = due_at - ? WHERE settled_at IS NULL";
  changeJobs(server, sql, DISPATCH_GRACE_MS, DISPATCH_GRACE_MS);
  await server.restart();
}
