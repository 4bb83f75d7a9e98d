import { get } from "../../lib/api.ts";
import { exactTime } from "../../lib/format.ts";
import { useLive } from "../../lib/live.ts";
import { Problem } from "../../parts/problem.tsx";
import { ScrollingTable } from "../../parts/scrolling.tsx";
import { Keys } from "./keys.tsx";
import { Secrets } from "./secrets.tsx";

interface Entry {
  at: string;
  action: string;
  actor: string | null;
  subject: string;
}

const EVERY_MS = 5_000;

function Audit() {
  const { value, error } = useLive(
    "audit",
    () => get<{ entries: Entry[]; next_before: string | null }>("/audit"),
    () => EVERY_MS,
  );
  return (
    <section>
      <h2>Audit</h2>
      <Problem error={error} />
      <ScrollingTable label="Audit">
        <thead>
          <tr>
            <th>When</th>
            <th>What</th>
            <th>Of what</th>
            <th>By</th>
          </tr>
        </thead>
        <tbody>
          {value?.entries.map(({ at, action, actor, subject }) => (
            <tr key={`${at} ${action} ${subject}`}>
              <td class="quiet">{exactTime(at)}</td>
              <td>{action.replaceAll("_", " ")}</td>
              <td class="mono">{subject}</td>
              <td class="mono quiet">{actor ?? "this machine"}</td>
            </tr>
          ))}
        </tbody>
      </ScrollingTable>
      {value?.entries.length === 0 && <p class="empty">Nothing was done within 90 days.</p>}
    </section>
  );
}

/** What the tenant's operator looks after: keys, secrets, and who did what. */
export function Access() {
  return (
    <>
      <div class="head">
        <h1>Keys and secrets</h1>
      </div>
      <div class="columns">
        <Secrets />
        <Keys />
      </div>
      <Audit />
    </>
  );
}
