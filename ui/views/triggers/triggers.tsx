import { useState } from "preact/hooks";
import { get } from "../../lib/api.ts";
import { ago } from "../../lib/format.ts";
import { useLive, useNow } from "../../lib/live.ts";
import { hrefOf } from "../../lib/router.ts";
import type { TriggerRow } from "../../lib/types.ts";
import { Problem } from "../../parts/problem.tsx";
import { Status } from "../../parts/status.tsx";
import { TriggerDialog } from "./trigger-form.tsx";

interface Listed {
  triggers: TriggerRow[];
}

const EVERY_MS = 4_000;
const SHOWN = 100;

function TriggerLine({ trigger, now }: { trigger: TriggerRow; now: number }) {
  const { name, kind, blueprint, paused, next_runs, last } = trigger;
  const [next] = next_runs;
  return (
    <a class="row" href={hrefOf(["triggers", name])} data-trigger={name}>
      <Status of={paused ? "paused" : "on"} />
      <span class="name">
        {name}
        <span class="under">
          {kind}, {blueprint}
        </span>
      </span>
      <span class="optional quiet">{last === null ? "never ran" : `${last.outcome} ${ago(last.at, now)}`}</span>
      <span class="number">{next === undefined ? "" : ago(next, now)}</span>
    </a>
  );
}

export function Triggers() {
  const [isNew, setNew] = useState(false);
  const load = () => get<Listed>("/triggers", { limit: SHOWN });
  const { value, error, reload } = useLive("triggers", load, () => EVERY_MS);
  const now = useNow(true);
  return (
    <>
      <div class="head">
        <h1>Triggers</h1>
        <div class="actions">
          <button type="button" class="primary" onClick={() => setNew(true)}>
            New trigger
          </button>
        </div>
      </div>
      <Problem error={error} />
      <div class="card rows">
        {value?.triggers.map((trigger) => (
          <TriggerLine key={trigger.name} trigger={trigger} now={now} />
        ))}
        {value?.triggers.length === 0 && <p class="empty">Nothing starts by itself yet: by time, or by a webhook.</p>}
      </div>
      {isNew && <TriggerDialog onClose={() => setNew(false)} onDone={reload} />}
    </>
  );
}
