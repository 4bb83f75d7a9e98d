import { useState } from "preact/hooks";
import { isSettled, type JobStatusName } from "../../../src/jobs/status.ts";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { post, remove, typedJson } from "../../lib/api.ts";
import { useAction } from "../../lib/live.ts";
import { goTo } from "../../lib/router.ts";
import { Copy } from "../../parts/copy.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Problem } from "../../parts/problem.tsx";

interface ActionsProps {
  job: JobStatus;
  /** The step that is picked. */
  step: string | undefined;
  onChange: () => void;
}

type Asked = "cancel" | "retry" | "delete";

const pathOf = ({ id }: JobStatus): string => `/jobs/${encodeURIComponent(id)}`;

const NAMES: Record<Asked, string> = { cancel: "Cancel", retry: "Retry", delete: "Delete" };

const CONSEQUENCES: Record<Asked, string> = {
  cancel: "It and its child jobs stop for good. What they did stays done.",
  retry: "A new job goes on where this one stopped: finished steps are not run again.",
  delete: "Its result and timeline are gone for good.",
};

const inputOf = (text: string): object => (text.trim() === "" ? {} : { input: typedJson(text, "The input") });

function Confirm({ asked, job, step, onChange, onClose }: ActionsProps & { asked: Asked; onClose: () => void }) {
  const [text, setText] = useState("");
  const { busy, error, run } = useAction();
  const acts: Record<Asked, () => Promise<void>> = {
    cancel: async () => {
      await post(`${pathOf(job)}/cancel`, text === "" ? {} : { reason: text });
      onChange();
    },
    retry: async () => {
      const from = step === undefined ? {} : { from_step: step };
      const { id } = await post<JobStatus>(`${pathOf(job)}/retry`, { ...from, ...inputOf(text) });
      goTo(["jobs", id]);
    },
    delete: async () => {
      await remove(pathOf(job));
      goTo(["jobs"]);
    },
  };
  const submit = (event: Event) => {
    event.preventDefault();
    run(async () => {
      await acts[asked]();
      onClose();
    });
  };
  const label = { cancel: "Reason, if you like", retry: "Another input as JSON, if you like", delete: "" }[asked];
  return (
    <Dialog title={`${NAMES[asked]} ${job.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <p class="quiet">
          {CONSEQUENCES[asked]} {asked === "retry" && step !== undefined && `It begins at ${step}.`}
        </p>
        {label !== "" && (
          <label class="field">
            <span>{label}</span>
            <input value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </label>
        )}
        <Problem error={error} />
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" class={asked === "retry" ? "primary" : "danger"} disabled={busy}>
            {NAMES[asked]}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const possible = (status: JobStatusName): Asked[] => {
  if (!isSettled(status)) return ["cancel"];
  return ["retry", "delete"];
};

export function JobActions(props: ActionsProps) {
  const { job } = props;
  const [asked, setAsked] = useState<Asked>();
  const call = `jobs_get_status ${JSON.stringify({ job_id: job.id, include: ["steps", "events"] })}`;
  return (
    <div class="actions">
      <Copy text={call} label="Copy MCP call" />
      {possible(job.status).map((act) => (
        <button key={act} type="button" class={act === "retry" ? "" : "danger"} onClick={() => setAsked(act)}>
          {NAMES[act]}
        </button>
      ))}
      {asked && <Confirm {...props} asked={asked} onClose={() => setAsked(undefined)} />}
    </div>
  );
}
