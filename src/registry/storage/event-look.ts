import type { EventLog } from "./event-log.ts";
import type { Triggers } from "./trigger-tables.ts";

export const EVENT_LOOK_SQL = {
  read: "SELECT position, name FROM event_look",
  save: "INSERT OR REPLACE INTO event_look (one, position, name) VALUES (1, ?, ?)",
} as const;

/** All events up to `position` are done with, and of the next one the triggers up to `name`. */
export interface Place {
  position: number;
  name: string;
}

const START: Place = { position: 0, name: "" };

/** How far event triggers have looked at the log. Calls that write are made inside a transaction. */
export class EventLook {
  readonly #sql: SqlStorage;
  readonly #log: EventLog;
  readonly #triggers: Triggers;
  /** May be ahead of what is stored: events that no trigger waits for are passed over without a row. */
  #place: Place | undefined;
  /** Not before this (epoch ms): too many jobs were submitted. */
  #restsUntil = 0;

  constructor(sql: SqlStorage, log: EventLog, triggers: Triggers) {
    this.#sql = sql;
    this.#log = log;
    this.#triggers = triggers;
  }

  forgetRead(): void {
    this.#place = undefined;
  }

  get place(): Place {
    this.#place ??= this.stored;
    return this.#place;
  }

  get stored(): Place {
    return (
      this.#sql.exec<Record<"position", number> & Record<"name", string>>(EVENT_LOOK_SQL.read).toArray()[0] ?? START
    );
  }

  /** Writes no row: after a crash these events are looked at once more. */
  pass(place: Place): void {
    this.#place = place;
  }

  save(place: Place): void {
    this.#sql.exec(EVENT_LOOK_SQL.save, place.position, place.name);
    this.#place = place;
  }

  rest(until: number): void {
    this.#restsUntil = until;
  }

  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** When the alarm must look; undefined: not for this. */
  firstDue(): number | undefined {
    return this.#triggers.hasEvents && this.place.position < this.#log.last ? this.#restsUntil : undefined;
  }
}
