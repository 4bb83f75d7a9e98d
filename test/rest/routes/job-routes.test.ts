import { describe, expect, it } from "vitest";
import { err } from "../../../src/lib/result.ts";
import { api, jobIdOf, jobStatus, type World, world } from "../support.ts";

const SUBMIT = { blueprint: "double", input: { n: 1 } };
const ID = jobIdOf(1);
const UNKNOWN = { status: 404, code: "unknown_job", title: "Not Found", type: "about:blank" };

/** A world with one job. */
function withJob(fields: Parameters<typeof jobStatus>[0] = {}, over: Parameters<typeof world>[0] = {}): World {
  const w = world(over);
  w.registry.jobs.set(ID, jobStatus({ id: ID, ...fields }));
  return w;
}

const SETTLED = { status: "succeeded" as const, progress: 1, result: { pages: [{ title: "ä" }] } };

describe("POST /jobs", () => {
  it("answers 201 with the job and where it is", async () => {
    const w = world();
    const { status, headers, body } = await api(w, "POST", "/jobs", { body: SUBMIT });
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: ID, status: "queued", deduplicated: false, error: null });
    expect(headers.get("location")).toBe(`/api/v1/jobs/${ID}`);
    expect(w.called).toEqual([{ name: "jobs_submit_blueprint", outcome: "ok", ms: 0 }]);
  });

  it("answers 200 with the first job for a key that is known, in the body or as a header", async () => {
    const w = world();
    const first = await api(w, "POST", "/jobs", { body: SUBMIT, headers: { "idempotency-key": "k" } });
    const again = await api(w, "POST", "/jobs", { body: { ...SUBMIT, idempotency_key: "k" } });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toMatchObject({ id: ID, deduplicated: true });
  });

  it("answers 409 for a key that was used otherwise, and names its job", async () => {
    const w = world();
    await api(w, "POST", "/jobs", { body: SUBMIT, headers: { "idempotency-key": "k" } });
    const other = { ...SUBMIT, input: { n: 2 } };
    const { status, body } = await api(w, "POST", "/jobs", { body: other, headers: { "idempotency-key": "k" } });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: "idempotency_conflict", job_id: ID });
  });

  it("refuses two keys that differ, and takes two that are the same", async () => {
    const w = world();
    const send = (idempotency_key: string) =>
      api(w, "POST", "/jobs", { body: { ...SUBMIT, idempotency_key }, headers: { "idempotency-key": "k" } });
    const differs = await send("other");
    expect(differs.status).toBe(422);
    expect(differs.body).toMatchObject({ code: "invalid_arguments", faults: [{ path: "idempotency_key" }] });
    expect((await send("k")).status).toBe(201);
  });

  it("answers 422 with every fault and its path", async () => {
    const body = { blueprint: { name: "x", steps: [{ id: "a", type: "none" }] }, inputs: {} };
    const answer = await api(world(), "POST", "/jobs", { body });
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({ code: "invalid_arguments", title: "Unprocessable Content" });
    expect(answer.body.faults).toEqual([expect.objectContaining({ path: "inputs" })]);
    const plan = await api(world(), "POST", "/jobs", { body: { blueprint: body.blueprint } });
    expect(plan.body.faults).toEqual([expect.objectContaining({ path: "blueprint.steps[0].type" })]);
  });

  it("only checks when that is asked for", async () => {
    const w = world();
    const good = await api(w, "POST", "/jobs", { body: { ...SUBMIT, dry_run: true } });
    expect(good).toMatchObject({ status: 200, body: { valid: true, blueprint: "double@2", faults: [] } });
    const bad = await api(w, "POST", "/jobs", { body: { ...SUBMIT, input: {}, dry_run: true } });
    expect(bad).toMatchObject({ status: 200, body: { valid: false, faults: [{ path: "input.n" }] } });
    expect(w.registry.requests).toEqual([]);
  });

  it("answers 429 with Retry-After where the rate is met, and 507 where the storage is full", async () => {
    const w = world({ service: { dryRunsPerMinute: 1, tenant: "rated" } });
    const run = () => api(w, "POST", "/jobs", { body: { ...SUBMIT, dry_run: true } });
    await run();
    const { status, headers, body } = await run();
    expect(status).toBe(429);
    expect(body).toMatchObject({ code: "too_many_submits", limit: 1, retry_after_ms: 60_000 });
    expect(headers.get("retry-after")).toBe("60");
    const full = world();
    full.registry.submit = async () => err({ code: "storage_full", stored_bytes: 2, limit_bytes: 1 });
    const refused = await api(full, "POST", "/jobs", { body: SUBMIT });
    expect(refused).toMatchObject({ status: 507, body: { code: "storage_full", stored_bytes: 2, limit_bytes: 1 } });
  });

  it("tells a key that may not read nothing but the id and the status", async () => {
    const { body } = await api(world({ scopes: ["jobs:write"] }), "POST", "/jobs", { body: SUBMIT });
    expect(body).toEqual({ id: ID, status: "queued", deduplicated: false });
  });
});

describe("GET /jobs", () => {
  it("pages with a cursor that fits the same filters only", async () => {
    const w = world();
    for (const n of [1, 2, 3]) w.registry.jobs.set(jobIdOf(n), jobStatus({ id: jobIdOf(n) }));
    const first = await api(w, "GET", "/jobs?limit=2&status=running,queued");
    expect(first.body.jobs).toMatchObject([{ id: jobIdOf(3) }, { id: jobIdOf(2) }]);
    expect(w.registry.queries[0]).toMatchObject({ statuses: ["queued", "running"], limit: 2 });
    const cursor = String(first.body.next_cursor);
    const next = await api(w, "GET", `/jobs?limit=2&status=queued&status=running&cursor=${cursor}`);
    expect(next.body).toMatchObject({ jobs: [{ id: ID }], next_cursor: null });
    const other = await api(w, "GET", `/jobs?limit=2&cursor=${cursor}`);
    expect(other).toMatchObject({ status: 422, body: { code: "invalid_cursor", faults: [{ path: "cursor" }] } });
  });

  it("takes metadata as JSON, one status as text, and refuses what it does not know", async () => {
    const w = world();
    const metadata = encodeURIComponent('{"env":"prod","n":1}');
    await api(w, "GET", `/jobs?metadata=${metadata}&status=failed&submitted_after=2026-01-01T00:00:00Z`);
    expect(w.registry.queries[0]).toMatchObject({ metadata: { env: "prod", n: 1 }, statuses: ["failed"] });
    for (const query of ["limit=0", "limit=x", "nothing=1", "limit=1&limit=2", "metadata=[1]"]) {
      expect(await api(w, "GET", `/jobs?${query}`)).toMatchObject({ status: 422, body: { code: "invalid_arguments" } });
    }
  });
});

describe("GET /jobs/{job_id}", () => {
  it("answers with the parts that are asked for", async () => {
    const w = withJob({ steps: [], events: [] });
    const bare = await api(w, "GET", `/jobs/${ID}`);
    expect(bare).toMatchObject({ status: 200, body: { id: ID, error: null, result: null, metadata: {} } });
    expect(bare.body).not.toHaveProperty("steps");
    for (const query of ["include=steps,events", "include=steps&include=events"]) {
      expect((await api(w, "GET", `/jobs/${ID}?${query}`)).body).toMatchObject({ steps: [], events: [] });
    }
  });

  it.each([
    ["GET", ""],
    ["GET", "/result"],
    ["GET", "/stream"],
    ["POST", "/cancel"],
    ["POST", "/retry"],
    ["DELETE", ""],
  ])("and %s below it answer alike for every job that is not there: %s", async (method, path) => {
    for (const id of [jobIdOf(7), "no-id", "%00", "job_", "x".repeat(300)]) {
      const { status, body } = await api(world(), method, `/jobs/${id}${path}`);
      expect({ status, ...body }).toMatchObject(UNKNOWN);
      expect(Object.keys(body)).toEqual(["type", "title", "status", "code", "detail"]);
    }
  });

  it("names only the id that was given when a job of several is not there", async () => {
    const { status, body } = await api(withJob(), "POST", "/jobs/wait", { body: { job_ids: [ID, "other"] } });
    expect({ status, ...body }).toEqual({ ...UNKNOWN, detail: "Unknown job: other" });
  });
});

describe("GET /jobs/{job_id}/result", () => {
  it("answers one value in pages of text", async () => {
    const w = withJob(SETTLED);
    const page = await api(w, "GET", `/jobs/${ID}/result?pointer=/pages/0/title&max_bytes=10`);
    expect(page.body).toEqual({ text: "ä", next_offset: null, total_bytes: 2 });
    const none = await api(w, "GET", `/jobs/${ID}/result?pointer=/x`);
    expect(none).toMatchObject({ status: 422, body: { code: "pointer_not_found", faults: [{ path: "pointer" }] } });
  });

  it("answers 409 while there is none", async () => {
    const answer = await api(withJob(), "GET", `/jobs/${ID}/result`);
    expect(answer).toMatchObject({ status: 409, body: { code: "no_result", job_status: "running" } });
  });
});

describe("POST below /jobs/{job_id}", () => {
  it("cancels, with or without a body, and says whether that changed it", async () => {
    const w = withJob();
    const first = await api(w, "POST", `/jobs/${ID}/cancel`, { body: { reason: "enough" } });
    expect(first).toMatchObject({ status: 200, body: { status: "cancelled", changed: true } });
    expect(await api(w, "POST", `/jobs/${ID}/cancel`)).toMatchObject({ status: 200, body: { changed: false } });
    expect(w.registry.calls).toMatchObject([{ reason: "enough" }, { reason: null }]);
  });

  it("retries as a new job", async () => {
    const { status, headers, body } = await api(withJob(SETTLED), "POST", `/jobs/${ID}/retry`, {
      body: { from_step: "twice" },
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: jobIdOf(9), retried_from: ID });
    expect(headers.get("location")).toBe(`/api/v1/jobs/${jobIdOf(9)}`);
  });

  it("answers refusals of a retry with faults, of which a key that may not read learns nothing stored", async () => {
    const refuse = async (scopes?: readonly ["jobs:write"]) => {
      const w = withJob({}, scopes ? { scopes } : {});
      w.registry.retryError = { code: "no_such_step", steps: ["secret_step"] };
      return api(w, "POST", `/jobs/${ID}/retry`, { body: { from_step: "x" } });
    };
    expect(await refuse()).toMatchObject({ status: 422, body: { faults: [{ fix: "Use one of: secret_step." }] } });
    expect(JSON.stringify(await refuse(["jobs:write"]))).not.toContain("secret_step");
  });

  it("answers a question once", async () => {
    const w = withJob({ status: "input_required" });
    const body = { request_id: "ask", action: "accept", content: { a: 1 } };
    expect(await api(w, "POST", `/jobs/${ID}/respond`, { body })).toMatchObject({ status: 200 });
    expect(w.registry.calls).toEqual([{ jobId: ID, ...body }]);
    w.registry.respondError = { code: "already_answered", action: "accept", at: 0 };
    const again = await api(w, "POST", `/jobs/${ID}/respond`, { body });
    expect(again).toMatchObject({ status: 409, body: { code: "already_answered", faults: [{ path: "request_id" }] } });
  });

  it("refuses another id in the body than in the path", async () => {
    const answer = await api(withJob(), "POST", `/jobs/${ID}/cancel`, { body: { job_id: jobIdOf(2) } });
    expect(answer).toMatchObject({ status: 422, body: { faults: [{ path: "job_id" }] } });
  });
});

describe("DELETE /jobs/{job_id}", () => {
  it("deletes a settled job, and no other", async () => {
    expect(await api(withJob(), "DELETE", `/jobs/${ID}`)).toMatchObject({
      status: 409,
      body: { code: "not_settled", job_status: "running" },
    });
    const w = withJob(SETTLED);
    expect(await api(w, "DELETE", `/jobs/${ID}`)).toMatchObject({ status: 200, body: { deleted: true } });
    expect(await api(w, "GET", `/jobs/${ID}`)).toMatchObject({ status: 404 });
  });
});

describe("POST /jobs/wait", () => {
  it("answers how the jobs stand when the time is over", async () => {
    const answer = await api(withJob(), "POST", "/jobs/wait", { body: { job_ids: [ID, ID], timeout_seconds: 1 } });
    expect(answer).toMatchObject({ status: 200, body: { timed_out: true, jobs: [{ id: ID, input_requests: [] }] } });
  });
});
