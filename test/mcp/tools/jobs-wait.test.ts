import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { callTool, jobIdOf, jobStatus, legacy, modern, replyBytes, type World, world } from "../support.ts";

const DONE = { status: "succeeded", progress: 1 } as const;
const QUESTION = {
  request_id: "approve",
  step: "approve",
  message: "May I?",
  schema: { type: "object" },
  expires_at: "2026-11-21T12:00:00.000Z",
};
const ASKS = { status: "input_required" as const, input_requests: [QUESTION] };

/** Jobs 1 to `count`, each running, in these shards in turn. */
function withJobs(count: number, shards = [0]): World & { ids: string[] } {
  const w = world();
  const ids = Array.from({ length: count }, (_, i) => jobIdOf(i + 1, shards[i % shards.length]));
  for (const id of ids) w.registry.jobs.set(id, jobStatus({ id }));
  return { ...w, ids };
}

const wait = (w: World, args: JsonObject) => callTool(w.deps, "jobs_wait", args);

describe("jobs_wait", () => {
  it("answers at once, with one look, when all are ready", async () => {
    const w = withJobs(2);
    for (const id of w.ids) w.registry.change(id, DONE);
    const { structured, text } = await wait(w, { job_ids: w.ids });
    expect(structured).toMatchObject({ jobs: [{ id: w.ids[0] }, { id: w.ids[1] }], timed_out: false });
    expect(w.registry.waits).toEqual([0]);
    expect(text).toContain(`Next: jobs_get_status {"job_id":"${w.ids[0]}"}`);
  });

  it("waits until all have settled or ask", async () => {
    const w = withJobs(2);
    const [first = "", second = ""] = w.ids;
    w.registry.events = [() => w.registry.change(first, DONE), () => w.registry.change(second, ASKS)];
    const { structured, text } = await wait(w, { job_ids: w.ids });
    expect(structured).toMatchObject({ jobs: [{ status: "succeeded" }, ASKS], timed_out: false });
    expect(w.registry.waits).toEqual([0, 25_000, 25_000]);
    expect(text).toContain(`jobs_respond {"job_id":"${second}","request_id":"approve"`);
  });

  it("waits until any has settled or asks", async () => {
    const w = withJobs(3);
    w.registry.events = [() => w.registry.change(w.ids[1] ?? "", { status: "failed", error: "boom" })];
    const { structured } = await wait(w, { job_ids: w.ids, until: "any", timeout_seconds: 50 });
    expect(structured).toMatchObject({ timed_out: false });
    expect(w.registry.waits).toEqual([0, 50_000]);
  });

  it("that times out is no error, and says how to go on with those that are not ready", async () => {
    const w = withJobs(2);
    w.registry.change(w.ids[0] ?? "", DONE);
    const { isError, structured, text } = await wait(w, { job_ids: w.ids, timeout_seconds: 5 });
    expect([isError, structured.timed_out]).toEqual([false, true]);
    expect(text).toContain(`Next: jobs_wait {"job_ids":["${w.ids[1]}"]} again`);
  });

  it("says when what it waited for starts or wakes, and asks a child's question at the child", async () => {
    const w = withJobs(3);
    const [later = "", asleep = "", asking = ""] = w.ids;
    w.registry.change(later, { status: "queued", run_at: "2026-11-20T13:00:00.000Z", step: null });
    w.registry.change(asleep, { wakes_at: "2026-11-20T14:00:00.000Z" });
    const ofChild = { ...QUESTION, job_id: jobIdOf(9) };
    w.registry.change(asking, { input_requests: [ofChild] });
    const { structured, text } = await wait(w, { job_ids: w.ids, timeout_seconds: 0 });
    expect(text).toMatch(new RegExp(`^${later} .* \\| starts at 2026-11-20T13:00:00.000Z$`, "m"));
    expect(text).toMatch(new RegExp(`^${asleep} .* \\| wakes at 2026-11-20T14:00:00.000Z$`, "m"));
    expect(structured).toMatchObject({
      next: expect.stringContaining(`jobs_respond {"job_id":"${jobIdOf(9)}","request_id":"approve"`),
      jobs: [{ run_at: "2026-11-20T13:00:00.000Z" }, { wakes_at: "2026-11-20T14:00:00.000Z" }, {}],
    });
  });

  it("that is cut short for others is over, and pushes nobody out by waiting on", async () => {
    const w = withJobs(2, [0, 1]);
    w.registry.cutsShort = true;
    w.registry.events = [() => {}, () => {}];
    const { isError, structured, text } = await wait(w, { job_ids: w.ids, timeout_seconds: 50 });
    expect([isError, structured.timed_out]).toEqual([false, true]);
    expect(w.registry.waits).toEqual([0, 0, 50_000, 50_000]);
    expect(text).toContain("again");
    w.registry.events = [() => {}, () => {}];
    expect((await wait(w, { job_ids: w.ids, until: "any" })).structured.timed_out).toBe(true);
    expect(w.registry.waits.filter((ms) => ms > 0)).toHaveLength(4);
  });

  it("of 0 seconds only looks", async () => {
    const w = withJobs(1);
    expect((await wait(w, { job_ids: w.ids, timeout_seconds: 0 })).structured.timed_out).toBe(true);
    expect(w.registry.waits).toEqual([0]);
  });

  it("answers an id that is given twice once, in the order asked for", async () => {
    const w = withJobs(2);
    const { structured } = await wait(w, { job_ids: [w.ids[1], w.ids[0], w.ids[1]] as string[], timeout_seconds: 0 });
    expect((structured.jobs as { id: string }[]).map(({ id }) => id)).toEqual([w.ids[1], w.ids[0]]);
  });

  it("asks every shard for its own jobs and puts them together in the order asked for", async () => {
    const w = withJobs(4, [3, 1]);
    w.registry.events = [
      () => w.registry.change(w.ids[0] ?? "", DONE),
      () => w.ids.slice(1).map((id) => w.registry.change(id, DONE)),
    ];
    const { structured } = await wait(w, { job_ids: w.ids });
    expect((structured.jobs as { id: string }[]).map(({ id }) => id)).toEqual(w.ids);
    expect(structured.timed_out).toBe(false);
    expect([...new Set(w.stubs)].sort()).toEqual([1, 3]);
  });

  it("for any of several shards ends with the first", async () => {
    const w = withJobs(2, [0, 1]);
    w.registry.events = [() => w.registry.change(w.ids[0] ?? "", DONE)];
    const { structured } = await wait(w, { job_ids: w.ids, until: "any" });
    expect(structured).toMatchObject({ jobs: [{ status: "succeeded" }, { status: "running" }], timed_out: false });
  });

  it("keeps its reply small however much the jobs ask and say", async () => {
    const w = withJobs(20);
    const long = { error: "ü".repeat(500), name: "😀".repeat(64), message: "ü".repeat(500) };
    const input_requests = [{ ...QUESTION, message: "ü".repeat(700) }];
    for (const id of w.ids) w.registry.change(id, { ...ASKS, ...long, input_requests });
    const result = await wait(w, { job_ids: w.ids });
    expect(result.structured.jobs).toHaveLength(20);
    expect(replyBytes(result)).toBeLessThan(MAX_REPLY_BYTES);
    expect(result.text).toContain("some questions are left out here: jobs_get_status has them");
    expect(result.text).toContain("jobs_respond");
  });
});

describe("an unknown job in jobs_wait", () => {
  it.each([
    ["unknown", jobIdOf(9)],
    ["of another shard", jobIdOf(9, 5)],
    ["of a shard that cannot be", jobIdOf(9, 64)],
    ["malformed", "nope"],
  ])("that is %s is named at once, before another one after it", async (_, id) => {
    const w = withJobs(1);
    const result = await wait(w, { job_ids: [w.ids[0] ?? "", id, "other", jobIdOf(8)] });
    expect([result.isError, result.text]).toEqual([true, `Unknown job: ${id}`]);
    expect(w.registry.waits.every((ms) => ms === 0)).toBe(true);
  });

  it("that goes away during the wait is unknown then", async () => {
    const w = withJobs(2);
    w.registry.events = [() => w.registry.jobs.clear()];
    w.registry.waitFor = ((original) => async (tenant, ids, until, ms) => {
      const answer = await original(tenant, ids, until, ms);
      return ms > 0 ? { ok: false, error: { code: "unknown_job", job_id: ids[0] ?? "" } } : answer;
    })(w.registry.waitFor.bind(w.registry)) satisfies typeof w.registry.waitFor;
    expect((await wait(w, { job_ids: w.ids })).text).toBe(`Unknown job: ${w.ids[0]}`);
  });
});

describe("a connection that is lost during jobs_wait", () => {
  /** The first `times` waits lose their connection; the looks that only read do not. */
  function losing(w: World, times: number): void {
    let left = times;
    const original = w.registry.waitFor.bind(w.registry);
    w.registry.waitFor = async (tenant, ids, until, ms) => {
      if (ms > 0 && left-- > 0) throw new Error("the object was reset");
      return original(tenant, ids, until, ms);
    };
  }

  it("is replaced by a new one, and the wait goes on", async () => {
    const w = withJobs(1);
    losing(w, 1);
    w.registry.events = [() => w.registry.change(w.ids[0] ?? "", DONE)];
    const { isError, structured } = await wait(w, { job_ids: w.ids });
    expect([isError, structured.timed_out]).toEqual([false, false]);
    expect(w.stubs.length).toBe(4);
  });

  it("again and again ends the wait with what is there, not with an error", async () => {
    const w = withJobs(1);
    losing(w, Number.POSITIVE_INFINITY);
    const { isError, structured } = await wait(w, { job_ids: w.ids });
    expect([isError, structured]).toMatchObject([false, { jobs: [{ status: "running" }], timed_out: true }]);
  });
});

describe("progress of jobs_wait", () => {
  const call = (w: World & { ids: string[] }, send: typeof modern, _meta: JsonObject) =>
    send(w.deps, "tools/call", { name: "jobs_wait", arguments: { job_ids: w.ids, timeout_seconds: 10 }, _meta });

  it.each([
    ["2025-11-25", legacy],
    ["2026-07-28", modern],
  ])("is told to a caller of %s who gave a token, and only when it grows", async (_, send) => {
    const w = withJobs(2);
    const [first = "", second = ""] = w.ids;
    w.registry.events = [
      () => {},
      () => w.registry.change(first, { progress: 0.75, message: "page 3" }),
      () => w.registry.change(first, DONE),
      () => w.registry.change(second, DONE),
    ];
    const { told, body } = await call(w, send, { progressToken: "t-1" });
    expect(told).toMatchObject(
      [1, 1.25, 1.5].map((progress) => {
        return { method: "notifications/progress", params: { progressToken: "t-1", progress, total: 2 } };
      }),
    );
    expect(JSON.stringify(told[1])).toContain("0 of 2 ready | double | twice | page 3");
    expect(body.result).toMatchObject({ structuredContent: { timed_out: false } });
    expect(w.registry.waits).toEqual([0, 2_000, 2_000, 2_000, 2_000]);
  });

  it("is not told to a caller without a token, who waits in one piece", async () => {
    const w = withJobs(1);
    const { told } = await call(w, modern, {});
    expect(told).toEqual([]);
    expect(w.registry.waits).toEqual([0, 10_000]);
  });
});

describe("bad arguments of jobs_wait", () => {
  it.each<[JsonObject, string]>([
    [{}, "arguments"],
    [{ job_ids: [] }, "job_ids"],
    [{ job_ids: Array.from({ length: 21 }, () => "x") }, "job_ids"],
    [{ job_ids: [5] }, "job_ids[0]"],
    [{ job_ids: ["x"], until: "some" }, "until"],
    [{ job_ids: ["x"], timeout_seconds: 51 }, "timeout_seconds"],
    [{ job_ids: ["x"], timeout_seconds: -1 }, "timeout_seconds"],
  ])("%j name their path", async (args, path) => {
    const { isError, text } = await wait(world(), args);
    expect([isError, text.split("\n")[1]]).toEqual([true, expect.stringContaining(`${path}: `)]);
  });
});
