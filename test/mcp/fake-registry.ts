import { matchesFilter } from "../../src/events/event-filter.ts";
import type { ClaimRef } from "../../src/jobs/claim.ts";
import { type Grouping, type StatisticsRow, statisticsOf } from "../../src/jobs/statistics.ts";
import { isSettled } from "../../src/jobs/status.ts";
import { JobRow, type JobStatus } from "../../src/jobs/view.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { resolvePointer } from "../../src/lib/json-pointer.ts";
import { err, ok } from "../../src/lib/result.ts";
import { pageOf } from "../../src/lib/text/text-page.ts";
import type { BulkApi, BulkRequest } from "../../src/registry/api/batch-calls.ts";
import type { SavedBlueprint } from "../../src/registry/api/blueprint-calls.ts";
import type {
  Answer,
  Caller,
  CallerApi,
  Explanation,
  Idempotency,
  ListQuery,
  RespondError,
  ResultPart,
  RetryError,
  RetryRequest,
  SubmitRequest,
  WaitRow,
} from "../../src/registry/api/caller.ts";
import type { EventQuery, EventsApi } from "../../src/registry/api/event-calls.ts";
import type { Followed, TooManyListeners } from "../../src/registry/api/followed-changes.ts";
import type { StatisticsApi } from "../../src/registry/api/statistics-calls.ts";
import type { Fired, SavedTrigger, TriggerApi, TriggerToSave } from "../../src/registry/api/trigger-calls.ts";
import type { ClaimRequest, WorkerApi, WorkReport } from "../../src/registry/api/worker-api.ts";
import { jobIdOf, jobStatus, NOW } from "./builders.ts";
import { FakeFeed } from "./listen/fake-feed.ts";

const UNKNOWN = err({ code: "unknown_job" as const });

const waitRow = ({ step, message, input_requests, result, error_code, ...job }: JobStatus): WaitRow => ({
  ...JobRow.strip().parse(job),
  ...(job.run_at && { run_at: job.run_at }),
  ...(job.wakes_at && { wakes_at: job.wakes_at }),
  step,
  message,
  input_requests,
  result,
  error_code,
});

/** A registry in memory. */
export class FakeRegistry implements CallerApi {
  jobs = new Map<string, JobStatus>();
  /** Deleted within the last hour. */
  gone = new Map<string, JobStatus>();
  saved: SavedBlueprint[] = [];
  triggers = new Map<string, SavedTrigger>();
  requests: SubmitRequest[] = [];
  /** Who sent them. */
  submitters: Caller[] = [];
  queries: ListQuery[] = [];
  waits: number[] = [];
  /** Arguments of the calls that steer a job, without the tenant. */
  calls: unknown[] = [];
  explanation: Explanation | undefined;
  retryError: RetryError | undefined;
  respondError: RespondError | undefined;
  /** Connections to the change stream, in the order in which they were made. */
  feeds: FakeFeed[] = [];
  /** Called with each of them, once it is there. */
  onFeed: (feed: FakeFeed, index: number) => void = () => {};
  followError: TooManyListeners | undefined;
  /** What comes of firing a trigger. */
  fired: Fired[] = [{ due: null, outcome: "ran", job_id: jobIdOf(1), reason: null, deduplicated: false }];
  /** What calls throw, by method. */
  broken: Partial<Record<keyof CallerApi, Error>> = {};
  /** Epoch ms. Waits move it on. */
  now = NOW;
  /** What happens during the next waits; without one, the time passes. */
  events: (() => void)[] = [];

  async findKey(_caller: Caller, { key, request_hash }: Idempotency): ReturnType<CallerApi["findKey"]> {
    const known = this.requests.findIndex(({ idempotency }) => idempotency?.key === key);
    if (known === -1) return null;
    const firstId = jobIdOf(known + 1);
    const same = this.requests[known]?.idempotency?.request_hash === request_hash;
    const job = this.jobs.get(firstId);
    if (!same || !job) return err({ code: "idempotency_conflict", job_id: firstId });
    return ok({ ...job, deduplicated: true });
  }

  async submit(caller: Caller, request: SubmitRequest): ReturnType<CallerApi["submit"]> {
    this.#maybeBreak("submit");
    const known = request.idempotency && (await this.findKey(caller, request.idempotency));
    if (known) return known;
    this.requests.push(request);
    this.submitters.push(caller);
    const { name, blueprint, metadata } = request;
    const id = jobIdOf(this.requests.length);
    const fresh = { status: "queued" as const, started_at: null, progress: 0, step: null };
    const job = jobStatus({ id, name, blueprint, metadata, ...fresh });
    this.jobs.set(id, job);
    return ok({ ...job, deduplicated: false });
  }

  async status(
    { tenant }: Caller,
    jobId: string,
    include: { steps: boolean; events: boolean },
  ): ReturnType<CallerApi["status"]> {
    this.#maybeBreak("status");
    const job = this.#find(tenant, jobId);
    if (!job) return UNKNOWN;
    const { steps = [], events = [], ...rest } = job;
    return ok({ ...rest, ...(include.steps && { steps }), ...(include.events && { events }) });
  }

  async wait(caller: Caller, jobId: string, waitMs: number): ReturnType<CallerApi["wait"]> {
    this.#maybeBreak("wait");
    this.waits.push(waitMs);
    this.change(jobId, { status: "succeeded", progress: 1, result: { n: 42 }, poll_after_ms: 0 });
    return this.status(caller, jobId, { steps: false, events: false });
  }

  /** Whether others want to wait more than there is room for. */
  cutsShort = false;

  async waitFor(
    { tenant }: Caller,
    jobIds: string[],
    _until: "any" | "all",
    waitMs: number,
  ): ReturnType<CallerApi["waitFor"]> {
    this.#maybeBreak("waitFor");
    this.waits.push(waitMs);
    const unknown = jobIds.find((id) => this.#find(tenant, id) === undefined);
    if (unknown !== undefined) return err({ code: "unknown_job", job_id: unknown });
    const happens = waitMs > 0 ? this.events.shift() : undefined;
    if (happens) happens();
    else this.now += waitMs;
    const jobs = jobIds.flatMap((id) => this.#find(tenant, id) ?? []).map(waitRow);
    return ok({ jobs, timed_out: happens === undefined, cut_short: this.cutsShort && waitMs > 0 });
  }

  async follow({ tenant }: Caller, jobs: Followed[]): ReturnType<CallerApi["follow"]> {
    this.#maybeBreak("follow");
    if (this.followError) return err(this.followError);
    const feed = new FakeFeed(jobs);
    this.onFeed(feed, this.feeds.push(feed) - 1);
    const job_ids = jobs.map(({ job_id }) => job_id).filter((id) => this.#find(tenant, id) !== undefined);
    if (job_ids.length === 0) feed.end();
    return ok({ job_ids, changes: feed.stream, lease: feed.lease });
  }

  async list(_caller: Caller, query: ListQuery): ReturnType<CallerApi["list"]> {
    this.#maybeBreak("list");
    this.queries.push(query);
    const newest = [...this.jobs.values()].reverse().filter(({ id }) => query.after === null || id < query.after);
    const page = newest.slice(0, query.limit);
    const jobs = page.map((job) => JobRow.strip().parse(job));
    return { jobs, next_after: newest.length > page.length ? (page.at(-1)?.id ?? null) : null };
  }

  async explain(caller: Caller, jobId: string): ReturnType<CallerApi["explain"]> {
    this.#maybeBreak("explain");
    const found = await this.status(caller, jobId, { steps: true, events: true });
    return found.ok && this.explanation ? ok(this.explanation) : UNKNOWN;
  }

  async cancel({ tenant }: Caller, jobId: string, reason: string | null): ReturnType<CallerApi["cancel"]> {
    const job = this.#find(tenant, jobId);
    if (!job) return UNKNOWN;
    this.calls.push({ jobId, reason });
    if (isSettled(job.status)) return ok({ ...job, changed: false });
    return ok({ ...this.change(jobId, { status: "cancelled", poll_after_ms: 0 }), changed: true });
  }

  async remove({ tenant }: Caller, jobId: string): ReturnType<CallerApi["remove"]> {
    const job = this.#find(tenant, jobId);
    if (!job) return UNKNOWN;
    if (!isSettled(job.status)) return err({ code: "not_settled", status: job.status });
    this.jobs.delete(jobId);
    this.gone.set(jobId, job);
    return ok(null);
  }

  async lastState(_caller: Caller, jobId: string): ReturnType<CallerApi["lastState"]> {
    const job = this.gone.get(jobId);
    return job ? ok(job) : UNKNOWN;
  }

  async readResult({ tenant }: Caller, jobId: string, part: ResultPart): ReturnType<CallerApi["readResult"]> {
    const job = this.#find(tenant, jobId);
    if (!job) return UNKNOWN;
    if (job.result === null) return err({ code: "no_result", status: job.status });
    const found: Json | undefined = resolvePointer(job.result, part.pointer);
    if (found === undefined) return err({ code: "pointer_not_found" });
    return ok(pageOf(typeof found === "string" ? found : JSON.stringify(found), part.offset, part.max_bytes));
  }

  async retry({ tenant }: Caller, jobId: string, request: RetryRequest): ReturnType<CallerApi["retry"]> {
    if (!this.#find(tenant, jobId)) return UNKNOWN;
    this.calls.push({ jobId, ...request });
    if (this.retryError) return err(this.retryError);
    return ok(jobStatus({ id: jobIdOf(9), status: "queued", retried_from: jobId }));
  }

  async respond({ tenant }: Caller, jobId: string, answer: Answer): ReturnType<CallerApi["respond"]> {
    if (!this.#find(tenant, jobId)) return UNKNOWN;
    this.calls.push({ jobId, ...answer });
    if (this.respondError) return err(this.respondError);
    return ok(this.change(jobId, { status: "running", input_requests: [] }));
  }

  async saveBlueprint(
    _caller: Caller,
    document: JsonObject,
    plan: SavedBlueprint["plan"],
  ): ReturnType<CallerApi["saveBlueprint"]> {
    const { name, description = "" } = plan;
    const versions = this.saved.filter((entry) => entry.name === name);
    const latest = versions.at(-1);
    const isSame = latest && JSON.stringify(latest.document) === JSON.stringify(document);
    if (isSame) return { name, version: latest.version };
    const version = versions.length + 1;
    this.saved.push({ name, version, description, document, plan });
    return { name, version };
  }

  async deleteBlueprint(_caller: Caller, name: string, version: number | null): Promise<boolean> {
    const kept = this.saved.filter((entry) => entry.name !== name || (version !== null && entry.version !== version));
    const isDeleted = kept.length < this.saved.length;
    this.saved.splice(0, this.saved.length, ...kept);
    return isDeleted;
  }

  async savedBlueprint(
    { tenant }: Caller,
    name: string,
    version: number | null,
  ): ReturnType<CallerApi["savedBlueprint"]> {
    if (tenant !== "local") return null;
    const versions = this.saved.filter((entry) => entry.name === name);
    return (version === null ? versions.at(-1) : versions.find((entry) => entry.version === version)) ?? null;
  }

  async savedBlueprints({ tenant }: Caller, after: string, limit: number): ReturnType<CallerApi["savedBlueprints"]> {
    if (tenant !== "local") return [];
    const latest = new Map(this.saved.map(({ name, version, description }) => [name, { name, version, description }]));
    const names = [...latest.keys()].filter((name) => name > after).sort();
    return names.slice(0, limit).flatMap((name) => latest.get(name) ?? []);
  }

  async saveTrigger(_caller: Caller, { document, plan }: TriggerToSave): ReturnType<TriggerApi["saveTrigger"]> {
    const saved = {
      document,
      version: (this.triggers.get(document.name)?.version ?? 0) + 1,
      label: plan.label,
      saved_at: this.now,
      next_runs: [],
      runs: 0,
      hook_id: document.webhook === undefined ? null : "AAAAAAAAAAAAAAAAAAAAAA",
      last: null,
      watch_error: null,
      is_copy: false,
    };
    this.triggers.set(document.name, saved);
    return ok(saved);
  }

  async findTrigger(_caller: Caller, name: string): ReturnType<TriggerApi["findTrigger"]> {
    return this.triggers.get(name) ?? null;
  }

  async listTriggers(_caller: Caller, after: string, limit: number): ReturnType<TriggerApi["listTriggers"]> {
    const all = [...this.triggers.values()].filter(({ document }) => document.name > after);
    return all.sort((a, b) => (a.document.name < b.document.name ? -1 : 1)).slice(0, limit);
  }

  async triggerLedger(_caller: Caller, name: string): ReturnType<TriggerApi["triggerLedger"]> {
    if (!this.triggers.has(name)) return err({ code: "unknown_trigger" });
    const entries = [{ seq: 1, outcome: "ran" as const, at: this.now, occurrence: "x", job_id: jobIdOf(1) }];
    return ok({ entries, next_before: null });
  }

  async fireTrigger(_caller: Caller, name: string): ReturnType<TriggerApi["fireTrigger"]> {
    if (!this.triggers.has(name)) return err({ code: "unknown_trigger" });
    return ok(this.fired);
  }

  async deleteTrigger(_caller: Caller, name: string): ReturnType<TriggerApi["deleteTrigger"]> {
    return this.triggers.delete(name);
  }

  async triggersUsing(_caller: Caller, blueprint: string): ReturnType<TriggerApi["triggersUsing"]> {
    return [...this.triggers.values()].flatMap(({ document, label }) =>
      label.startsWith(`${blueprint}@`) ? [document.name] : [],
    );
  }

  /** One event has happened; positions below 0 are of nobody. */
  async readEvents(_caller: Caller, query: EventQuery): ReturnType<EventsApi["readEvents"]> {
    const event = {
      event_id: `evt_${"0".repeat(32)}`,
      name: "job.settled",
      at: this.now,
      data: { job_id: jobIdOf(2) },
    };
    const isWanted =
      query.after === 0 && (query.names?.includes(event.name) ?? true) && matchesFilter(event, query.filter);
    return { events: isWanted ? [{ position: 1, event }] : [], position: 1, has_more: false, truncated: false };
  }

  async statistics(
    _caller: Caller,
    _since: number,
    grouping: Grouping | null,
  ): ReturnType<StatisticsApi["statistics"]> {
    const rows = [...this.jobs.values()].map(
      ({ id, status, blueprint }): StatisticsRow => ({
        ...{ job_id: id, status, blueprint, step: null, error: "HTTP 500", error_code: "http_status" },
        ...{ started_at: 0, settled_at: 1_000, trigger: null },
      }),
    );
    const queues = [{ queue: "frames", open: 1, leased: 1, oldest: this.now, workers: ["w"] }];
    return { ...statisticsOf(rows, grouping), truncated: false, oldest_queued: null, queues, limits: [] };
  }

  async bulk(_caller: Caller, { where }: BulkRequest, isDry: boolean): ReturnType<BulkApi["bulk"]> {
    const matched = [...this.jobs.values()].filter(({ status }) => where.statuses.includes(status));
    const sample = matched.map((job) => JobRow.strip().parse(job));
    return { matched: matched.length, truncated: false, sample, by_error: [], bulk_id: isDry ? null : jobIdOf(7) };
  }

  async claimWork(_caller: Caller, { queues, max }: ClaimRequest): ReturnType<WorkerApi["claimWork"]> {
    if (!queues.includes("frames")) return [];
    const times = { lease_expires_at: this.now + 60_000, deadline: this.now + 600_000 };
    const claim = { path: "render", token: 1, queue: "frames", input: { n: 1 }, try: 1, ...times };
    return [1, 2].slice(0, max).map((n) => ({ job_id: jobIdOf(n), ...claim }));
  }

  async reportWork(_caller: Caller, claim: ClaimRef, report: WorkReport): ReturnType<WorkerApi["reportWork"]> {
    if (claim.job_id !== jobIdOf(1)) return err({ code: "lease_lost" });
    const lease_expires_at = report.action === "heartbeat" ? this.now + 60_000 : null;
    return ok({ accepted: true, lease_expires_at, cancel: false });
  }

  async useStore(): ReturnType<CallerApi["useStore"]> {
    throw new Error("no tool uses the store");
  }

  /** The job with other fields, as others see it from now on. */
  change(jobId: string, fields: Partial<JobStatus>): JobStatus {
    const job = { ...(this.jobs.get(jobId) ?? jobStatus({ id: jobId })), ...fields };
    this.jobs.set(jobId, job);
    return job;
  }

  #find(tenant: string, jobId: string): JobStatus | undefined {
    return tenant === "local" ? this.jobs.get(jobId) : undefined;
  }

  #maybeBreak(method: keyof CallerApi): void {
    const error = this.broken[method];
    if (error) throw error;
  }
}
