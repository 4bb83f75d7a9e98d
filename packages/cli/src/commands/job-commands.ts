import type { Answer, Job } from "../../../client/src/index.ts";
import { argument, type Command, EXIT, objectOf, textOf, UsageError } from "../command.ts";
import { show, showPart } from "../output.ts";
import { painted, safe } from "../table.ts";
import { exitOf, tellQuestions } from "./job-arguments.ts";

const get: Command = {
  name: "get",
  usage: "JOB_ID",
  summary: "Print one job: its status, steps, timeline or result.",
  options: {
    steps: { type: "boolean", summary: "with the state of each step" },
    events: { type: "boolean", summary: "with the timeline" },
    plan: { type: "boolean", summary: "with the blueprint that it runs" },
    result: { type: "boolean", summary: "only the result, however large" },
    pointer: { type: "string", summary: "only the value at this JSON pointer of the result" },
  },
  run: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const id = argument(invocation, 0, "JOB_ID");
    const pointer = textOf(values, "pointer");
    if (values.result === true || pointer !== undefined) {
      out.line(await client().resultText(id, { signal, ...(pointer !== undefined && { pointer }) }));
      return EXIT.succeeded;
    }
    const parts = { steps: values.steps, events: values.events, blueprint: values.plan };
    const include = Object.entries(parts).flatMap(([name, isWanted]) => (isWanted === true ? [name] : []));
    const { steps, events, ...job } = await client().get(id, { signal, include });
    show(out, out.isHuman ? job : { ...job, steps, events });
    if (out.isHuman && steps) showPart(out, "Steps", steps, ["id", "status", "type", "tries", "error"]);
    if (out.isHuman && events) showPart(out, "Timeline", events, ["at", "type", "step", "message"]);
    return EXIT.succeeded;
  },
};

const tail: Command = {
  name: "tail",
  usage: "JOB_ID",
  summary: "Follow a job until it has settled.",
  options: {},
  run: async (invocation) => {
    const { client, out, signal } = invocation;
    const id = argument(invocation, 0, "JOB_ID");
    let last: Job | undefined;
    for await (const change of client().follow(id, { signal })) {
      if (!out.isHuman) out.line(JSON.stringify(change));
      if (change.type !== "job") continue;
      last = change.job;
      const { status, progress, step, message } = last;
      const place = [step, message].filter((text) => text !== null).map(safe);
      if (out.isHuman)
        out.line([`${Math.round(progress * 100)}%`.padStart(4), painted(status, out.terminal), ...place].join("  "));
      tellQuestions([last], invocation);
    }
    return exitOf([last ?? (await client().get(id, { signal }))]);
  },
};

const cancel: Command = {
  name: "cancel",
  usage: "JOB_ID...",
  summary: "Stop jobs for good.",
  options: { reason: { type: "string", summary: "why; kept with the job" } },
  run: async ({ client, out, positionals, values, signal }) => {
    if (positionals.length === 0) throw new UsageError("JOB_ID is missing.");
    const reason = textOf(values, "reason");
    for (const id of positionals) {
      const job = await client().cancel(id, { signal, ...(reason !== undefined && { reason }) });
      if (out.isHuman) out.line(`${id} ${job.changed ? "is cancelled" : `was ${job.status} before`}`);
      else out.line(JSON.stringify(job));
    }
    return EXIT.succeeded;
  },
};

const retry: Command = {
  name: "retry",
  usage: "JOB_ID",
  summary: "Run a settled job again as a new one that reuses its finished steps.",
  options: {
    from: { type: "string", summary: "step to run again from" },
    input: { type: "string", summary: "another input: JSON object, @FILE, or - for stdin" },
  },
  run: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const id = argument(invocation, 0, "JOB_ID");
    const args = { from_step: textOf(values, "from"), input: await objectOf(invocation, "input") };
    show(
      out,
      await client().retry(id, args, { signal }),
      out.isHuman ? ["id", "status", "name", "retried_from"] : undefined,
    );
    return EXIT.succeeded;
  },
};

const respond: Command = {
  name: "respond",
  usage: "JOB_ID REQUEST_ID accept|decline",
  summary: "Answer what a job asks.",
  options: { content: { type: "string", summary: "the answer: JSON object, @FILE, or - for stdin" } },
  run: async (invocation) => {
    const { client, out, signal } = invocation;
    const id = argument(invocation, 0, "JOB_ID");
    const request_id = argument(invocation, 1, "REQUEST_ID");
    const action = argument(invocation, 2, "accept or decline");
    if (action !== "accept" && action !== "decline") throw new UsageError("The third argument is accept or decline.");
    const answer: Answer = { request_id, action, content: await objectOf(invocation, "content") };
    show(out, await client().respond(id, answer, { signal }), out.isHuman ? ["id", "status", "step"] : undefined);
    return EXIT.succeeded;
  },
};

const remove: Command = {
  name: "delete",
  usage: "JOB_ID...",
  summary: "Delete settled jobs with their results.",
  options: {},
  run: async ({ client, out, positionals, signal }) => {
    if (positionals.length === 0) throw new UsageError("JOB_ID is missing.");
    for (const id of positionals) {
      await client().remove(id, { signal });
      out.line(out.isHuman ? `${id} is deleted` : JSON.stringify({ id, deleted: true }));
    }
    return EXIT.succeeded;
  },
};

export const JOB_COMMANDS: readonly Command[] = [get, tail, cancel, retry, respond, remove];
