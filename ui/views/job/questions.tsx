import { useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { ago } from "../../lib/format.ts";
import { useAction, useNow } from "../../lib/live.ts";
import { mcpCall } from "../../lib/mcp-call.ts";
import { Act } from "../../parts/act.tsx";
import { Problem } from "../../parts/problem.tsx";
import { defaultsOf, type Fields, SchemaFields, type Values } from "../../parts/schema-fields.tsx";

type Request = JobStatus["input_requests"][number];

export interface Answer {
  /** Of the job that asks: the one that is shown, or a child of it. */
  job_id: string;
  request_id: string;
  action: "accept" | "decline";
  content?: Values;
}

interface QuestionsProps {
  job: JobStatus;
  onAnswer: (answer: Answer) => Promise<void>;
}

function Question({ job, request, onAnswer }: QuestionsProps & { request: Request }) {
  const schema = request.schema as Fields;
  const [content, setContent] = useState<Values>(() => defaultsOf(schema));
  const { busy, error, run } = useAction();
  const now = useNow(true);
  const job_id = request.job_id ?? job.id;
  const { request_id } = request;
  const answer = (action: "accept" | "decline") =>
    run(() => onAnswer({ job_id, request_id, action, ...(action === "accept" && { content }) }));
  return (
    <form
      class="card ask"
      onSubmit={(event) => {
        event.preventDefault();
        answer("accept");
      }}
    >
      <h2>{request.message}</h2>
      <SchemaFields schema={schema} values={content} onChange={setContent} />
      <Problem error={error} />
      <div class="buttons">
        <span class="quiet">The question ends {ago(request.expires_at, now)}.</span>
        <Act
          call={mcpCall("jobs_respond", { job_id, request_id, action: "decline" })}
          disabled={busy}
          onClick={() => answer("decline")}
        >
          Decline
        </Act>
        <Act
          type="submit"
          class="primary"
          disabled={busy}
          call={mcpCall("jobs_respond", { job_id, request_id, action: "accept", content })}
        >
          Answer
        </Act>
      </div>
    </form>
  );
}

/** What the job, or a child of it, wants to know. */
export function Questions({ job, onAnswer }: QuestionsProps) {
  return (
    <>
      {job.input_requests.map((request) => (
        <Question key={`${request.job_id ?? ""} ${request.request_id}`} {...{ job, request, onAnswer }} />
      ))}
    </>
  );
}
