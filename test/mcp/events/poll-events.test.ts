import { describe, expect, it } from "vitest";
import { deployment, submitted } from "../deployment.ts";
import { callTool, legacy } from "../support.ts";
import { ask, listOf } from "./wire.ts";

const NAME = "job.settled";

function tenant() {
  const deps = deployment().worker(2);
  const settle = async () => {
    const id = await submitted(deps);
    await callTool(deps, "jobs_cancel", { job_id: id });
    return id;
  };
  const poll = (params = {}) => ask(deps, "events/poll", { name: NAME, arguments: {}, ...params });
  return { deps, settle, poll };
}

describe("the Events extension", () => {
  it("is declared in both places, in both eras", async () => {
    const { deps } = tenant();
    const declared = { events: {}, extensions: { "io.modelcontextprotocol/events": {} } };
    expect((await ask(deps, "server/discover")).result).toMatchObject({
      resultType: "complete",
      capabilities: declared,
    });
    const hello = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } };
    expect((await legacy(deps, "initialize", hello)).body.result).toMatchObject({ capabilities: declared });
  });

  it("answers a client of 2025 too, without what only 2026 knows", async () => {
    const { deps } = tenant();
    const { body } = await legacy(deps, "events/poll", { name: NAME, cursor: null });
    expect(body.result).toMatchObject({ events: [], truncated: false, hasMore: false });
    expect(body.result).not.toHaveProperty("resultType");
  });
});

describe("events/list", () => {
  it("describes each type, with schemas for its arguments and its payload", async () => {
    const { result } = await ask(tenant().deps, "events/list");
    expect(result.resultType).toBe("complete");
    expect(result).not.toHaveProperty("nextCursor");
    const events = listOf(result.events);
    expect(events.map(({ name }) => name)).toEqual([
      "job.settled",
      "job.input_required",
      "trigger.changed",
      "trigger.missed",
      "trigger.refused",
    ]);
    for (const event of events) {
      expect(event.description).toMatch(/\.$/);
      expect(event.inputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(event.payloadSchema).toMatchObject({ type: "object" });
      for (const mode of event.delivery as string[]) expect(["poll", "push", "webhook"]).toContain(mode);
    }
    expect(events[0]).toMatchObject({ inputSchema: { properties: { status: { type: "string" }, job_id: {} } } });
  });

  it("has one page: any cursor is refused", async () => {
    expect((await ask(tenant().deps, "events/list", { cursor: "x" })).error.code).toBe(-32_602);
  });
});

describe("events/poll", () => {
  it("begins with the present, then gives each event once, with its cursor", async () => {
    const { settle, poll } = tenant();
    await settle();
    const first = await poll({ cursor: null });
    expect(first.result).toMatchObject({ events: [], truncated: false, hasMore: false, nextPollMs: 15_000 });
    expect(first.result.cursor).toEqual(expect.any(String));
    const id = await settle();
    const second = await poll({ cursor: first.result.cursor });
    expect(listOf(second.result.events)).toEqual([
      {
        eventId: expect.stringMatching(/^evt_[0-9a-f]+$/),
        name: NAME,
        timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
        data: expect.objectContaining({ job_id: id, status: "cancelled" }),
      },
    ]);
    expect((await poll({ cursor: second.result.cursor })).result).toMatchObject({ events: [], hasMore: false });
    // Nothing is kept of a poll: the same one again gives the same.
    expect((await poll({ cursor: first.result.cursor })).result.events).toEqual(second.result.events);
  });

  it("gives no more than maxEvents, and says that there are more", async () => {
    const { settle, poll } = tenant();
    let { cursor } = (await poll()).result;
    const ids = [await settle(), await settle(), await settle()];
    const had: unknown[] = [];
    for (let more = true; more; ) {
      const { result } = await poll({ cursor, maxEvents: 1 });
      expect(listOf(result.events).length).toBeLessThanOrEqual(1);
      had.push(...listOf(result.events).map(({ data }) => (data as { job_id: string }).job_id));
      more = result.hasMore === true;
      cursor = result.cursor;
    }
    expect(had.toSorted()).toEqual(ids.toSorted());
  });

  it("filters by its arguments", async () => {
    const { settle, poll } = tenant();
    const { cursor } = (await poll()).result;
    const id = await settle();
    await settle();
    const { result } = await poll({ cursor, arguments: { job_id: id, status: "cancelled" } });
    expect(listOf(result.events).map(({ data }) => (data as { job_id: string }).job_id)).toEqual([id]);
    expect((await poll({ cursor, arguments: { status: "failed" } })).result.events).toEqual([]);
  });

  it("is held as long as the client wants, and answered by the first event", async () => {
    const { settle, poll } = tenant();
    const { cursor } = (await poll()).result;
    const held = poll({ cursor, timeoutMs: 20_000 });
    const id = await settle();
    expect((await held).result).toMatchObject({ events: [{ data: { job_id: id } }] });
  });

  it("takes any cursor: one that is nobody's begins anew, and says that something may be missing", async () => {
    const { settle, poll } = tenant();
    await poll();
    await settle();
    for (const cursor of ["", "foreign", "ev1_zzzz_zzzz"]) {
      const { result } = await poll({ cursor });
      expect(result).toMatchObject({ events: [], truncated: true });
      expect((await poll({ cursor: result.cursor })).result.truncated).toBe(false);
    }
  });

  it("leaves out what is older than maxAgeMs, and says so; with the present as its beginning that means nothing", async () => {
    const { settle, poll } = tenant();
    const { cursor } = (await poll()).result;
    await settle();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await poll({ cursor, maxAgeMs: 1 })).result).toMatchObject({ events: [], truncated: true });
    expect(listOf((await poll({ cursor, maxAgeMs: 60_000 })).result.events)).toHaveLength(1);
    expect((await poll({ cursor: null, maxAgeMs: 60_000 })).result).toMatchObject({ events: [], truncated: false });
  });

  it.each([
    [{ name: "no.such_event" }, -32_011, { kind: "event" }],
    [{ name: 5 }, -32_602, { reason: expect.stringContaining("name") }],
    [{ arguments: { job_id: 5 } }, -32_602, { reason: expect.stringContaining("job_id") }],
    [{ arguments: { colour: "red" } }, -32_602, { reason: expect.stringContaining("arguments") }],
    [{ arguments: [] }, -32_602, { reason: expect.stringContaining("arguments") }],
    [{ cursor: 5 }, -32_602, { reason: expect.stringContaining("cursor") }],
    [{ maxEvents: 0 }, -32_602, { reason: expect.stringContaining("maxEvents") }],
    [{ maxAgeMs: -1 }, -32_602, { reason: expect.stringContaining("maxAgeMs") }],
  ])("of %j is refused with %i", async (params, code, data) => {
    const { error } = await tenant().poll(params);
    expect(error).toMatchObject({ code, data });
  });

  it("without a name is refused", async () => {
    expect((await ask(tenant().deps, "events/poll", {})).error.code).toBe(-32_602);
  });
});
