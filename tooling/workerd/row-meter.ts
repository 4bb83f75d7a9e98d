export interface Rows {
  read: number;
  written: number;
}

/** Rows that the work reads and writes, indexes counted, by SQLite's own count; alarms are counted with the writes. */
export async function rowsOf(storage: DurableObjectStorage, work: () => Promise<unknown>): Promise<Rows> {
  const { sql } = storage;
  const exec = sql.exec.bind(sql);
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  let alarms = 0;
  const setAlarm = storage.setAlarm.bind(storage);
  sql.exec = ((query: string, ...bindings: SqlStorageValue[]) => {
    const cursor = exec(query, ...bindings);
    cursors.push(cursor);
    return cursor;
  }) as typeof sql.exec;
  storage.setAlarm = (...given: Parameters<typeof setAlarm>) => {
    alarms += 1;
    return setAlarm(...given);
  };
  try {
    await work();
  } finally {
    sql.exec = exec;
    storage.setAlarm = setAlarm;
  }
  const sum = (field: "rowsRead" | "rowsWritten") => cursors.reduce((total, cursor) => total + cursor[field], 0);
  return { read: sum("rowsRead"), written: sum("rowsWritten") + alarms };
}
