import { useState } from "preact/hooks";
import { get, post } from "../../lib/api.ts";
import { exactTime } from "../../lib/format.ts";
import { useAction, useLive } from "../../lib/live.ts";
import { restCall } from "../../lib/mcp-call.ts";
import { Act } from "../../parts/act.tsx";
import { Problem } from "../../parts/problem.tsx";

interface Revoked {
  revoked: { key_id: string; revoked_at: string }[];
}

const EVERY_MS = 10_000;

/** Keys are made where the server's secret is, and nowhere kept: what is known of one is that it was revoked. */
export function Keys() {
  const [id, setId] = useState("");
  const { value, error, reload } = useLive(
    "keys",
    () => get<Revoked>("/keys"),
    () => EVERY_MS,
  );
  const { busy, error: refusal, run } = useAction();
  const revoke = (event: Event) => {
    event.preventDefault();
    run(async () => {
      await post("/keys/revoke", { key_id: id.trim() });
      setId("");
      reload();
    });
  };
  return (
    <section class="card">
      <h2>Keys</h2>
      <p class="quiet">
        A key is made with <code>npm run keys -- create</code>, and stored nowhere. Its id, <code>key_...</code>, is
        what the audit names.
      </p>
      <form class="line-form" onSubmit={revoke}>
        <label class="field">
          <span>Id of a key, to be revoked at once</span>
          <input name="key_id" required value={id} onInput={(event) => setId(event.currentTarget.value)} />
        </label>
        <Act type="submit" class="danger" disabled={busy} call={restCall("POST", "/keys/revoke")}>
          Revoke
        </Act>
      </form>
      <Problem error={refusal ?? error} />
      <ul class="plain-list" aria-label="Revoked keys">
        {value?.revoked.map(({ key_id, revoked_at }) => (
          <li key={key_id}>
            <code>{key_id}</code> <span class="quiet">revoked {exactTime(revoked_at)}</span>
          </li>
        ))}
        {value?.revoked.length === 0 && <li class="quiet">No key was revoked.</li>}
      </ul>
    </section>
  );
}
