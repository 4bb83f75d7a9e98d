import type { EventRecord } from "../../events/event.ts";
import type { EventFilter } from "../../events/event-filter.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import type { Caller, StorageFull } from "./asking.ts";
import type { TriggerCopy } from "./trigger-calls.ts";

/** What the registry answers to whoever listens for events. Times are epoch ms. */

export interface EventQuery {
  /** All events up to this position were had; null: what happens from now on. */
  after: number | null;
  /** null: any. */
  names: string[] | null;
  filter: EventFilter;
  /** Nothing that happened before this; null: whatever is kept. */
  since: number | null;
  limit: number;
}

export interface PlacedEvent {
  position: number;
  event: EventRecord;
}

export interface EventPage {
  events: PlacedEvent[];
  /** All up to here were looked at. */
  position: number;
  /** There may be more behind the position already. */
  has_more: boolean;
  /** Some that were asked for cannot be had any more, or nobody recorded them. */
  truncated: boolean;
}

/** What the condition of an event sees, with the values of whatever else of its scope it names. */
export interface EventScope {
  input: Json;
  steps: Record<string, Json>;
  job: { id: string; attempt: number; submitted_at: string };
  now: number;
}

/** A step that an event answers. */
export interface EventRequest {
  request_id: string;
  timeout_ms: number;
  /** The content that stands when none comes; null: the step fails then. */
  fallback: JsonObject | null;
  name: string;
  /** One expression over `$event`; null: any event of the name answers. */
  when: string | null;
  scope: EventScope;
}

/** What a step tells. */
export interface Emitted {
  job_id: string;
  /** Names the telling: sent again, it is the same event. */
  key: string;
  name: string;
  data: JsonObject;
}

/** Who listens, as one object of the tenant knows. */
export interface Listening {
  until: number;
  /** Shards with subscriptions. */
  subscribers: number[];
  /** Some of those that wait for events. */
  triggers: TriggerCopy[];
  /** Ask again for those above this name; null: these were all. */
  next: string | null;
}

export interface EventsApi {
  /**
   * Events of this object. Who asks listens: for a week what happens is recorded.
   * @param waitMs how long to wait for the first one @param released resolves when the caller needs no answer any more
   */
  readEvents(caller: Caller, query: EventQuery, waitMs: number, released?: () => Promise<void>): Promise<EventPage>;
  /** Records the event, if anybody listens. @returns its id */
  emitEvent(caller: Caller, event: Emitted): Promise<Result<string, StorageFull>>;
  /** Names that plans have told events under. */
  emittedNames(caller: Caller): Promise<string[]>;
  /** What a new object of the tenant must know before anything happens in it. */
  listening(caller: Caller, after: string): Promise<Listening>;
}
