import { EVENT_PASSED_OVER } from "../../limits.ts";
import type { EventScope } from "../api/event-calls.ts";

/** An `input` step that an event answers. */
export interface EventWait {
  job_id: string;
  path: string;
  tenant: string;
  /** Of the event. */
  name: string;
  /** One expression over `$event`; null: any event of the name answers. */
  when: string | null;
  scope: EventScope;
  /** In each shard, the position of the last event before it opened. */
  from: number[];
}

const COLUMNS = "job_id, path, tenant, name, when_text, scope_json, from_json";

export const EVENT_WAITS_SQL = {
  insert: `INSERT INTO event_waits (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  count: "SELECT count(*) AS waits FROM event_waits",
  names: "SELECT DISTINCT name FROM event_waits ORDER BY name LIMIT ?",
  named: `SELECT ${COLUMNS} FROM event_waits WHERE name = ? AND (job_id, path) > (?, ?) ORDER BY job_id, path LIMIT ?`,
  wants: "SELECT 1 FROM event_waits WHERE name = ? LIMIT 1",
  delete: "DELETE FROM event_waits WHERE job_id = ? AND path = ? RETURNING path",
  ofJob: "SELECT path FROM event_waits WHERE job_id = ?",
  look: "SELECT positions_json FROM event_wait_look",
  setLook: "INSERT OR REPLACE INTO event_wait_look (one, positions_json) VALUES (1, ?)",
} as const;

type Row = Record<"job_id" | "path" | "tenant" | "name" | "scope_json" | "from_json", string> & {
  when_text: string | null;
};

const readWait = ({ when_text, scope_json, from_json, ...rest }: Row): EventWait => ({
  ...rest,
  when: when_text,
  scope: JSON.parse(scope_json),
  from: JSON.parse(from_json),
});

const sum = (positions: readonly number[]): number => positions.reduce((total, each) => total + each, 0);

/** Steps that wait for events, and how far these were looked at. Calls that write are made inside a transaction. */
export class EventWaits {
  readonly #sql: SqlStorage;
  #count: number | undefined;
  /** May be ahead of what is stored: after a crash some events are looked at once more. */
  #positions: number[] | undefined;
  #opened = 0;
  /** When to look although nobody told of an event (epoch ms): at once, in a process that has not looked yet. */
  #dueAt = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  forgetRead(): void {
    this.#count = undefined;
    this.#positions = undefined;
  }

  get count(): number {
    this.#count ??= this.#sql.exec<{ waits: number }>(EVENT_WAITS_SQL.count).one().waits;
    return this.#count;
  }

  /** How many have opened in this process. */
  get opened(): number {
    return this.#opened;
  }

  insert({ job_id, path, tenant, name, when, scope, from }: EventWait): void {
    // What came before the first of them is nothing to any.
    if (this.count === 0) this.#save(from);
    const json = [JSON.stringify(scope), JSON.stringify(from)];
    this.#sql.exec(EVENT_WAITS_SQL.insert, job_id, path, tenant, name, when, ...json);
    this.#count = this.count + 1;
    this.#opened += 1;
  }

  delete(jobId: string, path: string): void {
    const { count } = this;
    this.#count = count - this.#sql.exec(EVENT_WAITS_SQL.delete, jobId, path).toArray().length;
  }

  ofJob(jobId: string): string[] {
    return this.#sql
      .exec<{ path: string }>(EVENT_WAITS_SQL.ofJob, jobId)
      .toArray()
      .map(({ path }) => path);
  }

  /** Of the events that are waited for. */
  names(limit: number): string[] {
    return this.#sql
      .exec<{ name: string }>(EVENT_WAITS_SQL.names, limit)
      .toArray()
      .map(({ name }) => name);
  }

  /** Those of the event's name, after this one. */
  named(name: string, after: Pick<EventWait, "job_id" | "path">, limit: number): EventWait[] {
    return this.#sql.exec<Row>(EVENT_WAITS_SQL.named, name, after.job_id, after.path, limit).toArray().map(readWait);
  }

  /** By shard: all events up to there have been looked at. */
  get positions(): readonly number[] {
    this.#positions ??= this.#stored;
    return this.#positions;
  }

  /** Seldom writes a row. */
  pass(positions: number[]): void {
    this.#positions = positions;
    if (sum(positions) - sum(this.#stored) >= EVENT_PASSED_OVER) this.#save(positions);
  }

  /** Whether a step waits for events of the name. */
  wants(name: string): boolean {
    return this.count > 0 && this.#sql.exec(EVENT_WAITS_SQL.wants, name).toArray().length > 0;
  }

  /** One came, and the process may die before it has looked. @param by epoch ms */
  expect(by: number): void {
    this.#dueAt = Math.min(this.#dueAt, by);
  }

  /** All that there is has been looked at, or cannot be now. @param again when to look once more, epoch ms */
  rest(again: number): void {
    this.#dueAt = again;
  }

  /** @param now epoch ms */
  isDue(now: number): boolean {
    return this.#dueAt <= now;
  }

  /** When the alarm must look; undefined: never. */
  firstDue(): number | undefined {
    return this.count === 0 ? undefined : this.#dueAt;
  }

  get #stored(): number[] {
    const [row] = this.#sql.exec<{ positions_json: string }>(EVENT_WAITS_SQL.look).toArray();
    return row === undefined ? [] : JSON.parse(row.positions_json);
  }

  #save(positions: number[]): void {
    this.#sql.exec(EVENT_WAITS_SQL.setLook, JSON.stringify(positions));
    this.#positions = positions;
  }
}
