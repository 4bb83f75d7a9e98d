import { useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import type { Fault } from "../../../src/lib/fault.ts";
import { ApiError, post, typedJson } from "../../lib/api.ts";
import { useAction } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { goTo } from "../../lib/router.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog, DialogEnd } from "../../parts/dialog.tsx";

interface SubmitProps {
  /** Name of the blueprint to begin with. */
  blueprint?: string;
  input?: string;
  onClose: () => void;
  onDone?: () => void;
}

/** A plan in braces is sent as it stands, a name as the name. */
const planOf = (text: string): unknown =>
  text.trim().startsWith("{") ? typedJson(text, "The blueprint") : text.trim();

function callOf(plan: string, args: string): string {
  try {
    return mcpCall("jobs_submit_blueprint", { blueprint: planOf(plan), input: typedJson(args, "The input") });
  } catch {
    return "jobs_submit_blueprint";
  }
}

/** One key a window: a second click, or one after a broken connection, makes no second job. */
const newKey = (): string => `ui-${crypto.randomUUID()}`;

export function SubmitDialog({ blueprint = "", input = "{}", onClose, onDone }: SubmitProps) {
  const [plan, setPlan] = useState(blueprint);
  const [args, setArgs] = useState(input);
  const [key] = useState(newKey);
  const [checked, setChecked] = useState("");
  const { busy, error, run } = useAction();
  const request = () => ({ blueprint: planOf(plan), input: typedJson(args, "The input") });
  const submit = (event: Event) => {
    event.preventDefault();
    run(async () => {
      const { id } = await post<JobStatus>("/jobs", { ...request(), idempotency_key: key });
      onDone?.();
      onClose();
      goTo(["jobs", id]);
    });
  };
  const check = () =>
    run(async () => {
      setChecked("");
      const { valid, faults } = await post<{ valid: boolean; faults: Fault[] }>("/jobs", {
        ...request(),
        dry_run: true,
      });
      if (!valid) throw new ApiError(422, "invalid_arguments", "It would be refused:", faults);
      setChecked("It would be accepted.");
    });
  return (
    <Dialog title="New job" onClose={onClose}>
      <form onSubmit={submit}>
        <label class="field">
          <span>Blueprint: a name, name@version, or a plan as JSON</span>
          <textarea required name="blueprint" value={plan} onInput={(event) => setPlan(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>Input, as JSON</span>
          <textarea name="input" value={args} onInput={(event) => setArgs(event.currentTarget.value)} />
        </label>
        <DialogEnd error={error} note={checked} onClose={onClose}>
          <button type="button" disabled={busy || plan === ""} onClick={check}>
            Check
          </button>
          <Act type="submit" class="primary" disabled={busy} call={callOf(plan, args)}>
            Submit
          </Act>
        </DialogEnd>
      </form>
    </Dialog>
  );
}
