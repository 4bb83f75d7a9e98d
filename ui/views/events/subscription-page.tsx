import { ApiError, get, post, remove } from "../../lib/api.ts";
import { ago, exactTime } from "../../lib/format.ts";
import { useAction, useLive, useNow } from "../../lib/live.ts";
import { restCall } from "../../lib/mcp-call.ts";
import { goTo, place } from "../../lib/router.ts";
import type { Delivery, Subscription } from "../../lib/types.ts";
import { Act } from "../../parts/act.tsx";
import { Problem } from "../../parts/problem.tsx";
import { Status } from "../../parts/status.tsx";

const SHOWN = 100;
const EVERY_MS = 800;
const STATUS = { delivered: "succeeded", failed: "failed", given_up: "cancelled" } as const;

async function load(id: string) {
  const [{ subscriptions }, { deliveries }] = await Promise.all([
    get<{ subscriptions: Subscription[] }>("/subscriptions", { limit: SHOWN }),
    get<{ deliveries: Delivery[] }>(`/subscriptions/${encodeURIComponent(id)}/deliveries`, { limit: SHOWN }),
  ]);
  const subscription = subscriptions.find((each) => each.id === id);
  if (subscription === undefined) throw new ApiError(404, "unknown_subscription", `Unknown subscription: ${id}`);
  return { subscription, deliveries };
}

interface LineProps {
  path: string;
  delivery: Delivery;
  now: number;
  onChange: () => void;
}

function DeliveryLine({ path, delivery, now, onChange }: LineProps) {
  const { busy, error, run } = useAction();
  const { number, event_id, at, outcome, http_status, error: told, replay } = delivery;
  const again = () =>
    run(async () => {
      await post(`${path}/replay`, { delivery: number });
      onChange();
    });
  return (
    <div class="row delivery" data-delivery={number}>
      <Status of={STATUS[outcome]} />
      <span class="name">
        {http_status === null ? (told ?? outcome.replace("_", " ")) : `HTTP ${http_status}`}
        <span class="under mono">
          {event_id} {replay && "sent again"}
        </span>
      </span>
      <time title={exactTime(at)}>{ago(at, now)}</time>
      <Act call={restCall("POST", `${path}/replay`)} disabled={busy} onClick={again}>
        Replay
      </Act>
      <Problem error={error} />
    </div>
  );
}

/** One callback, and what became of each sending. */
export function SubscriptionPage() {
  const [, id = ""] = place.value.path;
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const { value, error, reload } = useLive(
    id,
    () => load(id),
    () => EVERY_MS,
  );
  const { busy, error: refusal, run } = useAction();
  const now = useNow(true);
  if (value === undefined) return <Problem error={error} />;
  const { subscription, deliveries } = value;
  const end = () =>
    run(async () => {
      await remove(path);
      goTo(["events"]);
    });
  return (
    <>
      <div class="head">
        <h1>{subscription.name}</h1>
        <Status of={subscription.status} />
        <div class="actions">
          <Act call={restCall("DELETE", path)} class="danger" disabled={busy} onClick={end}>
            End
          </Act>
        </div>
      </div>
      <Problem error={refusal} />
      <p class="verdict">
        Sent to <code>{subscription.url}</code>
        {subscription.failed_since !== null && (
          <span class="bad-ink">
            , fails since {ago(subscription.failed_since, now)}: {subscription.last_error}
          </span>
        )}
      </p>
      <section>
        <h2>Deliveries</h2>
        <div class="card rows">
          {deliveries.map((delivery) => (
            <DeliveryLine key={delivery.number} {...{ path, delivery, now, onChange: reload }} />
          ))}
          {deliveries.length === 0 && <p class="empty">Nothing was sent yet.</p>}
        </div>
      </section>
    </>
  );
}
