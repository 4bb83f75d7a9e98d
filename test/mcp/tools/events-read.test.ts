import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../../src/lib/json.ts";
import { MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { deployment, submitted } from "../deployment.ts";
import { callTool } from "../support.ts";

const events = (structured: JsonObject) =>
  (Array.isArray(structured.events) ? structured.events : []).filter(isJsonObject);

async function settled(metadata: JsonObject[]) {
  const { worker } = deployment();
  const deps = worker(2);
  const { structured } = await callTool(deps, "events_read", {});
  const ids: string[] = [];
  for (const each of metadata) ids.push(await submitted(deps, { metadata: each }));
  for (const job_id of ids) await callTool(deps, "jobs_cancel", { job_id });
  return { deps, cursor: String(structured.next_cursor), ids };
}

describe("events_read", () => {
  it("begins to listen, and then gives what happened, with the call that goes on", async () => {
    const { deps, cursor, ids } = await settled([{ order: 17 }]);
    const { structured, text, isError } = await callTool(deps, "events_read", { cursor, names: ["job.settled"] });
    expect(isError).toBe(false);
    expect(structured).toMatchObject({
      events: [{ name: "job.settled", data: { job_id: ids[0], status: "cancelled", metadata: { order: 17 } } }],
      has_more: false,
      truncated: false,
    });
    const [event] = events(structured);
    expect(event?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(event?.event_id).toMatch(/^evt_[0-9a-f]{32}$/);
    expect(structured.next).toBe(
      `events_read {"names":["job.settled"],"limit":20,"cursor":"${structured.next_cursor}","wait_seconds":25} gives what comes after.`,
    );
    expect(text).toContain(String(ids[0]));
    const after = await callTool(deps, "events_read", { cursor: String(structured.next_cursor) });
    expect(after.structured.events).toEqual([]);
  });

  it("filters by what events can be told apart by", async () => {
    const { deps, cursor, ids } = await settled([{}, {}]);
    const of = async (args: JsonObject) =>
      events((await callTool(deps, "events_read", { cursor, ...args })).structured).map(({ data }) =>
        isJsonObject(data) ? data.job_id : null,
      );
    expect(await of({ job_id: ids[1] ?? "" })).toEqual([ids[1]]);
    expect((await of({ status: "cancelled", blueprint: "double" })).toSorted()).toEqual(ids.toSorted());
    expect(await of({ status: "failed" })).toEqual([]);
    expect(await of({ trigger: "t" })).toEqual([]);
    expect((await of({ names: [] })).toSorted(), "an empty list leaves nothing out").toEqual(ids.toSorted());
  });

  it("stays within a reply: what has no room comes with the next cursor, and a single large event is cut", async () => {
    const large = { text: "a".repeat(15_000) };
    const { deps, cursor, ids } = await settled([large, large, large]);
    const had: unknown[] = [];
    for (let from = cursor; ; ) {
      const reply = await callTool(deps, "events_read", { cursor: from });
      expect(JSON.stringify(reply.structured).length + reply.text.length).toBeLessThanOrEqual(MAX_REPLY_BYTES);
      had.push(...events(reply.structured).map(({ data }) => (isJsonObject(data) ? data.job_id : null)));
      expect(events(reply.structured)[0]).toMatchObject({
        data: { metadata: { truncated: true, total_bytes: 15_011 } },
      });
      from = String(reply.structured.next_cursor);
      if (reply.structured.has_more !== true) break;
    }
    expect(had.toSorted()).toEqual(ids.toSorted());
  });

  it("says what is wrong with a cursor and a filter", async () => {
    const { worker } = deployment();
    expect(await callTool(worker(1), "events_read", { cursor: "nope" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("cursor: is not a next_cursor of events_read"),
    });
    expect(await callTool(worker(1), "events_read", { status: "done" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("status"),
    });
    expect(await callTool(worker(1), "events_read", { wait_seconds: 51 })).toMatchObject({ isError: true });
  });
});
