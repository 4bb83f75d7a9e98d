import { useState } from "preact/hooks";
import { get, post, remove } from "../lib/api.ts";
import { ago, exactTime, jsonText } from "../lib/format.ts";
import { useAction, useLive, useNow } from "../lib/live.ts";
import { goTo, hrefOf, place } from "../lib/router.ts";
import { Problem } from "../parts/problem.tsx";
import { Status } from "../parts/status.tsx";
import { TriggerDialog } from "./trigger-form.tsx";

interface Entry {
  outcome: string;
  at: string;
  occurrence?: string;
  job_id?: string;
  reason?: string;
  count?: number;
}

interface Trigger {
  name: string;
  kind: string;
  blueprint: string;
  paused: boolean;
  runs: number;
  next_runs: string[];
  url: string | null;
  last: Entry | null;
  note?: string;
}

interface Listed {
  triggers: Trigger[];
}

interface One {
  trigger: Trigger & { document: Record<string, unknown> };
  ledger: Entry[];
}

const EVERY_MS = 4_000;
const SHOWN = 100;

function TriggerLine({ trigger, now }: { trigger: Trigger; now: number }) {
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
      <span class="number optional">{next === undefined ? "" : ago(next, now)}</span>
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

function Ledger({ entries, now }: { entries: readonly Entry[]; now: number }) {
  return (
    <section class="card">
      <h2>What became of each time</h2>
      <ol class="moments">
        {entries.map(({ outcome, at, occurrence, job_id, reason, count }) => (
          <li key={`${at} ${outcome} ${occurrence ?? ""}`}>
            <time dateTime={at} title={exactTime(at)}>
              {ago(at, now)}
            </time>
            <span>
              {outcome} {count !== undefined && count > 1 && `(${count} times)`}{" "}
              {job_id && (
                <a class="mono" href={hrefOf(["jobs", job_id])}>
                  {job_id}
                </a>
              )}{" "}
              <span class="quiet">{reason}</span>
            </span>
          </li>
        ))}
      </ol>
      {entries.length === 0 && <p class="quiet">It was never due.</p>}
    </section>
  );
}

function TriggerActions({ of: { trigger }, onChange }: { of: One; onChange: () => void }) {
  const { busy, error, run } = useAction();
  const [isSure, setSure] = useState(false);
  const path = `/triggers/${encodeURIComponent(trigger.name)}`;
  const fire = () =>
    run(async () => {
      await post(`${path}/fire`);
      onChange();
    });
  const pause = () =>
    run(async () => {
      await post("/triggers", { ...trigger.document, paused: !trigger.paused });
      onChange();
    });
  const end = () =>
    run(async () => {
      await remove(path);
      goTo(["triggers"]);
    });
  return (
    <div class="actions">
      <button type="button" disabled={busy} onClick={fire}>
        Fire now
      </button>
      <button type="button" disabled={busy} onClick={pause}>
        {trigger.paused ? "Resume" : "Pause"}
      </button>
      <button type="button" class="danger" disabled={busy} onClick={isSure ? end : () => setSure(true)}>
        {isSure ? "Delete with its ledger" : "Delete"}
      </button>
      <Problem error={error} />
    </div>
  );
}

export function TriggerPage() {
  const [, name = ""] = place.value.path;
  const load = () => get<One>("/triggers", { name });
  const { value, error, reload } = useLive(`trigger ${name}`, load, () => EVERY_MS);
  const now = useNow(true);
  if (value === undefined) return <Problem error={error} />;
  const { trigger, ledger } = value;
  return (
    <>
      <div class="head">
        <h1>{trigger.name}</h1>
        <Status of={trigger.paused ? "paused" : "on"} />
        <TriggerActions of={value} onChange={reload} />
      </div>
      <p class="verdict quiet">{trigger.note}</p>
      {trigger.url && (
        <section class="card">
          <h2>Deliveries go to</h2>
          <pre>{trigger.url}</pre>
        </section>
      )}
      {trigger.next_runs.length > 0 && (
        <section class="card">
          <h2>Next</h2>
          <ol>
            {trigger.next_runs.map((at) => (
              <li key={at}>
                {exactTime(at)} <span class="quiet">{ago(at, now)}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
      <Ledger entries={ledger} now={now} />
      <details class="card">
        <summary>
          <strong>Document</strong>
        </summary>
        <pre>{jsonText(trigger.document)}</pre>
      </details>
    </>
  );
}
