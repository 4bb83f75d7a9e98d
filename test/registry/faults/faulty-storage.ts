import { Died, type Hazard, type Life } from "./hazard.ts";

const WRITE =
  /^\s*(?:--[^\n]*\s*)*(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b(?:\s+OR\s+\w+)?(?:\s+(?:INTO|FROM|TABLE))?\s*(\w*)/i;

function alive<T>(life: Life, act: () => T): T {
  if (life.dead) throw new Died();
  return act();
}

/** The storage as one life sees it: each write passes the hazard, and after its death nothing passes. */
export function faultyStorage(storage: DurableObjectStorage, life: Life, hazard: Hazard): DurableObjectStorage {
  const exec = (query: string, ...bindings: SqlStorageValue[]) => {
    const run = () => storage.sql.exec(query, ...bindings);
    const write = WRITE.exec(query);
    if (write === null) return alive(life, run);
    // To its end, as SQLite wants it of a write before its transaction may end in any way.
    const rows = hazard.sync(life, `${write[1]} ${write[2]}`, () => run().toArray());
    return { toArray: () => rows };
  };
  const faulty = {
    sql: {
      exec,
      get databaseSize() {
        return storage.sql.databaseSize;
      },
    },
    transactionSync: <T>(work: () => T) => hazard.sync(life, "transaction", () => storage.transactionSync(work)),
    setAlarm: (at: number) => hazard.sync(life, "set the alarm", () => storage.setAlarm(at)),
    getAlarm: () => alive(life, () => storage.getAlarm()),
  };
  // The registry uses no more of it.
  return faulty as unknown as DurableObjectStorage;
}
