import {
  isSettled,
  type JobRow,
  type JobStatusName,
  type ListArgs,
  type WaitReport,
} from "../../../client/src/index.ts";
import {
  type Command,
  EXIT,
  type ExitCode,
  type Invocation,
  numberOf,
  objectOf,
  textOf,
  UsageError,
} from "../command.ts";
import { bar, show, showRows } from "../output.ts";
import { exitOf, SUBMIT_OPTIONS, submitArgs, tellQuestions } from "./job-arguments.ts";

/** How often a person sees where a job is. */
const LOOK_SECONDS = 2;
const ROW = ["id", "status", "name", "error", "progress", "submitted_at"];

const submit: Command = {
  name: "submit",
  usage: "BLUEPRINT",
  summary: "Submit a job and print it; it goes on by itself.",
  options: { ...SUBMIT_OPTIONS, "dry-run": { type: "boolean", summary: "only check" } },
  run: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const args = await submitArgs(invocation);
    if (values["dry-run"] === true) {
      const checked = await client().dryRun(args, { signal });
      show(out, checked);
      return checked.valid ? EXIT.succeeded : EXIT.usage;
    }
    show(out, await client().submit(args, { signal }), out.isHuman ? ROW : undefined);
    return EXIT.succeeded;
  },
};

/** Waits with a bar for a person, and in as few calls as possible for a program. */
async function awaitJobs(
  ids: string[],
  until: "all" | "any",
  { client, out, values, signal }: Invocation,
): Promise<WaitReport> {
  const timeout_seconds = numberOf(values, "timeout");
  const deadline = timeout_seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout_seconds * 1_000;
  for (;;) {
    const left = Math.max(0, (deadline - Date.now()) / 1_000);
    const step = out.isHuman ? Math.min(left, LOOK_SECONDS) : left;
    const report = await client().wait(ids, { until, signal, ...(Number.isFinite(step) && { timeout_seconds: step }) });
    const open = report.jobs.find((job) => !isSettled(job));
    if (open !== undefined)
      out.progress(bar(open, [open.step, open.message].filter((text) => text !== null).join(": "), out.terminal));
    if (!report.timed_out || Date.now() >= deadline) return report;
  }
}

const TIMEOUT = { timeout: { type: "string", summary: "seconds to wait at most; the job goes on" } } as const;

const run: Command = {
  name: "run",
  usage: "BLUEPRINT",
  summary: "Submit a job, wait for it, and print its result.",
  options: { ...SUBMIT_OPTIONS, ...TIMEOUT },
  run: async (invocation): Promise<ExitCode> => {
    const { client, out, signal } = invocation;
    const args = await submitArgs(invocation);
    if ("inputs" in args || "dry_run" in args) throw new UsageError("run waits for one job: submit takes such a file.");
    const { id } = await client().submit(args, { signal });
    const { jobs } = await awaitJobs([id], "all", invocation);
    const code = exitOf(jobs);
    if (code === EXIT.succeeded) {
      out.note(`Job ${id} succeeded.`);
      out.line(JSON.stringify(await client().result(id, { signal }), null, out.isHuman ? 2 : 0));
      return code;
    }
    tellQuestions(jobs, invocation);
    for (const { status, error } of jobs) out.note(`Job ${id} is ${status}${error === null ? "" : `: ${error}`}.`);
    return code;
  },
};

const wait: Command = {
  name: "wait",
  usage: "JOB_ID...",
  summary: "Wait until jobs have settled or ask.",
  options: { ...TIMEOUT, any: { type: "boolean", summary: "until one of them has" } },
  run: async (invocation) => {
    const { positionals, values, out } = invocation;
    if (positionals.length === 0) throw new UsageError("JOB_ID is missing.");
    const { jobs } = await awaitJobs([...positionals], values.any === true ? "any" : "all", invocation);
    showRows(out, jobs, ROW);
    tellQuestions(jobs, invocation);
    return exitOf(values.any === true ? jobs.filter((job) => isSettled(job) || job.input_requests.length > 0) : jobs);
  },
};

const list: Command = {
  name: "list",
  usage: "",
  summary: "List jobs, newest first.",
  options: {
    status: { type: "string", summary: "one or several, with commas" },
    blueprint: { type: "string", summary: "name, name@version or inline" },
    metadata: { type: "string", summary: "JSON object of equalities" },
    limit: { type: "string", summary: "rows; 20 when left out" },
  },
  run: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const most = numberOf(values, "limit") ?? 20;
    const metadata = await objectOf(invocation, "metadata");
    const args = {
      status: (textOf(values, "status")?.split(",") ?? []) as JobStatusName[],
      blueprint: textOf(values, "blueprint"),
      metadata: metadata as ListArgs["metadata"],
      limit: Math.min(most, 100),
    };
    const rows: JobRow[] = [];
    for await (const row of client().list(args, { signal })) {
      if (rows.push(row) >= most) break;
    }
    showRows(out, rows, [...ROW, "blueprint"]);
    return EXIT.succeeded;
  },
};

export const SUBMIT_COMMANDS: readonly Command[] = [submit, run, wait, list];
