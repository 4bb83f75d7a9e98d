import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { deployment, submitted } from "../deployment.ts";
import { callTool } from "../support.ts";
import { ask, send } from "./wire.ts";

const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";

/** A stream, read frame by frame. */
async function open(deps: Parameters<typeof send>[0], params: JsonObject, id: string | number = 3) {
  const gone = new AbortController();
  const response = await send(deps, "events/stream", { name: "job.settled", ...params }, { id, signal: gone.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const frames: JsonObject[] = [];
  const next = async (): Promise<JsonObject> => {
    while (frames.length === 0) {
      const { done, value = "" } = (await reader?.read()) ?? { done: true };
      if (done) return {};
      text += value;
      const lines = text.split("\n\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        expect(line).toMatch(/^data: \{[^\n]*\}$/);
        frames.push(JSON.parse(line.slice("data: ".length)));
      }
    }
    return frames.shift() ?? {};
  };
  const leave = async () => {
    gone.abort();
    await reader?.cancel();
  };
  return { response, next, leave };
}

async function settled(deps: Parameters<typeof send>[0]) {
  const id = await submitted(deps);
  await callTool(deps, "jobs_cancel", { job_id: id });
  return id;
}

describe("events/stream", () => {
  it.each([3, "three"])("tells what happens from now on, each frame under its request's id (%j)", async (id) => {
    const deps = deployment().worker(2);
    const { response, next, leave } = await open(deps, { cursor: null }, id);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const active = await next();
    expect(active).toEqual({
      jsonrpc: "2.0",
      method: "notifications/events/active",
      params: { cursor: expect.any(String), truncated: false, _meta: { [SUBSCRIPTION]: id } },
    });
    expect(await next()).toMatchObject({ method: "notifications/events/heartbeat" });
    const job = await settled(deps);
    const event = await next();
    expect(event).toEqual({
      jsonrpc: "2.0",
      method: "notifications/events/event",
      params: {
        eventId: expect.stringMatching(/^evt_/),
        name: "job.settled",
        timestamp: expect.any(String),
        data: expect.objectContaining({ job_id: job }),
        cursor: expect.any(String),
        _meta: { [SUBSCRIPTION]: id },
      },
    });
    expect(await next()).toEqual({
      jsonrpc: "2.0",
      method: "notifications/events/heartbeat",
      params: { cursor: expect.any(String), _meta: { [SUBSCRIPTION]: id } },
    });
    await leave();
  });

  it("goes on where it was left: what happened meanwhile comes first", async () => {
    const deps = deployment().worker(2);
    const first = await open(deps, { cursor: null });
    const { cursor = null } = (await first.next()).params as JsonObject;
    await first.leave();
    const ids = [await settled(deps), await settled(deps)];
    const again = await open(deps, { cursor });
    expect((await again.next()).params).toMatchObject({ cursor, truncated: false });
    const had: unknown[] = [];
    for (let i = 0; i < 2; i++) had.push(((await again.next()).params as { data: JsonObject }).data.job_id);
    expect(had.toSorted()).toEqual(ids.toSorted());
    await again.leave();
  });

  it("with a cursor that is nobody's says that something may be missing", async () => {
    const { next, leave } = await open(deployment().worker(1), { cursor: "foreign" });
    expect((await next()).params).toMatchObject({ truncated: true });
    await leave();
  });

  it("that is not good is refused as plain JSON, and nothing is opened", async () => {
    const deps = deployment().worker(1);
    const { error } = await ask(deps, "events/stream", { name: "no.such_event" });
    expect(error).toMatchObject({ code: -32_011, data: { kind: "event" } });
    const response = await send(deps, "events/stream", { name: "no.such_event" });
    expect(response.headers.get("content-type")).toMatch(/application\/json/);
    await response.body?.cancel();
  });
});
