import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { type Json, type Work, WorkFailed } from "../../../client/src/index.ts";
import { type Command, EXIT, numberOf, textOf, UsageError } from "../command.ts";
import { safe } from "../table.ts";

const events: Command = {
  name: "events",
  usage: "",
  summary: "Print what happens in the tenant, until it is stopped.",
  options: {
    names: { type: "string", summary: "only these, with commas: job.settled, job.input_required" },
    job: { type: "string", summary: "only of this job" },
    cursor: { type: "string", summary: "where an earlier reading was" },
    limit: { type: "string", summary: "stop after so many" },
  },
  run: async ({ client, out, values, signal }) => {
    const names = textOf(values, "names")?.split(",");
    const args = { names, job_id: textOf(values, "job"), cursor: textOf(values, "cursor") };
    let left = numberOf(values, "limit") ?? Number.POSITIVE_INFINITY;
    for await (const event of client().events(args, { signal })) {
      const { at, name, data } = event;
      out.line(out.isHuman ? `${at}  ${name}  ${safe(JSON.stringify(data))}` : JSON.stringify(event));
      left -= 1;
      if (left <= 0) break;
    }
    return EXIT.succeeded;
  },
};

const parsed = (output: string): Json => {
  try {
    return JSON.parse(output);
  } catch {
    return output.replace(/\r?\n$/, "");
  }
};

/** Runs the program for one claim: the input as JSON on stdin, the output from stdout, as JSON or as text without its last line end. */
async function runProgram(
  [program = "", ...args]: readonly string[],
  { input, job_id, step, queue, signal }: Work,
): Promise<Json> {
  const env = { ...process.env, EDGE_JOBS_JOB_ID: job_id, EDGE_JOBS_STEP: step, EDGE_JOBS_QUEUE: queue };
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"], env, signal });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A program that reads nothing may end before all is written.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(input));
  const [output, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw new WorkFailed(`${program} ended with ${code ?? "a signal"}.`, { code: "exit_code" });
  return parsed(output);
}

const work: Command = {
  name: "work",
  usage: "--queues NAMES -- COMMAND ...",
  summary: "Run a program for each step that waits in a queue: its input on stdin, its output from stdout.",
  options: {
    queues: { type: "string", summary: "names of queues, with commas" },
    concurrency: { type: "string", summary: "programs at the same time; 1 when left out" },
    name: { type: "string", summary: "of this worker, for those who look at the queue" },
  },
  run: async ({ client, out, positionals, values, signal }) => {
    const queues = textOf(values, "queues")?.split(",") ?? [];
    if (queues.length === 0) throw new UsageError("--queues is missing.");
    if (positionals.length === 0) throw new UsageError("COMMAND is missing; it stands behind --.");
    const options = { queues, concurrency: numberOf(values, "concurrency"), name: textOf(values, "name"), signal };
    out.note(`Working on ${queues.join(", ")}.`);
    await client().work((claim) => {
      out.note(`${claim.job_id} ${claim.step}`);
      return runProgram(positionals, claim);
    }, options);
    return EXIT.succeeded;
  },
};

export const STREAM_COMMANDS: readonly Command[] = [events, work];
