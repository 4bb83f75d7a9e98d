import { get } from "../../lib/api.ts";
import { useCommitted } from "../../lib/committed.ts";
import { ago, clockTime, exactTime, plural } from "../../lib/format.ts";
import { useLive, useNow } from "../../lib/live.ts";
import { hrefOf, place, refine } from "../../lib/router.ts";
import type { EventRow, Subscription } from "../../lib/types.ts";
import { Problem } from "../../parts/problem.tsx";
import { ScrollingText } from "../../parts/scrolling.tsx";
import { Status } from "../../parts/status.tsx";
import { useEvents } from "./use-events.ts";

const SHOWN = 100;
const EVERY_MS = 4_000;
const FILTERS = [
  { name: "names", hint: "Event: job.settled   ( / )" },
  { name: "blueprint", hint: "Blueprint" },
  { name: "trigger", hint: "Trigger" },
] as const;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function EventLine({ event }: { event: EventRow }) {
  const { name, at, data } = event;
  const job = textOf(data.job_id);
  const status = textOf(data.status);
  const about = textOf(data.name) || textOf(data.trigger) || textOf(data.message);
  return (
    <details class="event">
      <summary>
        <time dateTime={at} title={exactTime(at)}>
          {clockTime(at)}
        </time>
        <b>{name}</b>
        <span class="name">{about}</span>
        {status !== "" && <Status of={status} />}
        {job !== "" && <code class="optional">{job}</code>}
      </summary>
      {job !== "" && (
        <p>
          <a class="mono" href={hrefOf(["jobs", job])}>
            {job}
          </a>
        </p>
      )}
      <ScrollingText label={name}>{JSON.stringify(event, null, 2)}</ScrollingText>
    </details>
  );
}

function Subscriptions({ all, now }: { all: readonly Subscription[]; now: number }) {
  return (
    <section>
      <h2>Callbacks</h2>
      <div class="card rows">
        {all.map(({ id, url, name, status, deliveries, last_error, last_delivery_at, failed_since }) => (
          <a class="row" key={id} href={hrefOf(["events", id])} data-subscription={id}>
            <Status of={failed_since === null ? status : "failed"} />
            <span class="name">
              {url}
              <span class={`under ${last_error === null ? "" : "bad-ink"}`}>{last_error ?? name}</span>
            </span>
            <span class="optional quiet">{plural(deliveries, "sending")}</span>
            <time>{last_delivery_at === null ? "never" : ago(last_delivery_at, now)}</time>
          </a>
        ))}
        {all.length === 0 && <p class="empty">No client has asked to be called back.</p>}
      </div>
    </section>
  );
}

function FilterField({ name, hint }: (typeof FILTERS)[number]) {
  const value = place.value.query.get(name) ?? "";
  return (
    <input
      name={name}
      type="search"
      aria-label={hint}
      placeholder={hint}
      data-search={name === FILTERS[0].name || undefined}
      {...useCommitted(value, (text) => refine({ [name]: text }))}
    />
  );
}

export function Events() {
  const { query } = place.value;
  const filters = Object.fromEntries(
    FILTERS.map(({ name }) => [name, query.get(name) ?? ""]).filter(([, value]) => value !== ""),
  );
  const { events, isLoaded, error } = useEvents(filters);
  const { value } = useLive(
    "subscriptions",
    () => get<{ subscriptions: Subscription[] }>("/subscriptions", { limit: SHOWN }),
    () => EVERY_MS,
  );
  const now = useNow(true);
  return (
    <>
      <div class="head">
        <h1>Events</h1>
      </div>
      <Problem error={error} />
      {value !== undefined && <Subscriptions all={value.subscriptions} now={now} />}
      <section>
        <h2>As they happen</h2>
        <div class="filters">
          {FILTERS.map((filter) => (
            <FilterField key={filter.name} {...filter} />
          ))}
        </div>
        <div class="card events">
          {events.map((event) => (
            <EventLine key={event.event_id} event={event} />
          ))}
          {isLoaded && events.length === 0 && (
            <p class="empty">Nothing has happened since somebody listens. From now on, all is recorded.</p>
          )}
        </div>
      </section>
    </>
  );
}
