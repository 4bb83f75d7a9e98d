import { TaskStatusNotificationV2Schema } from "@modelcontextprotocol/ext-tasks/core/v2";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import {
  KEEP_ALIVE_MS,
  LOCAL_KEEP_ALIVE_MS,
  MAX_LISTEN_LOSSES,
  MAX_LISTEN_MS,
  MAX_SUBSCRIPTIONS,
} from "../../../src/limits.ts";
import type { JobChange } from "../../../src/registry/api/followed-changes.ts";
import { KeyRevoked } from "../../../src/registry/api/keys.ts";
import { framesOf, jobIdOf, jobStatus, legacy, modernReply, type World, world } from "../support.ts";
import type { FakeFeed } from "./fake-feed.ts";

const ID = jobIdOf(1);
const OTHER_SHARD = jobIdOf(2, 3);
const TASKS: JsonObject = { extensions: { "io.modelcontextprotocol/tasks": {} } };
const SUBSCRIPTION = { _meta: { "io.modelcontextprotocol/subscriptionId": 1 } };
const STAMPED = expect.objectContaining(SUBSCRIPTION);

/** A registry that has the jobs. */
function withJobs(...ids: string[]): World {
  const w = world();
  for (const id of ids) w.registry.jobs.set(id, jobStatus({ id }));
  return w;
}

const present = (seq: number, status: JobChange["status"], job_id = ID): JobChange => ({
  job_id,
  seq,
  status,
  job: jobStatus({
    id: job_id,
    status,
    events: [{ seq, at: `2026-11-20T12:00:${10 + seq}.000Z`, type: "started", step: null, message: null }],
  }),
});
const past = (seq: number, status: "running" | "input_required"): JobChange => {
  const times = { submitted_at: "2026-11-20T12:00:00.000Z", at: `2026-11-20T12:00:${10 + seq}.000Z` };
  return { job_id: ID, seq, status, past: { seq, status, ...times, step: "ask", message: "Go on?" } };
};

const ask = ({ deps }: World, notifications: JsonObject, capabilities = TASKS, headers = {}) => {
  const _meta = { "io.modelcontextprotocol/clientCapabilities": capabilities };
  return modernReply(deps, "subscriptions/listen", { notifications, _meta }, headers);
};

/** All frames of a stream that ends by itself. */
const framesTo = async (reply: Promise<Response>): Promise<JsonObject[]> => framesOf(await (await reply).text());
const methodsOf = (frames: JsonObject[]) => frames.map(({ method, result }) => method ?? (result ? "result" : "error"));
const taskFrames = (frames: JsonObject[]) =>
  frames
    .filter(({ method }) => method === "notifications/tasks")
    .map(({ params }) => (params as { status: string }).status);

/** What each connection to the registry brings, in their order. */
const bringing =
  (...scripts: ((feed: FakeFeed) => void)[]) =>
  (feed: FakeFeed, index: number) =>
    scripts[index]?.(feed);

afterEach(() => void vi.useRealTimers());

describe("subscriptions/listen", () => {
  it("acknowledges first, then tells a task's reader of its state and of every change, then ends", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = (feed) => {
      feed.tell(present(2, "running"), past(4, "input_required"), present(5, "running"), present(7, "succeeded"));
      feed.end();
    };
    const response = await ask(w, { taskIds: [ID] });
    expect([response.status, response.headers.get("content-type"), response.headers.get("x-accel-buffering")]).toEqual([
      200,
      "text/event-stream",
      "no",
    ]);
    const frames = framesOf(await response.text());
    expect(frames[0]).toEqual({
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: { taskIds: [ID] }, ...SUBSCRIPTION },
    });
    expect(taskFrames(frames)).toEqual(["working", "input_required", "working", "completed"]);
    for (const frame of frames.slice(1, -1)) {
      expect(TaskStatusNotificationV2Schema.safeParse(frame).error).toBeUndefined();
      expect(frame.params).toEqual(STAMPED);
    }
    expect(frames.at(-2)?.params).toMatchObject({ taskId: ID, result: { resultType: "complete" } });
    expect(frames.at(-1)).toMatchObject({ id: 1, result: { resultType: "complete", ...SUBSCRIPTION } });
    expect(w.registry.feeds.map(({ isReleased }) => isReleased)).toEqual([true]);
  });

  it("tells a resource's reader of changes, not of the state in which it found the job", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = (feed) => {
      feed.tell(present(2, "running"), present(3, "running"), present(4, "succeeded"));
      feed.end();
    };
    const uris = [`job://${ID}`, `job://${ID}/result`, `job://${ID}/events`];
    const frames = await framesTo(ask(w, { resourceSubscriptions: uris }, {}));
    expect(frames[0]?.params).toMatchObject({ notifications: { resourceSubscriptions: uris } });
    const updates = frames.filter(({ method }) => method === "notifications/resources/updated");
    expect(updates.map(({ params }) => params)).toEqual(
      [uris[0], uris[2], ...uris].map((uri) => ({ uri, ...SUBSCRIPTION })),
    );
    expect(methodsOf(frames).at(-1)).toBe("result");
  });

  it("goes on right where a connection broke, without a change twice or missing", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = bringing(
      (feed) => {
        feed.tell(present(2, "running"), present(3, "running"));
        feed.break();
      },
      (feed) => {
        feed.tell(past(4, "input_required"), present(5, "running"));
        feed.end();
      },
      (feed) => feed.tell(present(6, "cancelled")),
    );
    const frames = await framesTo(ask(w, { taskIds: [ID] }));
    expect(w.registry.feeds.map(({ asked }) => asked)).toEqual([
      [{ job_id: ID, after: null }],
      [{ job_id: ID, after: { seq: 3, status: "running" } }],
      [{ job_id: ID, after: { seq: 5, status: "running" } }],
    ]);
    expect(taskFrames(frames)).toEqual(["working", "working", "input_required", "working", "cancelled"]);
    expect(w.registry.feeds.every(({ isReleased }) => isReleased)).toBe(true);
  });

  it("joins the streams of several shards, and ends with the last of them", async () => {
    const w = withJobs(ID, OTHER_SHARD);
    w.registry.onFeed = (feed) => {
      const job_id = feed.asked[0]?.job_id ?? "";
      feed.tell(present(2, "running", job_id), present(3, "cancelled", job_id));
    };
    const frames = await framesTo(ask(w, { taskIds: [ID, OTHER_SHARD] }));
    expect(w.stubs).toEqual([0, 3]);
    expect(taskFrames(frames).toSorted()).toEqual(["cancelled", "cancelled", "working", "working"]);
  });

  it("ends when a job has gone that was deleted while a connection was lost", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = bringing(
      (feed) => {
        feed.tell(present(2, "running"));
        feed.end();
      },
      () => void w.registry.jobs.delete(ID),
    );
    const frames = await framesTo(ask(w, { taskIds: [ID] }));
    expect([taskFrames(frames), methodsOf(frames).at(-1)]).toEqual([["working"], "result"]);
  });

  it.each([
    ["unknown", jobIdOf(9)],
    ["of another shard", jobIdOf(9, 5)],
    ["no id at all", "job_x"],
    ["in capitals", ID.toUpperCase()],
    ["encoded", `%6a${ID.slice(1)}`],
  ])("says the same of whatever is not there: %s", async (_what, id) => {
    const w = withJobs(ID);
    const notifications = {
      taskIds: [id],
      resourceSubscriptions: [`job://${id}`, `job://${id}/result`, "blueprint://x"],
    };
    const frames = await framesTo(ask(w, notifications));
    expect(methodsOf(frames)).toEqual(["notifications/subscriptions/acknowledged", "result"]);
    expect(frames[0]?.params).toEqual({ notifications: {}, ...SUBSCRIPTION });
  });

  it("leaves lists to the SDK: they never change, so nothing is promised", async () => {
    const frames = await framesTo(ask(world(), { toolsListChanged: true, resourcesListChanged: true }));
    expect(frames[0]?.params).toEqual({ notifications: {}, ...SUBSCRIPTION });
    expect(methodsOf(frames).at(-1)).toBe("result");
  });
});

describe("a listen request is refused", () => {
  const refused = async (w: World, notifications: JsonObject, capabilities = TASKS) => {
    const response = await ask(w, notifications, capabilities, { origin: "http://localhost:3000" });
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    return { status: response.status, body: await response.json<JsonObject>() };
  };

  it("when it names tasks and does not declare the extension", async () => {
    expect(await refused(withJobs(ID), { taskIds: [ID] }, {})).toMatchObject({
      status: 400,
      body: { id: 1, error: { code: -32_021, data: { requiredCapabilities: TASKS } } },
    });
  });

  it("when its tasks are no list of ids", async () => {
    expect(await refused(withJobs(ID), { taskIds: ID })).toMatchObject({ body: { error: { code: -32_602 } } });
  });

  it("when it names too many jobs", async () => {
    const taskIds = Array.from({ length: MAX_SUBSCRIPTIONS + 1 }, (_, i) => jobIdOf(i % 200));
    const { body } = await refused(world(), { taskIds, resourceSubscriptions: [`job://${ID}`] });
    expect(body).toMatchObject({
      error: {
        code: -32_602,
        message: `notifications: ${MAX_SUBSCRIPTIONS + 2} resources and tasks, the most is 100. Listen to the others in another request.`,
      },
    });
  });

  it("when the object has too many listeners, and leaves none behind elsewhere", async () => {
    const w = withJobs(ID, OTHER_SHARD);
    w.registry.onFeed = () => {
      w.registry.followError = { code: "too_many_listeners", limit: 1 };
    };
    const { body } = await refused(w, { taskIds: [ID, OTHER_SHARD] });
    expect(body).toMatchObject({ error: { code: -32_603, message: expect.stringContaining("Too many streams") } });
    expect(w.registry.feeds.map(({ isReleased }) => isReleased)).toEqual([true]);
    expect(w.measured).toMatchObject([{ name: "subscriptions/listen", outcome: "tool_error" }]);
  });

  it("with a reference when the registry breaks", async () => {
    const w = withJobs(ID);
    w.registry.broken.follow = new Error("SQLITE_FULL");
    const { body } = await refused(w, { taskIds: [ID] });
    expect(JSON.stringify(body)).toContain("reference ref-1");
    expect(JSON.stringify(body)).not.toContain("SQLITE");
  });

  it("of a client of 2025, as an unknown method", async () => {
    const { body } = await legacy(withJobs(ID).deps, "subscriptions/listen", { notifications: { taskIds: [ID] } });
    expect(body).toMatchObject({ error: { code: -32_601 } });
  });
});

/**
 * Time passes for the streams alone. Objects that earlier files left in this isolate give way by timers of 0 ms: fired from
 * here, those would wake code of another object, which the runtime refuses as an error outside of any test.
 */
function fakeTimers(): void {
  const { setTimeout: real } = globalThis;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  const { setTimeout: fake } = globalThis;
  const chosen = (act: () => void, ms?: number) => (ms === 0 ? real : fake)(act, ms);
  globalThis.setTimeout = Object.assign(chosen, fake);
}

describe("an open stream", () => {
  const opened = async (w: World) => {
    fakeTimers();
    const response = await ask(w, { taskIds: [ID] });
    return { response, text: response.text() };
  };

  it("shows that it lives, and ends as planned when its time is over", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = (feed) => feed.tell(present(2, "running"));
    const { text } = await opened(w);
    await vi.advanceTimersByTimeAsync(MAX_LISTEN_MS);
    const all = await text;
    expect(methodsOf(framesOf(all)).at(-1)).toBe("result");
    expect(all.split(": keep-alive\n\n").length).toBeGreaterThan(MAX_LISTEN_MS / KEEP_ALIVE_MS);
    expect(all.split(": keep-alive\n\n").length).toBeLessThanOrEqual(1 + MAX_LISTEN_MS / LOCAL_KEEP_ALIVE_MS);
    expect(w.registry.feeds.map(({ isReleased }) => isReleased)).toEqual([true]);
  });

  it("whose key is revoked ends with an error that says so", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = (feed) => {
      feed.tell(present(2, "running"));
      w.registry.broken.follow = new KeyRevoked("revoked");
      feed.end();
    };
    const frames = await framesTo(ask(w, { taskIds: [ID] }));
    expect(frames.at(-1)).toMatchObject({ id: 1, error: { message: expect.stringContaining("was revoked") } });
  });

  it("gives up when connections keep breaking, with a reference to the log", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = (feed, index) => {
      if (index === 0) feed.tell(present(2, "running"));
      feed.end();
    };
    const { text } = await opened(w);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(framesOf(await text).at(-1)).toMatchObject({ error: { message: expect.stringContaining("ref-1") } });
    expect(w.registry.feeds).toHaveLength(MAX_LISTEN_LOSSES + 1);
  });

  it("whose client goes releases the registry", async () => {
    const w = withJobs(ID);
    w.registry.onFeed = (feed) => feed.tell(present(2, "running"));
    const response = await ask(w, { taskIds: [ID] });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await expect.poll(() => w.registry.feeds.map(({ isReleased }) => isReleased)).toEqual([true]);
  });
});
