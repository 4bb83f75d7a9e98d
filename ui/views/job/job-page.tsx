import { useEffect, useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { get, post, streamUrl } from "../../lib/api.ts";
import { ago, exactTime } from "../../lib/format.ts";
import { lazy } from "../../lib/lazy.ts";
import { type Loaded, useLive, useNow } from "../../lib/live.ts";
import { hrefOf } from "../../lib/router.ts";
import { JsonCard } from "../../parts/json-card.tsx";
import { Problem } from "../../parts/problem.tsx";
import { Progress, Status } from "../../parts/status.tsx";
import { JobActions } from "./actions.tsx";
import { type Answer, Questions } from "./questions.tsx";
import { Relatives } from "./relatives.tsx";
import { RetryDialog } from "./retry-dialog.tsx";
import { StepDrawer } from "./step-drawer.tsx";
import { StepViews } from "./step-views.tsx";
import { Timeline } from "./timeline.tsx";
import { took, Verdict } from "./verdict.tsx";

const Compare = lazy<{ job: JobStatus }>(async () => (await import("./compare.tsx")).Compare);
const Postmortem = lazy<{ id: string }>(async () => (await import("./postmortem.tsx")).Postmortem);

const isOver = ({ completed_at }: JobStatus): boolean => completed_at !== null;

/** The job whole, told again by the server whenever it changes; asked for again when the stream is silent. */
function useJob(id: string): Loaded<JobStatus> {
  const load = () => get<JobStatus>(`/jobs/${encodeURIComponent(id)}`, { include: ["steps", "events", "blueprint"] });
  const loaded = useLive(id, load, (job) => (isOver(job) ? 0 : 2_000));
  const over = loaded.value !== undefined && isOver(loaded.value);
  const { reload } = loaded;
  useEffect(() => {
    if (over) return;
    const source = new EventSource(streamUrl(id));
    source.addEventListener("job", reload);
    source.addEventListener("status", reload);
    return () => source.close();
  }, [id, over]);
  return loaded;
}

function Facts({ job, now }: { job: JobStatus; now: number }) {
  const facts: [string, preact.ComponentChildren][] = [
    ["Id", <code key="id">{job.id}</code>],
    ["Blueprint", job.blueprint],
    ["Submitted", `${exactTime(job.submitted_at)} (${ago(job.submitted_at, now)})`],
    ["By", job.submitted_by],
    ["Took", job.started_at === null ? undefined : took(job, now)],
    ["Error code", job.error_code && <code key="code">{job.error_code}</code>],
    ["Parent", job.parent_id && <JobLink key="parent" id={job.parent_id} />],
    ["Trigger", job.trigger && <a href={hrefOf(["triggers", job.trigger])}>{job.trigger}</a>],
    ["Batch", job.batch_id && <a href={hrefOf(["jobs"], { batch_id: job.batch_id })}>{job.batch_id}</a>],
    ["Retry of", job.retried_from && <JobLink key="retried" id={job.retried_from} />],
    ["Purged", job.expires_at && ago(job.expires_at, now)],
    ["Metadata", Object.keys(job.metadata).length > 0 && <code key="meta">{JSON.stringify(job.metadata)}</code>],
  ];
  return (
    <section class="card">
      <h2>About</h2>
      <dl class="facts">
        {facts.map(([name, value]) => value && [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value}</dd>])}
      </dl>
    </section>
  );
}

const JobLink = ({ id }: { id: string }) => (
  <a class="mono" href={hrefOf(["jobs", id])}>
    {id}
  </a>
);

type Panel = "Compare" | "Postmortem";
const PANELS: readonly Panel[] = ["Postmortem", "Compare"];

/** What takes a look of its own. */
function Panels({ job }: { job: JobStatus }) {
  const [open, setOpen] = useState<Panel>();
  return (
    <>
      <p class="chips panels">
        {PANELS.map((panel) => (
          <button
            key={panel}
            type="button"
            aria-pressed={panel === open}
            onClick={() => setOpen(panel === open ? undefined : panel)}
          >
            {panel}
          </button>
        ))}
      </p>
      {open === "Compare" && <Compare job={job} />}
      {open === "Postmortem" && <Postmortem id={job.id} />}
    </>
  );
}

export function JobPage({ id }: { id: string }) {
  const { value: job, error, reload } = useJob(id);
  const [picked, setPicked] = useState<string>();
  const [at, setAt] = useState<number>();
  const [isRetrying, setRetrying] = useState(false);
  const now = useNow(job === undefined || !isOver(job));
  if (job === undefined) return <Problem error={error} />;
  const step = job.steps?.find((each) => each.id === picked);
  const answer = async ({ job_id, ...body }: Answer) => {
    await post(`/jobs/${encodeURIComponent(job_id)}/respond`, body);
    reload();
  };
  return (
    <>
      <div class="head">
        <h1>{job.name}</h1>
        <Status of={job.status} />
        <JobActions job={job} step={picked} onChange={reload} />
      </div>
      <Problem error={error} />
      <Verdict job={job} now={now} />
      <Progress share={job.progress} status={job.status} />
      <br />
      <Questions job={job} onAnswer={answer} />
      <StepViews {...{ job, now, picked, onPick: setPicked, at, onMove: setAt }} />
      {isRetrying && <RetryDialog job={job} step={picked} onClose={() => setRetrying(false)} />}
      {step && (
        <StepDrawer
          key={step.id}
          {...{ job, step, onRetry: () => setRetrying(true), onClose: () => setPicked(undefined) }}
        />
      )}
      <JsonCard title="Result" value={job.result} isOpen />
      <Relatives job={job} now={now} />
      <div class="columns">
        <Timeline events={job.events ?? []} step={picked} at={at} onMove={setAt} />
        <Facts job={job} now={now} />
      </div>
      <Panels job={job} />
      <JsonCard title="Plan" value={job.plan} isOpen={false} />
    </>
  );
}
