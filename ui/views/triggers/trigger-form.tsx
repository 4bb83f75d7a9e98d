import { useState } from "preact/hooks";
import { post, typedJson } from "../../lib/api.ts";
import { jsonText } from "../../lib/format.ts";
import { useAction } from "../../lib/live.ts";
import { goTo } from "../../lib/router.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog, DialogEnd } from "../../parts/dialog.tsx";

const FIRST = jsonText({
  name: "every-morning",
  blueprint: "url-audit",
  input: { urls: ["https://example.com/"] },
  schedule: { cron: "0 8 * * 1-5", timezone: "Europe/Berlin" },
});

interface TriggerDialogProps {
  /** The document to begin with, of a trigger that is there. */
  text?: string;
  onClose: () => void;
  onDone: () => void;
}

/** A trigger as its document: the server says what is wrong with it, and where. */
export function TriggerDialog({ text: first, onClose, onDone }: TriggerDialogProps) {
  const [text, setText] = useState(first ?? FIRST);
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
    <Dialog title={first === undefined ? "New trigger" : "Edit the trigger"} onClose={onClose}>
      <form onSubmit={save}>
        <label class="field">
          <span>Its document: schedule or webhook, and the blueprint that it runs</span>
          <textarea
            name="trigger"
            required
            rows={14}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <DialogEnd error={error} onClose={onClose}>
          <Act type="submit" class="primary" disabled={busy} call="triggers_save with this document">
            Save
          </Act>
        </DialogEnd>
      </form>
    </Dialog>
  );
}
