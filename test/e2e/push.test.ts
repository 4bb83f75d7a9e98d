import { afterEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { recordFigures } from "../../tooling/figures.ts";
import { Tenant } from "../../tooling/fuzz/tenants.ts";
import { rawRequest } from "../../tooling/raw.ts";
import { Listener } from "../support/listener/listener.ts";
import { useServer } from "../support/server.ts";

const NO_LIMITS = { MAX_ACTIVE_JOBS: "0", MAX_RUNNING_JOBS: "0", SUBMITS_PER_MINUTE: "0" };
const MODERN = "2026-07-28";

const server = useServer(NO_LIMITS);
/** The other client: it submits and answers. */
const other = () => new Tenant(server().url, "local", "");
const submit = (steps: JsonObject[], runAfterMs: number): Promise<string> =>
  other().submit(steps, { run_at: new Date(Date.now() + runAfterMs).toISOString() });

const listeners: Listener[] = [];
afterEach(() => {
  for (const listener of listeners.splice(0)) listener.kill();
});

/** Submits a job that runs soon, and listens before it does: a process takes its time to start on a busy machine. */
async function listening(steps: JsonObject[]): Promise<{ id: string; listener: Listener }> {
  const listener = new Listener(server().url);
  listeners.push(listener);
  await listener.until(() => listener.of("ready").length > 0);
  const id = await submit(steps, 3_000);
  listener.listen(id);
  await listener.until(() => listener.of("notifications/tasks").length > 0);
  return { id, listener };
}

const ASK = { id: "ask", type: "input", message: "Go?", schema: { type: "object", properties: {} } };
const NAP = { id: "nap", type: "sleep", for: "1 second" };
const DONE = { id: "done", type: "transform", value: { a: 1 } };
const LIFE = ["working", "input_required", "working", "completed"];

const answer = (job_id: string) =>
  other().tool("jobs_respond", { job_id, request_id: "ask", action: "accept", content: {} });
const asks = (listener: Listener) => () => listener.statuses.includes("input_required");

describe("a client in one process", () => {
  it("hears of every change of a job that another one submits, in order, then that no more will come", async () => {
    const { id, listener } = await listening([ASK, NAP, DONE]);
    await listener.until(asks(listener));
    await answer(id);
    await listener.ended;
    expect(listener.statuses).toEqual(LIFE);
    const tasks = listener.of("notifications/tasks");
    expect(tasks.find(({ status }) => status === "input_required")).toMatchObject({
      taskId: id,
      inputRequests: { ask: { method: "elicitation/create", params: { message: "Go?" } } },
    });
    expect(tasks.at(-1)).toMatchObject({ result: { structuredContent: { result: { a: 1 } } } });
    const times = tasks.map(({ lastUpdatedAt }) => String(lastUpdatedAt));
    expect(times).toEqual(times.toSorted());
    // Each change but the state in which the task was found.
    expect(listener.of("notifications/resources/updated").map(({ uri }) => uri)).toEqual(
      tasks.slice(1).map(() => `job://${id}`),
    );
    expect(listener.of("end")).toEqual([{ end: "graceful" }]);
  });

  it("that listens again after a kill -9 of the server gets to the same end", async () => {
    const { id, listener } = await listening([ASK, NAP, DONE]);
    await listener.until(asks(listener));
    await server().kill9();
    await server().restart();
    await listener.until(() => listener.of("ack").length > 1);
    await answer(id);
    await listener.ended;
    expect(listener.statuses).toEqual(LIFE);
    const ends = listener.of("end").map(({ end }) => end);
    expect([ends[0], ends.at(-1)]).toEqual(["remote", "graceful"]);
  }, 90_000);
});

/** Opens a stream, and closes it by `signal`. */
const open = (jobId: string, signal: AbortSignal): Promise<Response> => {
  const request = rawRequest("", MODERN, {
    method: "subscriptions/listen",
    params: { notifications: { taskIds: [jobId] } },
  });
  return fetch(`${server().url}/mcp`, { ...request, signal });
};

/** What the object said last of how many listeners it has. */
const listenersLeft = (): number => {
  const lines = [
    ...server()
      .log()
      .matchAll(/^\{"event":"listener_\w+".*\}$/gm),
  ];
  return lines.length === 0 ? 0 : JSON.parse(lines.at(-1)?.[0] ?? "").listeners;
};

describe("listeners", () => {
  it("are freed when their clients drop the stream", async (context) => {
    const id = await submit([DONE], 3_600_000);
    const abort = new AbortController();
    const responses = await Promise.all([1, 2, 3].map(() => open(id, abort.signal)));
    for (const { body } of responses) await body?.getReader().read();
    await expect.poll(listenersLeft, { timeout: 5_000 }).toBe(3);
    const dropped = Date.now();
    abort.abort();
    await expect.poll(listenersLeft, { interval: 20, timeout: 30_000 }).toBe(0);
    recordFigures(context, {
      harness: "dropped streams",
      seed: null,
      counts: { "ms until freed": Date.now() - dropped },
    });
  });

  it("are served a hundred at once", async () => {
    const id = await submit([ASK, DONE], 3_000);
    const responses = await Promise.all(Array.from({ length: 100 }, () => open(id, AbortSignal.timeout(60_000))));
    await expect.poll(listenersLeft, { timeout: 30_000 }).toBe(100);
    await expect.poll(() => answer(id).then(({ id: answered }) => answered, String), { timeout: 30_000 }).toBe(id);
    const texts = await Promise.all(responses.map((response) => response.text()));
    expect(texts.filter((text) => text.includes('"status":"completed"'))).toHaveLength(100);
    expect(texts.filter((text) => text.split('"status":"input_required"').length > 1)).toHaveLength(100);
    await expect.poll(listenersLeft).toBe(0);
  });
});
