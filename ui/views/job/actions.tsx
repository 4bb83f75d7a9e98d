import { useState } from "preact/hooks";
import { isSettled } from "../../../src/jobs/status.ts";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { post, remove } from "../../lib/api.ts";
import { useAction } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { goTo } from "../../lib/router.ts";
import { useKeys } from "../../lib/shortcuts.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog, DialogEnd } from "../../parts/dialog.tsx";
import { CopyAs } from "./copy-as.tsx";
import { RetryDialog, retryCall } from "./retry-dialog.tsx";

interface ActionsProps {
  job: JobStatus;
  /** The step that is picked. */
  step: string | undefined;
  onChange: () => void;
}

type Asked = "cancel" | "retry" | "delete";

const pathOf = ({ id }: JobStatus): string => `/jobs/${encodeURIComponent(id)}`;

interface WindowProps {
  job: JobStatus;
  onChange: () => void;
  onClose: () => void;
}

function CancelDialog({ job, onChange, onClose }: WindowProps) {
  const [reason, setReason] = useState("");
  const { busy, error, run } = useAction();
  const args = reason === "" ? {} : { reason };
  const cancel = (event: Event) => {
    event.preventDefault();
    run(async () => {
      await post(`${pathOf(job)}/cancel`, args);
      onChange();
      onClose();
    });
  };
  return (
    <Dialog title={`Cancel ${job.name}`} onClose={onClose}>
      <form onSubmit={cancel}>
        <p class="quiet">It and its child jobs stop for good. What they did stays done.</p>
        <label class="field">
          <span>Reason, if you like</span>
          <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </label>
        <DialogEnd error={error} onClose={onClose}>
          <Act type="submit" class="danger" disabled={busy} call={mcpCall("jobs_cancel", { job_id: job.id, ...args })}>
            Cancel
          </Act>
        </DialogEnd>
      </form>
    </Dialog>
  );
}

function DeleteDialog({ job, onClose }: WindowProps) {
  const { busy, error, run } = useAction();
  const end = () =>
    run(async () => {
      await remove(pathOf(job));
      goTo(["jobs"]);
    });
  return (
    <Dialog title={`Delete ${job.name}`} onClose={onClose}>
      <p class="quiet">Its result and timeline are gone for good.</p>
      <DialogEnd error={error} onClose={onClose}>
        <Act class="danger" disabled={busy} call={mcpCall("jobs_delete", { job_id: job.id })} onClick={end}>
          Delete
        </Act>
      </DialogEnd>
    </Dialog>
  );
}

/** What can be done to the job as it stands: `c` cancels it, `r` retries it. */
export function JobActions({ job, step, onChange }: ActionsProps) {
  const [asked, setAsked] = useState<Asked>();
  const isOver = isSettled(job.status);
  useKeys((key) => {
    if (key === "c" && !isOver) setAsked("cancel");
    if (key === "r" && isOver) setAsked("retry");
  });
  const close = () => setAsked(undefined);
  const job_id = job.id;
  return (
    <div class="actions">
      <CopyAs job={job} />
      {isOver && (
        <>
          <Act call={retryCall(job, step)} onClick={() => setAsked("retry")}>
            Retry
          </Act>
          <Act call={mcpCall("jobs_delete", { job_id })} class="danger" onClick={() => setAsked("delete")}>
            Delete
          </Act>
        </>
      )}
      {!isOver && (
        <Act call={mcpCall("jobs_cancel", { job_id })} class="danger" onClick={() => setAsked("cancel")}>
          Cancel
        </Act>
      )}
      {asked === "cancel" && <CancelDialog job={job} onChange={onChange} onClose={close} />}
      {asked === "delete" && <DeleteDialog job={job} onChange={onChange} onClose={close} />}
      {asked === "retry" && <RetryDialog job={job} step={step} onClose={close} />}
    </div>
  );
}
