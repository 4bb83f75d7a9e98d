import { useState } from "preact/hooks";
import { post, typedJson } from "../lib/api.ts";
import { jsonText } from "../lib/format.ts";
import { useAction } from "../lib/live.ts";
import { goTo } from "../lib/router.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/problem.tsx";

const FIRST = jsonText({
  name: "every-morning",
  blueprint: "url-audit",
  input: { urls: ["https://example.com/"] },
  schedule: { cron: "0 8 * * 1-5", timezone: "Europe/Berlin" },
});

/** A trigger as its document: the server says what is wrong with it, and where. */
export function TriggerDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [text, setText] = useState(FIRST);
  const { busy, error, run } = useAction();
  const save = (event: Event) => {
    event.preventDefault();
    run(async () => {
      const { name } = await post<{ name: string }>("/triggers", typedJson(text, "The document"));
      onDone();
      onClose();
      goTo(["triggers", name]);
    });
  };
  return (
    <Dialog title="New trigger" onClose={onClose}>
      <form onSubmit={save}>
        <label class="field">
          <span>Its document: schedule or webhook, and the blueprint that it runs</span>
          <textarea
            name="trigger"
            required
            rows={14}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <Problem error={error} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" class="primary" disabled={busy}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
