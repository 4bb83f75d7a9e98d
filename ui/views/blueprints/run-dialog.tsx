import { useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import type { Fault } from "../../../src/lib/fault.ts";
import { ApiError, post, typedJson } from "../../lib/api.ts";
import { jsonText } from "../../lib/format.ts";
import { useAction } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { goTo } from "../../lib/router.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog, DialogEnd } from "../../parts/dialog.tsx";
import { defaultsOf, type Fields, isFlat, SchemaFields, type Values } from "../../parts/schema-fields.tsx";

/** A version of a blueprint, as the server shows it. */
export interface Found {
  name: string;
  version: number;
  blueprint: Record<string, unknown> & { description?: string; input?: Record<string, unknown> };
  source: "catalog" | "saved";
}

const fieldsOf = ({ blueprint }: Found): Fields => (blueprint.input ?? {}) as Fields;

/** One key a window: a second click, or one after a broken connection, makes no second job. */
const newKey = (): string => `ui-${crypto.randomUUID()}`;

/** A form of the input's schema; as JSON where the schema has more than plain values. */
export function RunDialog({ found, onClose }: { found: Found; onClose: () => void }) {
  const schema = fieldsOf(found);
  const [values, setValues] = useState<Values>(() => defaultsOf(schema));
  const [text, setText] = useState(() => jsonText(values));
  const [isJson, setJson] = useState(!isFlat(schema));
  const [key] = useState(newKey);
  const [checked, setChecked] = useState("");
  const { busy, error, run } = useAction();
  const blueprint = `${found.name}@${found.version}`;
  const request = () => ({ blueprint, input: isJson ? typedJson(text, "The input") : values });
  const check = () =>
    run(async () => {
      setChecked("");
      const answer = await post<{ valid: boolean; faults: Fault[] }>("/jobs", { ...request(), dry_run: true });
      if (!answer.valid) throw new ApiError(422, "invalid_arguments", "It would be refused:", answer.faults);
      setChecked("It would be accepted.");
    });
  const submit = (event: Event) => {
    event.preventDefault();
    run(async () => {
      const { id } = await post<JobStatus>("/jobs", { ...request(), idempotency_key: key });
      goTo(["jobs", id]);
    });
  };
  const switchForm = () => {
    if (!isJson) setText(jsonText(values));
    setJson(!isJson);
  };
  return (
    <Dialog title={`Run ${blueprint}`} onClose={onClose}>
      <form onSubmit={submit}>
        {isJson ? (
          <label class="field">
            <span>Input, as JSON</span>
            <textarea
              name="input"
              spellcheck={false}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        ) : (
          <SchemaFields schema={schema} values={values} onChange={setValues} />
        )}
        {isFlat(schema) && (
          <button type="button" class="plain start" onClick={switchForm}>
            {isJson ? "As a form" : "As JSON"}
          </button>
        )}
        <DialogEnd error={error} note={checked} onClose={onClose}>
          <Act
            call={mcpCall("jobs_submit_blueprint", { blueprint, input: values, dry_run: true })}
            disabled={busy}
            onClick={check}
          >
            Check
          </Act>
          <Act
            type="submit"
            class="primary"
            disabled={busy}
            call={mcpCall("jobs_submit_blueprint", { blueprint, input: values })}
          >
            Run
          </Act>
        </DialogEnd>
      </form>
    </Dialog>
  );
}
