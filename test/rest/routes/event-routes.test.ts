import { describe, expect, it } from "vitest";
import { deployment, submitted } from "../../mcp/deployment.ts";
import { callTool } from "../../mcp/support.ts";
import { api, ask, world } from "../support.ts";

/** A world over real objects, of which a job has settled since the cursor. */
async function settled() {
  const deps = deployment().worker(2);
  const w = world({ service: deps });
  const { body } = await api(w, "GET", "/events");
  const id = await submitted(deps, {});
  await callTool(deps, "jobs_cancel", { job_id: id });
  return { w, id, cursor: String(body.next_cursor) };
}

const BAD = { status: 422, body: { code: "invalid_cursor", faults: [{ path: "cursor" }] } };

describe("GET /events", () => {
  it("begins to listen, and then answers what happened since", async () => {
    const { w, id, cursor } = await settled();
    const { status, body } = await api(w, "GET", `/events?cursor=${cursor}&names=job.settled&job_id=${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      events: [{ name: "job.settled", at: expect.stringMatching(/Z$/), data: { job_id: id, status: "cancelled" } }],
      has_more: false,
      truncated: false,
    });
    const after = await api(w, "GET", `/events?cursor=${String(body.next_cursor)}&names=job.settled`);
    expect(after.body.events).toEqual([]);
  });

  it("refuses what is no cursor", async () => {
    expect(await api(world(), "GET", "/events?cursor=x")).toMatchObject(BAD);
    expect(await api(world(), "GET", "/events/stream?cursor=x")).toMatchObject(BAD);
  });
});

describe("GET /events/stream", () => {
  it("tells what happened since Last-Event-ID, each with the place behind it, and goes on", async () => {
    const { w, id, cursor } = await settled();
    const response = await ask(w, "GET", "/events/stream?names=job.settled", { headers: { "last-event-id": cursor } });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("event: job.settled")) text += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    const place = /^id: (.+)$/m.exec(text)?.[1] ?? "";
    expect(text).toContain(id);
    const after = await api(w, "GET", `/events?cursor=${place}&names=job.settled`);
    expect(after.body.events).toEqual([]);
  });

  it("gives a reader that had nothing a place to begin from", async () => {
    const w = world({ service: deployment().worker(2) });
    const response = await ask(w, "GET", "/events/stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toMatch(/^event: place\nid: \S+\ndata: \{\}\n\n$/);
    await reader?.cancel();
  });
});
