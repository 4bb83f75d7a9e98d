import * as z from "zod";
import { JOB_STATUSES } from "../../jobs/status.ts";
import { JobRow, JobStatus } from "../../jobs/view.ts";
import { OPEN_FIELDS } from "../../service/answers/withheld-faults.ts";
import { mayRead, type ServiceContext } from "../../service/context.ts";

/** Jobs as the routes answer them. A key that may not read sees the first fields only. */

export const JobView = JobStatus.partial()
  .required({ id: true, status: true })
  .meta({ id: "Job", description: "A job. A key without jobs:read sees id and status only." });

export const SubmittedView = JobView.extend({ deduplicated: z.boolean() }).meta({ id: "SubmittedJob" });
export const CancelledView = JobView.extend({ changed: z.boolean() }).meta({ id: "CancelledJob" });

export const BatchView = z
  .strictObject({ batch_id: z.string(), count: z.int(), job_ids: z.array(z.string()), deduplicated: z.boolean() })
  .meta({ id: "Batch" });

export const BatchReportView = z
  .strictObject({
    batch_id: z.string(),
    count: z.int(),
    statuses: z.partialRecord(z.enum(JOB_STATUSES), z.int()),
    timed_out: z.boolean(),
  })
  .meta({ id: "BatchReport" });

export const FaultView = z
  .strictObject({ path: z.string(), message: z.string(), fix: z.string() })
  .meta({ id: "Fault" });

export const DryRunView = z
  .strictObject({ valid: z.boolean(), blueprint: z.string(), faults: z.array(FaultView) })
  .meta({ id: "DryRun" });

export const JobListView = z
  .strictObject({ jobs: z.array(JobRow.meta({ id: "JobRow" })), next_cursor: z.string().nullable() })
  .meta({ id: "JobList" });

export const ExplanationView = z
  .strictObject({
    status: JobView,
    plan: z.record(z.string(), z.json()),
    input: z.json(),
    outputs: z.record(z.string(), z.json()).describe("By step; large ones are left out."),
    similar: z.array(JobRow).describe("Newest failures of the same blueprint and error code."),
    filled: z
      .union([z.strictObject({ value: z.json() }), z.strictObject({ fault: z.string() })])
      .optional()
      .describe("The step that was asked for with its expressions replaced, or why it cannot be told."),
  })
  .meta({ id: "Explanation" });

const WaitRowView = JobRow.extend(
  JobStatus.pick({
    step: true,
    message: true,
    input_requests: true,
    result: true,
    error_code: true,
    run_at: true,
    wakes_at: true,
  }).shape,
).meta({ id: "WaitedJob" });

export const WaitView = z
  .strictObject({ jobs: z.array(WaitRowView), timed_out: z.boolean() })
  .meta({ id: "WaitReport" });

export const ResultView = z
  .strictObject({ text: z.string(), next_offset: z.int().nullable(), total_bytes: z.int() })
  .meta({ id: "ResultPage" });

export const DeletedView = z.strictObject({ deleted: z.literal(true) }).meta({ id: "Deleted" });

/** The job as whoever asked may see it. */
export function shown<T extends JobStatus>(job: T, context: Pick<ServiceContext, "scopes">): Partial<T> {
  if (mayRead(context)) return job;
  const open = OPEN_FIELDS.filter((field) => field in job);
  return Object.fromEntries(open.map((field) => [field, Reflect.get(job, field)])) as Partial<T>;
}
