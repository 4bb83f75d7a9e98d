import { isSettled } from "../../src/jobs/status.ts";
import type { JobStatus } from "../../src/jobs/view.ts";
import { useAction, useNow } from "../lib/live.ts";
import { mcpCall } from "../lib/mcp-call.ts";
import { Act } from "../parts/act.tsx";
import { JsonCard } from "../parts/json-card.tsx";
import { Problem } from "../parts/problem.tsx";
import { Progress, Status } from "../parts/status.tsx";
import { Questions } from "../views/job/questions.tsx";
import { Verdict } from "../views/job/verdict.tsx";
import { Waterfall } from "../views/job/waterfall.tsx";
import type { Followed } from "./followed-job.ts";

/** Calls a tool for the job. */
type Call = (tool: string, args: object) => Promise<void>;

/** @param call undefined: the host calls no tools, so nothing can be done here */
function Job({ job, error, call }: { job: JobStatus; error: Followed["error"]; call: Call | undefined }) {
  const isOver = isSettled(job.status);
  const now = useNow(!isOver);
  const cancelling = useAction();
  const { id: job_id, steps = [] } = job;
  return (
    <>
      <div class="head">
        <h1>{job.name}</h1>
        <Status of={job.status} />
        {call && !isOver && (
          <div class="actions">
            <Act
              class="danger"
              disabled={cancelling.busy}
              call={mcpCall("jobs_cancel", { job_id })}
              onClick={() => cancelling.run(() => call("jobs_cancel", { job_id }))}
            >
              Cancel
            </Act>
          </div>
        )}
      </div>
      <Problem error={error ?? cancelling.error} />
      <Verdict job={job} now={now} />
      <Progress share={job.progress} status={job.status} />
      {call && <Questions job={job} onAnswer={(answer) => call("jobs_respond", answer)} />}
      {steps.length > 0 && <Waterfall job={job} steps={steps} now={now} />}
      <JsonCard title="Result" value={job.result} isOpen />
    </>
  );
}

export function ProgressPage({ job, error, call }: Followed & { call: Call | undefined }) {
  if (job === undefined) return <p class="quiet">Waiting for the job.</p>;
  if (job === null) return <p class="quiet">There is no job to follow here.</p>;
  return <Job key={job.id} job={job} error={error} call={call} />;
}
