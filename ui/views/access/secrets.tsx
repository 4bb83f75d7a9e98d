import { useState } from "preact/hooks";
import { get, put, remove } from "../../lib/api.ts";
import { exactTime, plural } from "../../lib/format.ts";
import { useAction, useLive } from "../../lib/live.ts";
import { restCall } from "../../lib/mcp-call.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog, DialogEnd } from "../../parts/dialog.tsx";
import { Problem } from "../../parts/problem.tsx";

interface Secret {
  name: string;
  hosts: string[];
  updated_at: string;
}

const EVERY_MS = 10_000;
const pathOf = (name: string): string => `/secrets/${encodeURIComponent(name)}`;

interface FormProps {
  onClose: () => void;
  onDone: () => void;
}

/** The value goes to the server, and is never shown again. */
function SecretForm({ onClose, onDone }: FormProps) {
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [hosts, setHosts] = useState("");
  const { busy, error, run } = useAction();
  const save = (event: Event) => {
    event.preventDefault();
    run(async () => {
      await put(pathOf(name.trim()), { value, hosts: hosts.split(/[\s,]+/).filter(Boolean) });
      onDone();
      onClose();
    });
  };
  return (
    <Dialog title="Set a secret" onClose={onClose}>
      <form onSubmit={save}>
        <label class="field">
          <span>Name, such as STRIPE_KEY</span>
          <input name="name" required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>Value; it is never shown again</span>
          <input
            name="value"
            type="password"
            autocomplete="off"
            required
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Hosts that it may be sent to: api.example.com, *.example.com</span>
          <input name="hosts" required value={hosts} onInput={(event) => setHosts(event.currentTarget.value)} />
        </label>
        <DialogEnd error={error} onClose={onClose}>
          <Act type="submit" class="primary" disabled={busy} call={restCall("PUT", "/secrets/{name}")}>
            Save
          </Act>
        </DialogEnd>
      </form>
    </Dialog>
  );
}

function SecretLine({ secret: { name, hosts, updated_at }, onChange }: { secret: Secret; onChange: () => void }) {
  const { busy, error, run } = useAction();
  const [isSure, setSure] = useState(false);
  const end = () =>
    run(async () => {
      await remove(pathOf(name));
      onChange();
    });
  return (
    <li class="secret">
      <span>
        <code>{name}</code>
        <span class="under quiet" title={exactTime(updated_at)}>
          {hosts.join(", ")}
        </span>
      </span>
      <Act
        call={restCall("DELETE", pathOf(name))}
        class="danger"
        disabled={busy}
        onClick={isSure ? end : () => setSure(true)}
      >
        {isSure ? "Delete for good" : "Delete"}
      </Act>
      <Problem error={error} />
    </li>
  );
}

export function Secrets() {
  const [isNew, setNew] = useState(false);
  const { value, error, reload } = useLive(
    "secrets",
    () => get<{ secrets: Secret[]; need_previous: number }>("/secrets"),
    () => EVERY_MS,
  );
  return (
    <section class="card">
      <h2 class="with-button">
        Secrets
        <button type="button" onClick={() => setNew(true)}>
          Set a secret
        </button>
      </h2>
      <p class="quiet">
        Blueprints send one as <code>{'{"secret": "NAME"}'}</code>, to its hosts alone. No answer shows a value.
      </p>
      <Problem error={error} />
      <ul class="plain-list">
        {value?.secrets.map((secret) => (
          <SecretLine key={secret.name} secret={secret} onChange={reload} />
        ))}
        {value?.secrets.length === 0 && <li class="quiet">There is none.</li>}
      </ul>
      {value !== undefined && value.need_previous > 0 && (
        <p class="quiet">AUTH_SECRET_PREVIOUS is still needed for {plural(value.need_previous, "secret")}.</p>
      )}
      {isNew && <SecretForm onClose={() => setNew(false)} onDone={reload} />}
    </section>
  );
}
