import { checkBlueprint } from "../../src/blueprint/check.ts";
import type { CatalogBlueprint } from "../../src/catalog/index.ts";
import { newJobId } from "../../src/jobs/id.ts";
import type { Json, JsonObject } from "../../src/jobs/json.ts";
import { err, ok } from "../../src/jobs/result.ts";
import { JobRow, type JobStatus } from "../../src/jobs/view.ts";
import type { McpDeps } from "../../src/mcp/deps.ts";
import { serveMcp } from "../../src/mcp/endpoint.ts";
import type { Measurement } from "../../src/mcp/metrics.ts";
import type { CallerApi, Explanation, ListQuery, SubmitRequest } from "../../src/registry/api.ts";

export const NOW = Date.parse("2026-11-20T12:00:00.000Z");

export const jobIdOf = (n: number, shard = 0): string => newJobId(NOW + n, new Uint8Array(10).fill(n), shard);

export const jobStatus = (fields: Partial<JobStatus> = {}): JobStatus => ({
  id: jobIdOf(1),
  name: "double",
  status: "running",
  submitted_at: "2026-11-20T12:00:00.000Z",
  started_at: "2026-11-20T12:00:00.100Z",
  completed_at: null,
  progress: 0.5,
  metadata: {},
  result: null,
  error: null,
  error_code: null,
  blueprint: "double@2",
  step: "twice",
  message: null,
  input_requests: [],
  parent_id: null,
  retried_from: null,
  expires_at: null,
  poll_after_ms: 1_000,
  ...fields,
});

const DOUBLE: JsonObject = {
  name: "double",
  description: "Doubles a number.",
  input: { type: "object", required: ["n"], properties: { n: { type: "number" } } },
  steps: [{ id: "twice", type: "transform", value: { n: "{% $input.n * 2 %}" } }],
};

export function blueprint(version: number, document: Json = DOUBLE): CatalogBlueprint {
  const checked = checkBlueprint(document, { handlers: [] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  const plan = checked.value;
  return { name: plan.name, version, description: plan.description ?? "", document, plan };
}

/** A registry in memory. `broken` holds what the next calls throw, by method. */
export class FakeRegistry implements CallerApi {
  jobs = new Map<string, JobStatus>();
  requests: SubmitRequest[] = [];
  queries: ListQuery[] = [];
  waits: number[] = [];
  explanation: Explanation | undefined;
  broken: Partial<Record<keyof CallerApi, Error>> = {};

  async submit(request: SubmitRequest): ReturnType<CallerApi["submit"]> {
    this.#maybeBreak("submit");
    const known = this.requests.findIndex(({ idempotency }) => idempotency?.key === request.idempotency?.key);
    const first = this.requests[known];
    const firstId = jobIdOf(known + 1);
    if (first && request.idempotency) {
      const same = first.idempotency?.request_hash === request.idempotency.request_hash;
      const job = this.jobs.get(firstId);
      if (!same || !job) return err({ code: "idempotency_conflict", job_id: firstId });
      return ok({ ...job, deduplicated: true });
    }
    this.requests.push(request);
    const { name, blueprint, metadata } = request;
    const id = jobIdOf(this.requests.length);
    const job = jobStatus({
      id,
      name,
      blueprint,
      metadata,
      status: "queued",
      started_at: null,
      progress: 0,
      step: null,
    });
    this.jobs.set(id, job);
    return ok({ ...job, deduplicated: false });
  }

  async status(
    tenant: string,
    jobId: string,
    include: { steps: boolean; events: boolean },
  ): ReturnType<CallerApi["status"]> {
    this.#maybeBreak("status");
    const job = tenant === "local" ? this.jobs.get(jobId) : undefined;
    if (!job) return err({ code: "unknown_job" });
    const { steps = [], events = [], ...rest } = job;
    return ok({ ...rest, ...(include.steps && { steps }), ...(include.events && { events }) });
  }

  async wait(tenant: string, jobId: string, waitMs: number): ReturnType<CallerApi["wait"]> {
    this.#maybeBreak("wait");
    this.waits.push(waitMs);
    const job = this.jobs.get(jobId);
    if (job) this.jobs.set(jobId, { ...job, status: "succeeded", progress: 1, result: { n: 42 }, poll_after_ms: 0 });
    return this.status(tenant, jobId, { steps: false, events: false });
  }

  async list(query: ListQuery): ReturnType<CallerApi["list"]> {
    this.#maybeBreak("list");
    this.queries.push(query);
    const newest = [...this.jobs.values()].reverse().filter(({ id }) => query.after === null || id < query.after);
    const page = newest.slice(0, query.limit);
    const jobs = page.map((job) => JobRow.strip().parse(job));
    return { jobs, next_after: newest.length > page.length ? (page.at(-1)?.id ?? null) : null };
  }

  async explain(tenant: string, jobId: string): ReturnType<CallerApi["explain"]> {
    this.#maybeBreak("explain");
    const found = await this.status(tenant, jobId, { steps: true, events: true });
    return found.ok && this.explanation ? ok(this.explanation) : err({ code: "unknown_job" });
  }

  #maybeBreak(method: keyof CallerApi): void {
    const error = this.broken[method];
    if (error) throw error;
  }
}

export interface World {
  registry: FakeRegistry;
  deps: McpDeps;
  measured: Measurement[];
  /** Shards in the order in which stubs of them were taken. */
  stubs: number[];
}

export function world(over: Partial<McpDeps> = {}): World {
  const registry = new FakeRegistry();
  const measured: Measurement[] = [];
  const stubs: number[] = [];
  const deps: McpDeps = {
    tenant: "local",
    version: "1.2.3",
    registry: (shard) => {
      stubs.push(shard);
      return registry;
    },
    blueprints: [blueprint(1), blueprint(2)],
    handlers: [],
    now: () => NOW,
    newReference: () => "ref-1",
    record: (measurement) => measured.push(measurement),
    ...over,
  };
  return { registry, deps, measured, stubs };
}

export type Envelope = { status: number; body: JsonObject };

const URL_MCP = "http://localhost/mcp";
/** Constructed requests have no Host of their own. */
const ACCEPT = { host: "localhost", "content-type": "application/json", accept: "application/json, text/event-stream" };

async function read(response: Response): Promise<Envelope> {
  const text = await response.text();
  const frame = /^data: (\{.*)$/m.exec(text)?.[1];
  return { status: response.status, body: JSON.parse(frame ?? (text || "{}")) };
}

/** One request of 2025-11-25. */
export async function legacy(deps: McpDeps, method: string, params: JsonObject = {}): Promise<Envelope> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { ...ACCEPT, "mcp-protocol-version": "2025-11-25" };
  return read(await serveMcp(new Request(URL_MCP, { method: "POST", headers, body }), deps));
}

/** One request of 2026-07-28. */
export async function modern(deps: McpDeps, method: string, params: JsonObject = {}): Promise<Envelope> {
  const named = params.name ?? params.uri;
  const headers: { [name: string]: string } = { ...ACCEPT, "mcp-protocol-version": "2026-07-28", "mcp-method": method };
  if (typeof named === "string") headers["mcp-name"] = named;
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
  return read(await serveMcp(new Request(URL_MCP, { method: "POST", headers, body }), deps));
}

export interface ToolResult {
  isError: boolean;
  text: string;
  structured: JsonObject;
  content: JsonObject[];
}

/** Calls a tool over the wire. */
export async function callTool(deps: McpDeps, name: string, args: JsonObject): Promise<ToolResult> {
  const { body } = await modern(deps, "tools/call", { name, arguments: args });
  const result = body.result as { isError?: boolean; content: JsonObject[]; structuredContent?: JsonObject };
  const [first] = result.content;
  return {
    isError: result.isError ?? false,
    text: String(first?.text),
    structured: result.structuredContent ?? {},
    content: result.content,
  };
}
