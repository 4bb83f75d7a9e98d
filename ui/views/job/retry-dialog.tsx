import { useEffect, useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { get, post, typedJson } from "../../lib/api.ts";
import { jsonText } from "../../lib/format.ts";
import { useAction } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { goTo } from "../../lib/router.ts";
import type { Explanation } from "../../lib/types.ts";
import { Act } from "../../parts/act.tsx";
import { Dialog, DialogEnd } from "../../parts/dialog.tsx";

interface RetryProps {
  job: JobStatus;
  /** The step that is picked. */
  step: string | undefined;
  onClose: () => void;
}

/** The input as it is edited: it begins as the job's, unless that holds what may not be shown. */
function useInput({ id }: JobStatus) {
  const [first, setFirst] = useState("");
  const [text, setText] = useState("");
  useEffect(() => {
    void get<Explanation>(`/jobs/${encodeURIComponent(id)}/explanation`).then(({ input }) => {
      const known = jsonText(input);
      if (known.includes("[redacted]")) return;
      setFirst(known);
      setText((typed) => (typed === "" ? known : typed));
    });
  }, []);
  return { text, setText, isEdited: text.trim() !== "" && text !== first };
}

/** The step to begin at; none: the first that is unfinished. A job that has succeeded has no such step. */
const beginOf = ({ status, steps = [] }: JobStatus, picked: string | undefined): string =>
  picked ?? (status === "succeeded" ? (steps[0]?.id ?? "") : "");

const callOf = ({ id }: JobStatus, from: string): string =>
  mcpCall("jobs_retry", { job_id: id, ...(from !== "" && { from_step: from }) });

/** What an agent would call to retry the job, with that step picked. */
export const retryCall = (job: JobStatus, picked: string | undefined): string => callOf(job, beginOf(job, picked));

/** A new job that goes on where this one stopped; only what was edited is sent with it. */
export function RetryDialog({ job, step, onClose }: RetryProps) {
  const [from, setFrom] = useState(beginOf(job, step));
  const input = useInput(job);
  const first = jsonText(job.plan);
  const [plan, setPlan] = useState(first);
  const { busy, error, run } = useAction();
  const change = () => ({
    ...(from !== "" && { from_step: from }),
    ...(input.isEdited && { input: typedJson(input.text, "The input") }),
    ...(plan !== first && { blueprint: typedJson(plan, "The plan") }),
  });
  const retry = (event: Event) => {
    event.preventDefault();
    run(async () => {
      const { id } = await post<JobStatus>(`/jobs/${encodeURIComponent(job.id)}/retry`, change());
      onClose();
      goTo(["jobs", id]);
    });
  };
  return (
    <Dialog title={`Retry ${job.name}`} onClose={onClose} isWide>
      <form onSubmit={retry}>
        <p class="quiet">A new job goes on from a step of this one: steps before it are not run again.</p>
        <label class="field">
          <span>From</span>
          <select name="from" value={from} onChange={(event) => setFrom(event.currentTarget.value)}>
            {job.status !== "succeeded" && <option value="">the first unfinished step</option>}
            {(job.steps ?? []).map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Input; another one, without a step to begin from, runs all steps again</span>
          <textarea
            name="input"
            spellcheck={false}
            value={input.text}
            onInput={(event) => input.setText(event.currentTarget.value)}
          />
        </label>
        <details>
          <summary>Plan, to be corrected</summary>
          <textarea
            name="plan"
            aria-label="Plan"
            class="tall"
            spellcheck={false}
            value={plan}
            onInput={(event) => setPlan(event.currentTarget.value)}
          />
        </details>
        <DialogEnd error={error} onClose={onClose}>
          <Act type="submit" class="primary" disabled={busy} call={callOf(job, from)}>
            Retry
          </Act>
        </DialogEnd>
      </form>
    </Dialog>
  );
}
