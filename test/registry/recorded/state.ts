import type { Bench } from "../bench.ts";
import { CALLER, planOf, START, TENANT } from "../bench.ts";

const EMPTY = { type: "object", properties: {} };
const ERROR = { code: "http_status", message: "HTTP 500", status: 500 };

/** Jobs in every status and with everything that may hang on them, each named after what it is. */
export async function writeState(bench: Bench): Promise<void> {
  const { runner, caller, ref, clock, plan } = bench;
  const submitted = async (name: string, over: Parameters<Bench["submit"]>[0] = {}) => {
    clock.now += 1;
    return (await bench.submit({ name, timeout_ms: 86_400_000, ...over })).id;
  };
  const started = async (name: string, over: Parameters<Bench["submit"]>[0] = {}) => {
    const id = await submitted(name, over);
    await runner.start(ref(id));
    return ref(id);
  };
  await submitted("scheduled", { run_at: START + 3_600_000, metadata: { batch: 7 } });
  await submitted("queued", { idempotency: { key: "order 17", request_hash: "h" }, input: { page: 1 } });
  bench.engine.refuses = true;
  await submitted("unsent");
  bench.engine.refuses = false;

  const acting = await started("acting", { blueprint: "inline", plan_hash: "hash-of-inline" });
  await runner.begin(acting, "first", "t1", 30_000, []);
  await runner.finish(acting, "first", { status: 200 }, null);
  await runner.begin(acting, "second", "t2", 30_000, []);
  await runner.rest(await started("sleeping"), "first", START + 60_000, []);
  const question = { request_id: "q", message: "Go on?", schema: EMPTY, timeout_ms: 3_600_000, fallback: {} };
  await runner.ask(await started("asking"), "first", question, []);
  const rest = planOf([{ id: "rest", type: "sleep", for: "1 hour" }]);
  const child = { name: "child", blueprint: "inline", plan: rest, input: {} };
  await runner.spawn(await started("parent"), "first", child, []);
  const terms = { lease_ms: 60_000, retries: 3, delay_ms: 0, backoff: "fixed" as const };
  const offer = { queue: "q", input: { file: "a.mp4" }, timeout_ms: 86_400_000, terms };
  await runner.offer(await started("offering"), "first", offer, []);
  await bench.workers.claimWork(CALLER, { queues: ["q"], max: 1, room_bytes: 1_000, worker: "gpu" }, 0);
  await bench.settleBackground();
  const scope = { input: { order: 17 }, steps: {}, job: { id: "j", attempt: 1, submitted_at: "" }, now: START };
  const event = { request_id: "first", name: "order.paid", when: "{% $event.data.order = $input.order %}", scope };
  await runner.awaitEvent(await started("awaiting"), "first", { ...event, timeout_ms: 86_400_000, fallback: {} }, []);

  const { limits } = await bench.reopen();
  const rate = { key: "api.example.com", limit: 10, per_ms: 3_600_000 };
  for (const step of ["first", "second"]) await limits.takeTurn(TENANT, `${acting.job_id}-1.${step}.0`, rate);

  await bench.events.readEvents({ after: null, names: null, filter: {}, since: null, limit: 1 }, 0);
  const succeeded = await started("succeeded");
  await runner.finish(succeeded, "first", { a: 1 }, null);
  await runner.settle(succeeded, { name: "succeeded", output: { a: 1 } }, []);
  const failed = await started("failed");
  await runner.finish(failed, "first", { a: 1 }, null);
  await runner.settle(failed, { name: "failed", error: ERROR, path: "second" }, []);
  await caller.cancel(CALLER, await submitted("cancelled"), "not needed");
  clock.now += 1;
  await caller.retry(CALLER, failed.job_id, { from_step: null, input: null });
  await bench.settleBackground();

  const undo = { type: "http", url: "https://example.com/undo" };
  const undoable = planOf([{ id: "first", type: "http", url: "https://example.com/", undo }]);
  const undone = await started("undone", { plan: undoable, plan_hash: "hash-of-undo" });
  await runner.begin(undone, "first", "t1", 30_000, []);
  await runner.finish(undone, "first", { a: 1 }, null);
  await runner.settle(undone, { name: "failed", error: ERROR, path: "second" }, []);
  await bench.settleBackground();
  await caller.saveBlueprint(CALLER, { name: "kept", steps: [] }, { ...plan, name: "kept" });
  const lock = { value: { by: "me" }, version: 0, lifetime_ms: 60_000 };
  await caller.useStore(CALLER, "lock", { id: "job.lock", ...lock });
  await writeTrigger(bench);
  await bench.secrets.putSecret(CALLER, { name: "TOKEN", sealed: "key.iv.text", hosts: ["api.example.com"] });
  await bench.keys.revokeKey(CALLER, "key 1", START);
  await bench.keys.spendCode(CALLER, "grant 1", START);
}

/** A schedule that has fired, with more entries than its state holds. */
async function writeTrigger({ caller, storage, clock, plan, settleBackground }: Bench): Promise<void> {
  const schedule = { cron: "* * * * *", timezone: "UTC", overlap: "skip", missed: "last", catch_up: "1 hour" } as const;
  const times = { blueprint: "report", schedule, when: "{% false %}", changed: "{% $result.n %}" };
  const document = { name: "report", paused: false, ...times };
  const ready = { label: "report@1", plan, plan_hash: "hash-of-test-plan", timeout_ms: 3_600_000 };
  await caller.saveTrigger(CALLER, { document, plan: ready, isNewest: false, rotate: false });
  for (let i = 0; i < 30; i++) await caller.fireTrigger(CALLER, "report", { now: true, span: null });
  await settleBackground();
  storage.sql.exec("INSERT INTO trigger_values (name, kind, value_json) VALUES ('report', 'watched', '1')");
  clock.now += 1;
}

/** SQLite makes the tables of a virtual table itself, and writes their names in quotes. */
const OWN = "name NOT LIKE '\\_cf%' ESCAPE '\\' AND sql IS NOT NULL AND sql NOT LIKE 'CREATE TABLE ''%'";

/** All tables with their rows, as SQL that makes them anew in an empty object. */
export function dump({ sql }: DurableObjectStorage): string {
  const made = sql.exec<{ type: string; name: string; sql: string }>(
    `SELECT type, name, sql FROM sqlite_master WHERE ${OWN} ORDER BY rowid`,
  );
  return made
    .toArray()
    .flatMap((entry) => [`${entry.sql};`, ...(isFilled(entry) ? inserts(sql, entry.name) : [])])
    .join("\n");
}

/** What a virtual table holds is made of the other rows. */
const isFilled = (entry: { type: string; sql: string }): boolean =>
  entry.type === "table" && !entry.sql.startsWith("CREATE VIRTUAL");

function inserts(sql: SqlStorage, table: string): string[] {
  const columns = sql.exec(`SELECT * FROM ${table} LIMIT 0`).columnNames;
  // By SQLite itself: JavaScript cannot hold all of its integers.
  const quoted = `SELECT ${columns.map((column) => `quote(${column}) AS ${column}`).join(", ")} FROM ${table}`;
  const rows = sql.exec(quoted).toArray();
  return rows.map((row) => `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${Object.values(row).join(", ")});`);
}

/** The object's storage as it was when the dump was taken. */
export async function load(storage: DurableObjectStorage, text: string): Promise<void> {
  await storage.deleteAll();
  storage.sql.exec(text);
}
