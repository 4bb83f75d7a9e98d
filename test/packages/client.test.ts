import { describe, expect, it } from "vitest";
import {
  type Change,
  ConnectionError,
  EdgeJobs,
  EdgeJobsError,
  type Job,
  JobFailed,
  type JsonObject,
  type Worker,
  WorkFailed,
} from "../../packages/client/src/index.ts";

const JOB: Job = {
  id: "job_1",
  name: "n",
  status: "running",
  blueprint: "inline",
  progress: 0.5,
  submitted_at: "2026-11-20T12:00:00.000Z",
  completed_at: null,
  started_at: null,
  error: null,
  parent_id: null,
  metadata: {},
  result: null,
  error_code: null,
  step: null,
  message: null,
  input_requests: [],
  retried_from: null,
  expires_at: null,
  poll_after_ms: 0,
};
const DONE: Job = { ...JOB, status: "succeeded", progress: 1, result: { n: 1 } };
const QUESTION = { request_id: "ask", step: "ask", message: "?", schema: {}, expires_at: "2026-11-21T12:00:00.000Z" };

interface Sent {
  method: string;
  path: string;
  body: JsonObject | undefined;
  headers: Headers;
}

type Reply = () => Response | Promise<Response>;
const json =
  (body: object, status = 200, headers = {}): Reply =>
  () =>
    Response.json(body, { status, headers });
const lost: Reply = () => {
  throw new TypeError("fetch failed");
};
const sse =
  (...events: string[]): Reply =>
  () =>
    new Response(events.map((each) => `${each}\n\n`).join(""));
const jobEvent = (id: string, job: Job): string => `event: job\nid: ${id}\ndata: ${JSON.stringify(job)}`;

/** A client of a server that answers in this order. */
function clientOf(...replies: Reply[]) {
  const sent: Sent[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const { pathname, search } = new URL(String(url));
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    sent.push({ method: init?.method ?? "", path: pathname + search, body, headers: new Headers(init?.headers) });
    const reply = replies[sent.length - 1];
    if (reply === undefined) throw new Error(`nothing answers request ${sent.length}`);
    return reply();
  };
  return { client: new EdgeJobs({ url: "https://jobs.test/", key: "k", fetch }), sent };
}

describe("a call of the client", () => {
  it("carries the key, and a submit an idempotency key that stays when it is sent again", async () => {
    const { client, sent } = clientOf(lost, json({}, 503), json({ ...JOB, deduplicated: true }));
    expect(await client.submit({ blueprint: "b", input: { a: 1 } })).toMatchObject({ id: "job_1", deduplicated: true });
    const keys = sent.map(({ body }) => body?.idempotency_key);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent[0]).toMatchObject({ method: "POST", path: "/api/v1/jobs", body: { blueprint: "b", input: { a: 1 } } });
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer k");
  });

  it("waits as long as a 429 asks for, and is not sent again for what would be refused again", async () => {
    const busy = { code: "too_many_submits", detail: "Busy.", retry_after_ms: 20 };
    const { client, sent } = clientOf(json(busy, 429), json(JOB));
    const started = Date.now();
    await client.get("job_1");
    expect(Date.now() - started).toBeGreaterThanOrEqual(19);
    expect(sent).toHaveLength(2);
    const refused = clientOf(json({ code: "unknown_job", detail: "Unknown job: x" }, 404));
    await expect(refused.client.get("x")).rejects.toMatchObject({ status: 404, code: "unknown_job" });
    expect(refused.sent).toHaveLength(1);
  });

  it("that asks for a pause of minutes gives up, and says when to come back", async () => {
    const { client } = clientOf(json({ code: "too_many_submits" }, 429, { "retry-after": "120" }));
    await expect(client.get("job_1")).rejects.toMatchObject({ code: "too_many_submits", retryAfterMs: 120_000 });
  });

  it("that is refused throws the code and the faults, and puts both into words", async () => {
    const faults = [{ path: "input.n", message: "must be a number", fix: "Send one" }];
    const { client } = clientOf(json({ code: "invalid_arguments", detail: "Not valid.", faults }, 422));
    const error = await client.submit({ blueprint: "b" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EdgeJobsError);
    expect(error).toMatchObject({ code: "invalid_arguments", faults });
    expect(String(error)).toContain("input.n: must be a number. Send one");
  });

  it("that gets no answer at all throws a ConnectionError, and one that is aborted the reason", async () => {
    const sent: string[] = [];
    const fetch = (async (url: string) => {
      sent.push(url);
      throw new TypeError("fetch failed");
    }) as typeof globalThis.fetch;
    const client = new EdgeJobs({ url: "https://jobs.test", fetch, retries: 1 });
    await expect(client.get("a/b")).rejects.toBeInstanceOf(ConnectionError);
    expect(sent).toEqual(["https://jobs.test/api/v1/jobs/a%2Fb", "https://jobs.test/api/v1/jobs/a%2Fb"]);
    const reason = new Error("enough");
    await expect(client.get("x", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("what the client does over several calls", () => {
  it("lists every row of every page, and puts filters into the query", async () => {
    const { client, sent } = clientOf(
      json({ jobs: [{ ...JOB, id: "job_2" }], next_cursor: "c" }),
      json({ jobs: [JOB], next_cursor: null }),
    );
    const ids: string[] = [];
    for await (const { id } of client.list({ status: ["failed", "queued"], metadata: { env: "x" } })) ids.push(id);
    expect(ids).toEqual(["job_2", "job_1"]);
    const query = "status=failed&status=queued&metadata=%7B%22env%22%3A%22x%22%7D";
    expect(sent.map(({ path }) => path)).toEqual([`/api/v1/jobs?${query}`, `/api/v1/jobs?${query}&cursor=c`]);
  });

  it("runs a job to its result, and answers what it asks", async () => {
    const { client, sent } = clientOf(
      json({ ...JOB, deduplicated: false }, 201),
      json({ jobs: [JOB], timed_out: true }),
      json({ jobs: [{ ...JOB, status: "input_required", input_requests: [QUESTION] }], timed_out: false }),
      json({ code: "already_answered" }, 409),
      json({ jobs: [DONE], timed_out: false }),
      json(DONE),
    );
    const result = await client.run(
      { blueprint: "b" },
      { onInput: async () => ({ action: "accept", content: { a: 1 } }) },
    );
    expect(result).toEqual({ n: 1 });
    expect(sent[3]).toMatchObject({
      path: "/api/v1/jobs/job_1/respond",
      body: { request_id: "ask", action: "accept", content: { a: 1 } },
    });
  });

  it.each([
    [{ ...JOB, status: "failed" as const, error: "boom", error_code: "http_status" }, "http_status", "boom"],
    [{ ...JOB, status: "cancelled" as const }, "cancelled", "cancelled"],
    [{ ...JOB, status: "input_required" as const, input_requests: [QUESTION] }, "input_required", "input_required"],
  ])("throws JobFailed for a run that does not succeed", async (job, code, message) => {
    const { client } = clientOf(json({ ...JOB, deduplicated: false }, 201), json({ jobs: [job], timed_out: false }));
    const error = await client.run({ blueprint: "b" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JobFailed);
    expect(error).toMatchObject({ code, job, message: expect.stringContaining(message) });
  });

  it("reads a result that is too large for a status in pages", async () => {
    const { client, sent } = clientOf(
      json({ ...DONE, result: { truncated: true, total_bytes: 9_000, preview: "{" } }),
      json({ text: '{"a":', next_offset: 5, total_bytes: 7 }),
      json({ text: "1}", next_offset: null, total_bytes: 7 }),
    );
    expect(await client.result("job_1")).toEqual({ a: 1 });
    expect(sent[2]?.path).toContain("offset=5");
  });

  it("follows a job over streams that end, from where it was", async () => {
    const past = 'event: status\nid: 2-queued\ndata: {"status":"queued","at":"t","step":null,"message":null}';
    const { client, sent } = clientOf(
      sse(jobEvent("1-queued", JOB), ": keep-alive", past),
      sse(jobEvent("3-succeeded", DONE), jobEvent("4-succeeded", DONE)),
    );
    const changes: Change[] = [];
    for await (const change of client.follow("job_1")) changes.push(change);
    expect(changes.map((change) => (change.type === "job" ? change.job.status : change.type))).toEqual([
      "running",
      "status",
      "succeeded",
    ]);
    expect(sent.map(({ headers }) => headers.get("last-event-id"))).toEqual([null, "2-queued"]);
  });

  it("stops following where nothing more can come, or the server refuses", async () => {
    const over = clientOf(() => new Response(null, { status: 204 }));
    expect(await Array.fromAsync(over.client.follow("job_1"))).toEqual([]);
    const unknown = clientOf(json({ code: "unknown_job" }, 404));
    await expect(Array.fromAsync(unknown.client.follow("x"))).rejects.toMatchObject({ code: "unknown_job" });
  });
});

const CLAIM = {
  claim: "c1",
  job_id: "job_1",
  step: "render",
  queue: "gpu",
  input: { n: 1 },
  try: 1,
  lease_expires_at: new Date(Date.now() + 60_000).toISOString(),
  deadline: new Date(Date.now() + 60_000).toISOString(),
};
const claims = (...all: object[]): Reply => json({ claims: all });
const ACCEPTED = { accepted: true, cancel: false, lease_expires_at: null };

/** Works on what the server gives, until it gives an empty answer. */
async function workOn(worker: Worker, ...replies: Reply[]) {
  const stop = new AbortController();
  const last: Reply = () => {
    stop.abort();
    return Response.json({ claims: [] });
  };
  const { client, sent } = clientOf(...replies, last);
  await client.work(worker, { queues: ["gpu"], name: "w", signal: stop.signal });
  return sent.map(({ body }) => body);
}

describe("the worker loop of the client", () => {
  it("claims, does and reports, one claim after the other", async () => {
    const sent = await workOn(({ input }) => ({ got: input }), claims(CLAIM), json(ACCEPTED));
    expect(sent[0]).toEqual({ queues: ["gpu"], worker: "w", max: 1, wait_seconds: 25 });
    expect(sent[1]).toEqual({ claim: "c1", action: "complete", output: { got: { n: 1 } } });
  });

  it("reports what a worker throws, and whether another try may succeed", async () => {
    const failing = (): never => {
      throw new WorkFailed("no such file", { code: "no_file", retryable: false });
    };
    const [, report] = await workOn(failing, claims(CLAIM), json(ACCEPTED));
    const error = { message: "no such file", code: "no_file", retryable: false };
    expect(report).toEqual({ claim: "c1", action: "fail", error });
  });

  it("keeps the lease while it works, tells how far it is, and stops when the job no longer wants it", async () => {
    const soon = { ...CLAIM, lease_expires_at: new Date(Date.now() + 600).toISOString() };
    let reason: unknown;
    const sent = await workOn(
      async ({ signal, progress }) => {
        progress({ done: 1, total: 2 });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        reason = signal.reason;
        return null;
      },
      claims(soon),
      json({ accepted: true, cancel: true, lease_expires_at: null }),
    );
    expect(sent[1]).toEqual({ claim: "c1", action: "heartbeat", progress: { done: 1, total: 2 } });
    expect(String(reason)).toContain("no longer wants");
    expect(sent).toHaveLength(3);
  });

  it("goes on after a lease that was lost and a server that was away, and ends when it may not work", async () => {
    const lostLease = json({ code: "lease_lost" }, 409);
    const sent = await workOn(() => 1, claims(CLAIM), lostLease, json({}, 500), claims(CLAIM), json(ACCEPTED));
    expect(sent.filter((body) => body?.action === "complete")).toHaveLength(2);
    const refused = clientOf(json({ code: "insufficient_scope" }, 403));
    await expect(refused.client.work(() => 1, { queues: ["gpu"] })).rejects.toMatchObject({
      code: "insufficient_scope",
    });
  });
});

describe("events of the client", () => {
  it("go on behind the last one over streams that end", async () => {
    const event = (id: string, name: string): string =>
      `event: ${name}\nid: ${id}\ndata: ${JSON.stringify({ event_id: id, name, at: "t", data: {} })}`;
    const { client, sent } = clientOf(
      sse("event: place\nid: c0\ndata: {}", event("c1", "job.settled")),
      sse(event("c2", "job.settled")),
    );
    const cursors: string[] = [];
    for await (const { cursor } of client.events({ names: ["job.settled"] })) {
      cursors.push(cursor);
      if (cursors.length === 2) break;
    }
    expect(cursors).toEqual(["c1", "c2"]);
    expect(sent.map(({ path }) => path)).toEqual([
      "/api/v1/events/stream?names=job.settled",
      "/api/v1/events/stream?names=job.settled&cursor=c1",
    ]);
  });
});
