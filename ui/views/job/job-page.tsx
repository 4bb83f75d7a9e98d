import { useEffect, useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { get, streamUrl } from "../../lib/api.ts";
import { ago, exactTime, jsonText, lengthOf } from "../../lib/format.ts";
import { type Loaded, useLive, useNow } from "../../lib/live.ts";
import { hrefOf } from "../../lib/router.ts";
import { Problem } from "../../parts/problem.tsx";
import { Progress, Status } from "../../parts/status.tsx";
import { JobActions } from "./actions.tsx";
import { Questions } from "./questions.tsx";
import { Timeline } from "./timeline.tsx";
import { Waterfall } from "./waterfall.tsx";

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

function verdict(job: JobStatus, now: number): string {
  const { status, step, message, error, run_at, wakes_at } = job;
  const doing = [step && `at ${step}`, message].filter(Boolean).join(": ");
  switch (status) {
    case "queued":
      return run_at === undefined ? "It waits for its turn." : `It starts ${ago(run_at, now)}.`;
    case "running":
      return `It runs${doing === "" ? "" : `, ${doing}`}.${wakes_at === undefined ? "" : ` It wakes ${ago(wakes_at, now)}.`}`;
    case "input_required":
      return "It asks, and goes on with an answer.";
    case "succeeded":
      return `It succeeded after ${took(job, now)}.`;
    case "failed":
      return `It failed after ${took(job, now)}: ${error ?? ""}`;
    default:
      return `It was cancelled. ${error ?? ""}`;
  }
}

function took({ submitted_at, started_at, completed_at }: JobStatus, now: number): string {
  const end = completed_at === null ? now : Date.parse(completed_at);
  return lengthOf(end - Date.parse(started_at ?? submitted_at));
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

function Text({ title, value, isOpen }: { title: string; value: unknown; isOpen: boolean }) {
  if (value === null || value === undefined) return null;
  return (
    <details class="card" open={isOpen}>
      <summary>
        <strong>{title}</strong>
      </summary>
      <pre>{jsonText(value)}</pre>
    </details>
  );
}

export function JobPage({ id }: { id: string }) {
  const { value: job, error, reload } = useJob(id);
  const [step, setStep] = useState<string>();
  const now = useNow(job === undefined || !isOver(job));
  if (job === undefined) return <Problem error={error} />;
  return (
    <>
      <div class="head">
        <h1>{job.name}</h1>
        <Status of={job.status} />
        <JobActions job={job} step={step} onChange={reload} />
      </div>
      <Problem error={error} />
      <p class={`verdict ${job.status === "failed" ? "bad-ink" : ""}`}>{verdict(job, now)}</p>
      <Progress share={job.progress} status={job.status} />
      <br />
      <Questions job={job} onChange={reload} />
      <Waterfall job={job} now={now} picked={step} onPick={setStep} />
      <Text title="Result" value={job.result} isOpen />
      <div class="columns">
        <Timeline events={job.events ?? []} step={step} />
        <Facts job={job} now={now} />
      </div>
      <Text title="Plan" value={job.plan} isOpen={false} />
    </>
  );
}
