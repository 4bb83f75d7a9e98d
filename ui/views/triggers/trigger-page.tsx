import { useState } from "preact/hooks";
import type { ScheduleFields } from "../../../src/triggers/trigger-document.ts";
import { get, post, remove } from "../../lib/api.ts";
import { ago, exactTime, jsonText } from "../../lib/format.ts";
import { useAction, useLive, useNow } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { goTo, hrefOf, place } from "../../lib/router.ts";
import type { LedgerRow, TriggerRow } from "../../lib/types.ts";
import { Act } from "../../parts/act.tsx";
import { Problem } from "../../parts/problem.tsx";
import { ScrollingText } from "../../parts/scrolling.tsx";
import { Status } from "../../parts/status.tsx";
import { NextRuns } from "./next-runs.tsx";
import { TriggerDialog } from "./trigger-form.tsx";

interface One {
  trigger: TriggerRow & { document: Record<string, unknown> & { schedule?: ScheduleFields } };
  ledger: LedgerRow[];
}

const EVERY_MS = 800;

function Ledger({ entries, now }: { entries: readonly LedgerRow[]; now: number }) {
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

interface ActionsProps {
  of: One;
  onChange: () => void;
  onEdit: () => void;
}

function TriggerActions({ of: { trigger }, onChange, onEdit }: ActionsProps) {
  const { busy, error, run } = useAction();
  const [isSure, setSure] = useState(false);
  const { name, paused, document } = trigger;
  const path = `/triggers/${encodeURIComponent(name)}`;
  const changed = { ...document, paused: !paused };
  const act = (send: () => Promise<unknown>, then: () => void) => () =>
    run(async () => {
      await send();
      then();
    });
  return (
    <div class="actions">
      <Act
        call={mcpCall("triggers_fire", { name })}
        disabled={busy}
        onClick={act(() => post(`${path}/fire`), onChange)}
      >
        Fire now
      </Act>
      <Act
        call={mcpCall("triggers_save", changed)}
        disabled={busy}
        onClick={act(() => post("/triggers", changed), onChange)}
      >
        {paused ? "Resume" : "Pause"}
      </Act>
      <button type="button" onClick={onEdit}>
        Edit
      </button>
      <Act
        call={mcpCall("triggers_delete", { name })}
        class="danger"
        disabled={busy}
        onClick={
          isSure
            ? act(
                () => remove(path),
                () => goTo(["triggers"]),
              )
            : () => setSure(true)
        }
      >
        {isSure ? "Delete with its ledger" : "Delete"}
      </Act>
      <Problem error={error} />
    </div>
  );
}

export function TriggerPage() {
  const [, name = ""] = place.value.path;
  const [isEditing, setEditing] = useState(false);
  const load = () => get<One>("/triggers", { name });
  const { value, error, reload } = useLive(`trigger ${name}`, load, () => EVERY_MS);
  const now = useNow(true);
  if (value === undefined) return <Problem error={error} />;
  const { trigger, ledger } = value;
  const { schedule } = trigger.document;
  return (
    <>
      <div class="head">
        <h1>{trigger.name}</h1>
        <Status of={trigger.paused ? "paused" : "on"} />
        <TriggerActions of={value} onChange={reload} onEdit={() => setEditing(true)} />
      </div>
      <p class="verdict quiet">{trigger.note}</p>
      {trigger.url && (
        <section class="card">
          <h2>Deliveries go to</h2>
          <pre>{trigger.url}</pre>
        </section>
      )}
      <div class="columns">
        <Ledger entries={ledger} now={now} />
        {schedule && <NextRuns schedule={schedule} known={trigger.next_runs} now={now} />}
      </div>
      <p>
        <a href={hrefOf(["jobs"], { trigger: trigger.name })}>Its jobs</a>
      </p>
      <details class="card">
        <summary>
          <strong>Document</strong>
        </summary>
        <ScrollingText label="Its document">{jsonText(trigger.document)}</ScrollingText>
      </details>
      {isEditing && (
        <TriggerDialog text={jsonText(trigger.document)} onClose={() => setEditing(false)} onDone={reload} />
      )}
    </>
  );
}
