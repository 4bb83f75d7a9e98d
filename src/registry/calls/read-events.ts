import { emittedEventId } from "../../events/event.ts";
import { matchesFilter } from "../../events/event-filter.ts";
import { digest } from "../../lib/digest.ts";
import { jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_EVENT_PAGE_BYTES, MAX_EVENT_SCAN } from "../../limits.ts";
import type { Caller, StorageFull } from "../api/asking.ts";
import type { Emitted, EventPage, EventQuery, EventsApi, PlacedEvent } from "../api/event-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { EventWaiters } from "../watch/event-waiters.ts";

/** Where a read begins, and whether that is later than was asked for. */
interface Start {
  from: number;
  truncated: boolean;
}

/** What callers ask of the event log. */
export class ReadEvents implements Pick<EventsApi, "emitEvent" | "emittedNames"> {
  readonly #context: RegistryContext;
  readonly #waiters: EventWaiters;

  constructor(context: RegistryContext, waiters: EventWaiters) {
    this.#context = context;
    this.#waiters = waiters;
  }

  async emitEvent({ tenant }: Caller, { job_id, key, name, data }: Emitted): Promise<Result<string, StorageFull>> {
    const event_id = emittedEventId(await digest(key));
    const { store, eventLog, admission, tables, now } = this.#context;
    return store.transact(() => {
      eventLog.noteName(name);
      const isTold = !eventLog.isOpenTo(name, now()) || eventLog.hasEmitted(event_id);
      const full = isTold ? undefined : admission.storageRefusal(jsonBytes(data));
      if (full !== undefined) return err(full);
      const depth = tables.jobs.find(tenant, job_id)?.run.trigger_depth;
      if (!isTold) store.append({ event_id, name, at: now(), ...(depth && { depth }), data });
      return ok(event_id);
    });
  }

  async emittedNames(): Promise<string[]> {
    return this.#context.eventLog.names();
  }

  /** @param over aborts when the caller needs no answer any more */
  async readEvents(query: EventQuery, waitMs: number, over?: AbortSignal): Promise<EventPage> {
    const { now } = this.#context;
    const end = now() + waitMs;
    this.#listen();
    const start = this.#start(query);
    for (let { from } = start; ; ) {
      const page = this.#page(query, from);
      const left = end - now();
      const truncated = start.truncated || this.#misses(start.from, page.position);
      if (page.events.length > 0 || page.has_more || truncated || left <= 0 || over?.aborted) {
        return { ...page, truncated };
      }
      from = page.position;
      await this.#waiters.wait(left, over);
    }
  }

  #listen(): void {
    const { store, eventLog, now } = this.#context;
    store.transact(() => eventLog.listen(now()));
  }

  #start({ after, since }: EventQuery): Start {
    const { last, goneTo } = this.#context.eventLog;
    if (after === null) return { from: last, truncated: false };
    // A position that nobody was given is of another log.
    if (after > last) return { from: last, truncated: true };
    const young = since === null ? 0 : this.#context.eventLog.positionAt(since);
    const from = Math.max(after, goneTo, young);
    return { from, truncated: from > after };
  }

  /** Whether a reader who comes from `from` to `to` passes events that nobody recorded. */
  #misses(from: number, to: number): boolean {
    const { gap } = this.#context.eventLog;
    return from < gap && gap <= to;
  }

  #page({ names, filter, limit }: EventQuery, from: number): Omit<EventPage, "truncated"> {
    const { eventLog } = this.#context;
    const events: PlacedEvent[] = [];
    let [position, scanned, bytes] = [from, 0, 0];
    for (const stored of eventLog.after(from)) {
      const isWanted = (names === null || names.includes(stored.event.name)) && matchesFilter(stored.event, filter);
      const isFull = events.length === limit || (events.length > 0 && bytes + stored.bytes > MAX_EVENT_PAGE_BYTES);
      if ((isWanted && isFull) || scanned === MAX_EVENT_SCAN) return { events, position, has_more: true };
      position = stored.position;
      scanned += 1;
      if (!isWanted) continue;
      bytes += stored.bytes;
      events.push({ position, event: stored.event });
    }
    return { events, position: Math.max(position, eventLog.last), has_more: false };
  }
}
