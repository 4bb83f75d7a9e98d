import { useState } from "preact/hooks";
import type { Fault } from "../../../src/lib/fault.ts";
import { ApiError, post, typedJson } from "../../lib/api.ts";
import { jsonText } from "../../lib/format.ts";
import { useAction } from "../../lib/live.ts";
import { goTo } from "../../lib/router.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Problem } from "../../parts/problem.tsx";
import { lineOfPath } from "./line-of-path.ts";

interface EditorProps {
  document: object;
  onClose: () => void;
  onDone: () => void;
}

/** Faults whose place is known stand at their line, those of one line together. */
function placed(text: string, faults: readonly Fault[]): Map<number, Fault[]> {
  return Map.groupBy(faults, ({ path }) => lineOfPath(text, path.replace(/^blueprint\.?/, "")));
}

function Faults({ text, faults }: { text: string; faults: readonly Fault[] }) {
  const lines = text.split("\n");
  const at = [...placed(text, faults)].sort(([a], [b]) => a - b);
  return (
    <ol class="faults" aria-live="assertive">
      {at.map(([line, here]) => (
        <li key={line}>
          <code class="line">
            <b>{line + 1}</b> {lines[line]}
          </code>
          {here.map(({ path, message, fix }) => (
            <p key={`${path} ${message}`}>
              <code>{path}</code> {message}. <span class="quiet">{fix}</span>
            </p>
          ))}
        </li>
      ))}
    </ol>
  );
}

/** A blueprint as its document; what the server finds stands at the lines that it is about. */
export function BlueprintEditor({ document, onClose, onDone }: EditorProps) {
  const [text, setText] = useState(() => jsonText(document));
  const [sent, setSent] = useState(text);
  const [checked, setChecked] = useState("");
  const { busy, error, run } = useAction();
  const blueprint = () => {
    setSent(text);
    setChecked("");
    return typedJson(text, "The document");
  };
  const check = () =>
    run(async () => {
      const answer = await post<{ valid: boolean; faults: Fault[] }>("/jobs", {
        blueprint: blueprint(),
        dry_run: true,
      });
      // What only an input lacks is no fault of the document.
      const faults = answer.faults.filter(({ path }) => path.startsWith("blueprint"));
      if (faults.length > 0) throw new ApiError(422, "invalid_arguments", "It would be refused.", faults);
      setChecked("It can be saved.");
    });
  const save = (event: Event) => {
    event.preventDefault();
    run(async () => {
      const { name } = await post<{ name: string }>("/blueprints", { blueprint: blueprint() });
      onDone();
      onClose();
      goTo(["blueprints", name]);
    });
  };
  const faults = error?.faults ?? [];
  return (
    <Dialog title="A blueprint" onClose={onClose} isWide>
      <form onSubmit={save}>
        <label class="field">
          <span>Its document; it is saved as a new version of its name</span>
          <textarea
            name="document"
            class="tall"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {faults.length > 0 ? <Faults text={sent} faults={faults} /> : <Problem error={error} />}
        {checked !== "" && error === undefined && <p class="quiet">{checked}</p>}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <Act call="jobs_submit_blueprint with dry_run" disabled={busy} onClick={check}>
            Check
          </Act>
          <Act type="submit" class="primary" disabled={busy} call="blueprints_save with this document">
            Save
          </Act>
        </div>
      </form>
    </Dialog>
  );
}
