import { Blueprints } from "./blueprints.ts";
import { ConnectionError, EdgeJobsError, JobFailed } from "./errors.ts";
import { type Operation, requestOf } from "./operations.ts";
import { serverSentEvents } from "./server-sent-events.ts";
import { type CallOptions, type Options, pause, Transport } from "./transport.ts";
import type {
  Answer,
  BulkArgs,
  BulkReport,
  Change,
  DryRun,
  EventArgs,
  EventAt,
  InputRequest,
  Job,
  JobRow,
  JsonObject,
  ListArgs,
  RetryArgs,
  SubmitArgs,
  WaitReport,
} from "./types.ts";
import { type Worker, type WorkOptions, work } from "./work.ts";

export interface RunOptions extends CallOptions {
  /** Answers what the job asks; without it a job that asks ends the run with its question. */
  onInput?: ((question: InputRequest) => Promise<Omit<Answer, "request_id">>) | undefined;
}

export interface WaitOptions extends CallOptions {
  /** Until `all` of the jobs have settled or ask, which is meant when left out, or `any`. */
  until?: "all" | "any" | undefined;
  /** Longest wait; for ever when left out. */
  timeout_seconds?: number | undefined;
}

/** The server holds one wait open for so long. */
const MAX_WAIT_SECONDS = 50;
const RECONNECT_MS = 500;

const SETTLED: readonly string[] = ["succeeded", "failed", "cancelled"];
export const isSettled = ({ status }: Pick<JobRow, "status">): boolean => SETTLED.includes(status);

/** Where a reader of changes is. */
interface Place {
  id: string | undefined;
  /** Nothing more can come. */
  isOver: boolean;
}

function changeOf(event: string, data: string): Change | undefined {
  if (event === "job") return { type: "job", job: JSON.parse(data) };
  return event === "status" ? { type: "status", ...JSON.parse(data) } : undefined;
}

const isTruncated = (result: JsonObject): boolean => result.truncated === true && "total_bytes" in result;

/** A client of one Edge Jobs server, as one tenant. */
export class EdgeJobs {
  readonly blueprints: Blueprints;
  readonly #transport: Transport;

  constructor(options: Options) {
    this.#transport = new Transport(options);
    this.blueprints = new Blueprints(this);
  }

  /** Any operation of the server by its name: the methods below are these with types. */
  async call<T>(operation: Operation, args: object = {}, { signal }: CallOptions = {}): Promise<T> {
    const response = await this.#transport.send(requestOf(operation, { ...args }), signal);
    return (await response.json()) as T;
  }

  /** Answers when the job is durable. */
  submit(args: SubmitArgs, options?: CallOptions): Promise<Job & { deduplicated: boolean }> {
    const idempotency_key = args.idempotency_key ?? crypto.randomUUID();
    return this.call("jobs_submit_blueprint", { ...args, idempotency_key }, options);
  }

  /** Whether a submit would be accepted. */
  dryRun(args: SubmitArgs, options?: CallOptions): Promise<DryRun> {
    return this.call("jobs_submit_blueprint", { ...args, dry_run: true }, options);
  }

  /** Submits, and answers with the whole result. @throws JobFailed when the job does not succeed, or asks and nobody answers */
  async run(args: SubmitArgs, { onInput, ...options }: RunOptions = {}): Promise<JsonObject> {
    const { id } = await this.submit(args, options);
    for (;;) {
      const { jobs } = await this.wait([id], options);
      const [job] = jobs;
      if (job === undefined) throw new Error(`no answer about job ${id}`);
      if (job.status === "succeeded") return this.result(id, options);
      const [question] = job.input_requests;
      if (question === undefined || onInput === undefined) throw new JobFailed(job);
      await this.#answer(id, question, onInput, options);
    }
  }

  async #answer(id: string, question: InputRequest, onInput: NonNullable<RunOptions["onInput"]>, options: CallOptions) {
    const { request_id, job_id = id } = question;
    const answer = await onInput(question);
    try {
      await this.respond(job_id, { request_id, ...answer }, options);
    } catch (error) {
      // Somebody was faster, or our own first try: the first answer stands.
      if (!(error instanceof EdgeJobsError && error.code === "already_answered")) throw error;
    }
  }

  /** Waits until the jobs have settled or ask; a timeout is no error. */
  async wait(job_ids: string[], { until, timeout_seconds, signal }: WaitOptions = {}): Promise<WaitReport> {
    const deadline = timeout_seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeout_seconds * 1_000;
    for (;;) {
      const left = Math.max(0, (deadline - Date.now()) / 1_000);
      const args = { job_ids, until, timeout_seconds: Math.min(left, MAX_WAIT_SECONDS) };
      const report = await this.call<WaitReport>("jobs_wait", args, { signal });
      if (!report.timed_out || Date.now() >= deadline) return report;
    }
  }

  get(job_id: string, { include, ...options }: CallOptions & { include?: string[] } = {}): Promise<Job> {
    return this.call("jobs_get_status", { job_id, include }, options);
  }

  /** The whole result, however large. */
  async result(job_id: string, options: CallOptions = {}): Promise<JsonObject> {
    const job = await this.get(job_id, options);
    if (job.result !== null && !isTruncated(job.result)) return job.result;
    return JSON.parse(await this.resultText(job_id, options));
  }

  /** The result, or the value at an RFC 6901 pointer in it, as JSON text; a string as it is. */
  async resultText(job_id: string, { pointer, ...options }: CallOptions & { pointer?: string } = {}): Promise<string> {
    const parts: string[] = [];
    for (let offset: number | null = 0; offset !== null; ) {
      const args = { job_id, pointer, offset, max_bytes: 10_240 };
      const page: { text: string; next_offset: number | null } = await this.call("jobs_get_result", args, options);
      parts.push(page.text);
      offset = page.next_offset;
    }
    return parts.join("");
  }

  /** Every job that passes the filters, newest first, over as many pages as it takes. */
  async *list(args: ListArgs = {}, options?: CallOptions): AsyncGenerator<JobRow, void> {
    for (let cursor: string | undefined | null = args.cursor; cursor !== null; ) {
      const page: { jobs: JobRow[]; next_cursor: string | null } = await this.call(
        "jobs_list",
        { ...args, cursor },
        options,
      );
      yield* page.jobs;
      cursor = page.next_cursor;
    }
  }

  cancel(
    job_id: string,
    { reason, ...options }: CallOptions & { reason?: string } = {},
  ): Promise<Job & { changed: boolean }> {
    return this.call("jobs_cancel", { job_id, reason }, options);
  }

  /** Runs a settled job again as a new one. */
  retry(job_id: string, args: RetryArgs = {}, options?: CallOptions): Promise<Job> {
    return this.call("jobs_retry", { job_id, ...args }, options);
  }

  /** Does one thing to all jobs that match, in the background; counts only unless `dry_run` is false. */
  bulk(args: BulkArgs, options?: CallOptions): Promise<BulkReport> {
    return this.call("jobs_bulk", args, options);
  }

  respond(job_id: string, answer: Answer, options?: CallOptions): Promise<Job> {
    return this.call("jobs_respond", { job_id, ...answer }, options);
  }

  async remove(job_id: string, options?: CallOptions): Promise<void> {
    await this.call("jobs_delete", { job_id }, options);
  }

  /** Every change of the job until it has settled; a connection that breaks is made again where it was. */
  async *follow(job_id: string, { signal }: CallOptions = {}): AsyncGenerator<Change, void> {
    const place: Place = { id: undefined, isOver: false };
    while (!place.isOver) {
      try {
        yield* this.#changes(job_id, place, signal);
      } catch (error) {
        if (signal?.aborted || error instanceof EdgeJobsError || error instanceof ConnectionError) throw error;
      }
      if (!place.isOver) await pause(RECONNECT_MS, signal);
    }
  }

  /** What happens in the tenant, from the cursor or from now on, until the signal aborts. */
  async *events(args: EventArgs = {}, { signal }: CallOptions = {}): AsyncGenerator<EventAt, void> {
    let cursor = args.cursor;
    for (;;) {
      const response = await this.#transport.send(requestOf("events_stream", { ...args, cursor }), signal);
      try {
        for await (const { event, id, data } of serverSentEvents(response.body ?? new ReadableStream())) {
          cursor = id ?? cursor;
          if (event !== "place" && cursor !== undefined) yield { ...JSON.parse(data), cursor };
        }
      } catch (error) {
        if (signal?.aborted) throw error;
      }
      await pause(RECONNECT_MS, signal);
    }
  }

  /** Does what `worker` steps offer in these queues, until the signal aborts: then nothing more is begun. */
  work(worker: Worker, options: WorkOptions): Promise<void> {
    return work(this, worker, options);
  }

  /** Those of one connection. */
  async *#changes(job_id: string, place: Place, signal: AbortSignal | undefined): AsyncGenerator<Change, void> {
    const headers = place.id === undefined ? undefined : { "last-event-id": place.id };
    const response = await this.#transport.send(requestOf("jobs_stream", { job_id }), signal, headers);
    place.isOver = response.status === 204 || response.body === null;
    if (response.body === null) return;
    for await (const { event, id, data } of serverSentEvents(response.body)) {
      const change = changeOf(event, data);
      place.id = id ?? place.id;
      if (change === undefined) continue;
      place.isOver = change.type === "job" && isSettled(change.job);
      yield change;
      if (place.isOver) return;
    }
  }
}
