import { ago, exactTime } from "../../lib/format.ts";
import { hrefOf } from "../../lib/router.ts";
import type { Subscription, TriggerRow } from "../../lib/types.ts";
import { Status } from "../../parts/status.tsx";

const SHOWN = 6;

interface NextRun {
  name: string;
  at: string;
}

/** What starts by itself next. */
export function NextRuns({ triggers, now }: { triggers: readonly TriggerRow[]; now: number }) {
  const runs = triggers
    .flatMap(({ name, next_runs: [at] }): NextRun[] => (at === undefined ? [] : [{ name, at }]))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (runs.length === 0) return null;
  return (
    <section>
      <h2>Next scheduled</h2>
      <div class="card rows">
        {runs.slice(0, SHOWN).map(({ name, at }) => (
          <a class="row pair" key={name} href={hrefOf(["triggers", name])}>
            <span class="name">{name}</span>
            <time dateTime={at} title={exactTime(at)}>
              {ago(at, now)}
            </time>
          </a>
        ))}
      </div>
    </section>
  );
}

/** Callbacks whose last sending failed. */
export function FailingDeliveries({ subscriptions, now }: { subscriptions: readonly Subscription[]; now: number }) {
  const failing = subscriptions.filter(({ failed_since }) => failed_since !== null);
  if (failing.length === 0) return null;
  return (
    <section>
      <h2>Deliveries that fail</h2>
      <div class="card rows">
        {failing.slice(0, SHOWN).map(({ id, url, status, last_error, failed_since }) => (
          <a class="row" key={id} href={hrefOf(["events", id])}>
            <Status of={status} />
            <span class="name">
              {url}
              <span class="under bad-ink">{last_error}</span>
            </span>
            <span class="optional" />
            <time>{failed_since !== null && ago(failed_since, now)}</time>
          </a>
        ))}
      </div>
    </section>
  );
}
