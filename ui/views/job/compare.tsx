import { useState } from "preact/hooks";
import type { JobStatus, StepView } from "../../../src/jobs/view.ts";
import { get, type JobPage } from "../../lib/api.ts";
import { useCommitted } from "../../lib/committed.ts";
import { exactTime, jsonText, lengthOf } from "../../lib/format.ts";
import { useLive } from "../../lib/live.ts";
import { Differences } from "../../parts/differences/differences.tsx";
import { Problem } from "../../parts/problem.tsx";
import { ScrollingTable } from "../../parts/scrolling.tsx";
import { Status } from "../../parts/status.tsx";

const CHOICES = 20;

const include = ["steps", "blueprint"];
const tookMs = ({ started_at, completed_at }: StepView): number | undefined =>
  started_at === null || completed_at === null ? undefined : Date.parse(completed_at) - Date.parse(started_at);

function Cell({ step }: { step: StepView | undefined }) {
  if (step === undefined) return <td class="quiet">not in its plan</td>;
  const ms = tookMs(step);
  return (
    <td>
      <i class={`dot ${step.status}`} /> {step.status} {ms !== undefined && lengthOf(ms)}
      {step.tries > 1 && `, ${step.tries} tries`}
      {step.error !== null && <span class="under bad-ink">{step.error}</span>}
    </td>
  );
}

function Steps({ mine, other }: { mine: JobStatus; other: JobStatus }) {
  const ids = [...new Set([...(mine.steps ?? []), ...(other.steps ?? [])].map(({ id }) => id))];
  const find = ({ steps = [] }: JobStatus, id: string) => steps.find((step) => step.id === id);
  return (
    <ScrollingTable label="Steps of both">
      <thead>
        <tr>
          <th>Step</th>
          <th>
            This run <Status of={mine.status} />
          </th>
          <th>
            The other <Status of={other.status} />
          </th>
        </tr>
      </thead>
      <tbody>
        {ids.map((id) => (
          <tr key={id}>
            <th scope="row">{id}</th>
            <Cell step={find(mine, id)} />
            <Cell step={find(other, id)} />
          </tr>
        ))}
      </tbody>
    </ScrollingTable>
  );
}

function Compared({ job, id }: { job: JobStatus; id: string }) {
  const load = () => get<JobStatus>(`/jobs/${encodeURIComponent(id)}`, { include });
  const { value: other, error } = useLive(id, load, () => 0);
  if (other === undefined) return <Problem error={error} />;
  return (
    <>
      <Steps mine={job} other={other} />
      <h3>Results, the other's before</h3>
      <Differences before={jsonText(other.result)} after={jsonText(job.result)} />
      <h3>Plans</h3>
      <Differences before={jsonText(other.plan)} after={jsonText(job.plan)} />
    </>
  );
}

/** Beside another run, of the same blueprint unless its id is given. */
export function Compare({ job }: { job: JobStatus }) {
  const [id, setId] = useState(job.retried_from ?? "");
  const { value } = useLive(
    `runs ${job.blueprint}`,
    () => get<JobPage>("/jobs", { blueprint: job.blueprint, limit: CHOICES }),
    () => 0,
  );
  const others = (value?.jobs ?? []).filter((other) => other.id !== job.id);
  return (
    <section class="card">
      <h2>Compare with another run</h2>
      <label class="field">
        <span>Its id</span>
        <input list="runs" placeholder="job_..." {...useCommitted(id, setId)} />
      </label>
      <datalist id="runs">
        {others.map((other) => (
          <option key={other.id} value={other.id}>
            {other.status}, {exactTime(other.submitted_at)}
          </option>
        ))}
      </datalist>
      {id !== "" && <Compared key={id} job={job} id={id} />}
    </section>
  );
}
