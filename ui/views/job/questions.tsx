import { useState } from "preact/hooks";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { post } from "../../lib/api.ts";
import { ago } from "../../lib/format.ts";
import { useAction, useNow } from "../../lib/live.ts";
import { Problem } from "../../parts/problem.tsx";

type Request = JobStatus["input_requests"][number];
type Content = Record<string, unknown>;

interface Property {
  type?: string;
  title?: string;
  description?: string;
  enum?: readonly unknown[];
  default?: unknown;
}

const propertiesOf = ({ schema }: Request): [string, Property][] =>
  Object.entries((schema.properties ?? {}) as Record<string, Property>);

interface FieldProps {
  name: string;
  of: Property;
  value: unknown;
  onChange: (value: unknown) => void;
}

function Field({ name, of, value, onChange }: FieldProps) {
  const told = `${of.title ?? name} ${of.description ?? ""}`;
  if (of.type === "boolean") {
    const tick = (event: { currentTarget: HTMLInputElement }) => onChange(event.currentTarget.checked);
    return (
      <label class="tick-box">
        <span>{told}</span>
        <input type="checkbox" checked={value === true} onChange={tick} />
      </label>
    );
  }
  const isNumber = of.type === "number" || of.type === "integer";
  const read = (text: string) => (text === "" ? undefined : isNumber ? Number(text) : text);
  if (of.enum) {
    return (
      <label class="field">
        <span>{told}</span>
        <select value={String(value ?? "")} onChange={(event) => onChange(read(event.currentTarget.value))}>
          <option value="" />
          {of.enum.map((choice) => (
            <option key={String(choice)}>{String(choice)}</option>
          ))}
        </select>
      </label>
    );
  }
  return (
    <label class="field">
      <span>{told}</span>
      <input
        {...(isNumber ? { type: "number", step: of.type === "integer" ? 1 : "any" } : {})}
        value={String(value ?? "")}
        onInput={(event) => onChange(read(event.currentTarget.value))}
      />
    </label>
  );
}

const defaultsOf = (request: Request): Content =>
  Object.fromEntries(
    propertiesOf(request).flatMap(([name, of]) => (of.default === undefined ? [] : [[name, of.default]])),
  );

function Question({ job, request, onChange }: { job: JobStatus; request: Request; onChange: () => void }) {
  const [content, setContent] = useState<Content>(() => defaultsOf(request));
  const { busy, error, run } = useAction();
  const now = useNow(true);
  const answer = (action: "accept" | "decline") =>
    run(async () => {
      const body = { request_id: request.request_id, action, ...(action === "accept" && { content }) };
      await post(`/jobs/${encodeURIComponent(request.job_id ?? job.id)}/respond`, body);
      onChange();
    });
  return (
    <form
      class="card ask"
      onSubmit={(event) => {
        event.preventDefault();
        answer("accept");
      }}
    >
      <h2>{request.message}</h2>
      {propertiesOf(request).map(([name, of]) => (
        <Field
          key={name}
          {...{ name, of, value: content[name], onChange: (value) => setContent({ ...content, [name]: value }) }}
        />
      ))}
      <Problem error={error} />
      <p class="buttons">
        <span class="quiet">The question ends {ago(request.expires_at, now)}.</span>
        <button type="button" disabled={busy} onClick={() => answer("decline")}>
          Decline
        </button>
        <button type="submit" class="primary" disabled={busy}>
          Answer
        </button>
      </p>
    </form>
  );
}

/** What the job, or a child of it, wants to know. */
export function Questions({ job, onChange }: { job: JobStatus; onChange: () => void }) {
  return (
    <>
      {job.input_requests.map((request) => (
        <Question key={`${request.job_id ?? ""} ${request.request_id}`} {...{ job, request, onChange }} />
      ))}
    </>
  );
}
