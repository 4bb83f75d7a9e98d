import type { Job } from "../jobs/job.ts";
import type { JobEvent } from "../jobs/run/timeline.ts";
import { digest } from "../lib/digest.ts";
import { ownValue } from "../lib/json.ts";

/** A settled job as one trace, as OTLP has it in JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */

const TRACE_CHARS = 32;
const SPAN_CHARS = 16;
const INTERNAL = 1;
const OK = 1;
const ERROR = 2;

interface Attribute {
  key: string;
  value: { stringValue: string } | { intValue: string };
}

interface SpanEvent {
  timeUnixNano: string;
  name: string;
  attributes: Attribute[];
}

interface Link {
  traceId: string;
  spanId: string;
  attributes: Attribute[];
}

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  events: SpanEvent[];
  links: Link[];
  status: { code?: number; message?: string };
}

/** Where a step begins and ends, as the timeline says it. Epoch ms. */
interface Course {
  from: number;
  to: number | null;
  error: string | null;
  events: JobEvent[];
}

const nano = (ms: number): string => `${ms}000000`;

function attributes(values: Readonly<Record<string, string | number | null | undefined>>): Attribute[] {
  return Object.entries(values).flatMap(([key, value]): Attribute[] => {
    if (value === null || value === undefined) return [];
    return [{ key, value: typeof value === "number" ? { intValue: `${value}` } : { stringValue: value } }];
  });
}

const spanEvent = ([type, at, , message]: JobEvent): SpanEvent => ({
  timeUnixNano: nano(at),
  name: type,
  attributes: attributes({ "edge_jobs.message": message }),
});

const ENDS: readonly string[] = ["step_succeeded", "step_failed", "step_skipped"];

/** Each step by its path, rows and branches too, in the order in which they began. */
function coursesOf({ events, run }: Job): Map<string, Course> {
  const courses = new Map<string, Course>();
  for (const event of events) {
    const [type, at, path, message] = event;
    if (path === null || path === undefined) continue;
    const course = courses.get(path) ?? { from: at, to: null, error: null, events: [] };
    // One that begins again, in a further attempt, has not ended.
    course.to = ENDS.includes(type) ? at : null;
    course.error = type === "step_failed" ? (message ?? "failed") : null;
    course.events.push(event);
    courses.set(path, course);
  }
  // A long timeline leaves out the ordinary ends; those of top-level steps stand with their states.
  for (const [path, { started_at, completed_at, error }] of Object.entries(run.steps)) {
    const known = courses.get(path);
    courses.set(path, { from: started_at, to: completed_at, error, events: known?.events ?? [] });
  }
  return courses;
}

/** The ids of the job's trace and of the span of the whole job: whoever knows the job's id knows them. */
export async function traceOf(jobId: string): Promise<{ traceId: string; spanId: string }> {
  const hex = await digest(jobId);
  return { traceId: hex.slice(0, TRACE_CHARS), spanId: hex.slice(TRACE_CHARS, TRACE_CHARS + SPAN_CHARS) };
}

/** The same that requests of the step carry. */
const stepSpanId = async (jobId: string, path: string): Promise<string> =>
  (await digest(`${jobId}.${path}`)).slice(0, SPAN_CHARS);

/** The step in which this one stands, if any: `rows[3].fetch` in `rows`. */
const outer = (path: string, paths: Iterable<string>): string | undefined =>
  [...paths]
    .filter((each) => path.startsWith(each) && [".", "[", "#"].includes(path.charAt(each.length)))
    .sort((a, b) => b.length - a.length)[0];

async function linksOf({ parent_id, retried_from, run }: Job): Promise<Link[]> {
  const [, traceId, spanId] = run.trace?.traceparent.split("-") ?? [];
  const caller = traceId && spanId ? [{ traceId, spanId, attributes: attributes({ "edge_jobs.link": "caller" }) }] : [];
  const jobs = [
    ["parent", parent_id],
    ["retried_from", retried_from],
  ] as const;
  const known = jobs.flatMap(([link, id]) => (id === null ? [] : [{ link, id }]));
  const others = known.map(async ({ link, id }) => ({
    ...(await traceOf(id)),
    attributes: attributes({ "edge_jobs.link": link, "edge_jobs.job.id": id }),
  }));
  return [...caller, ...(await Promise.all(others))];
}

/** One span for the job, and one for each step that the timeline knows. Nothing of what the job works on. */
export async function spansOf(job: Job): Promise<Span[]> {
  const { job_id, name, status, submitted_at, settled_at, error, error_code } = job;
  const end = settled_at ?? submitted_at;
  const { traceId, spanId } = await traceOf(job_id);
  const root: Span = {
    ...{ traceId, spanId, name, kind: INTERNAL },
    startTimeUnixNano: nano(submitted_at),
    endTimeUnixNano: nano(end),
    attributes: attributes({
      "edge_jobs.tenant": job.tenant,
      "edge_jobs.job.id": job_id,
      "edge_jobs.blueprint": job.blueprint,
      "edge_jobs.status": status,
      "edge_jobs.attempts": job.attempt,
      "edge_jobs.trigger": job.run.trigger?.name,
      "error.type": error_code,
    }),
    events: job.events.filter(([, , path]) => path === undefined || path === null).map(spanEvent),
    links: await linksOf(job),
    status: status === "succeeded" ? { code: OK } : { code: ERROR, message: error ?? status },
  };
  const courses = coursesOf(job);
  const steps = [...courses].map(async ([path, { from, to, error: failure, events }]): Promise<Span> => {
    const parent = outer(path, courses.keys());
    return {
      ...{ traceId, spanId: await stepSpanId(job_id, path), name: path, kind: INTERNAL },
      parentSpanId: parent === undefined ? spanId : await stepSpanId(job_id, parent),
      startTimeUnixNano: nano(from),
      endTimeUnixNano: nano(Math.max(from, to ?? end)),
      attributes: attributes({ "edge_jobs.step": path, "edge_jobs.tries": ownValue(job.run.steps, path)?.tries }),
      events: events.map(spanEvent),
      links: [],
      status: failure === null ? {} : { code: ERROR, message: failure },
    };
  });
  return [root, ...(await Promise.all(steps))];
}

/** The body of one request to `/v1/traces`. */
export const exportRequest = (spans: readonly Span[]) => ({
  resourceSpans: [
    {
      resource: { attributes: attributes({ "service.name": "edge-jobs" }) },
      scopeSpans: [{ scope: { name: "edge-jobs" }, spans }],
    },
  ],
});
