import { describe, expect, it } from "vitest";
import { KeyRevoked } from "../../src/registry/api/keys.ts";
import type { FakeFeed } from "../mcp/listen/fake-feed.ts";
import { ask, jobIdOf, jobStatus, type World, world } from "./support.ts";

const ID = jobIdOf(1);
const RUNNING = jobStatus({ id: ID, progress: 0.5 });
const DONE = jobStatus({ id: ID, status: "succeeded", progress: 1 });
const PAST = {
  seq: 2,
  status: "running" as const,
  submitted_at: "2026-11-20T12:00:00.000Z",
  at: "2026-11-20T12:00:01.000Z",
  step: null,
  message: null,
};

const running = { job_id: ID, seq: 2, status: "running" as const, job: RUNNING };
const done = { job_id: ID, seq: 5, status: "succeeded" as const, job: DONE };

/** A world with one job, whose change streams do what the test says. */
function following(...connections: ((feed: FakeFeed) => void)[]): World {
  const w = world();
  w.registry.jobs.set(ID, RUNNING);
  w.registry.onFeed = (feed, i) => connections[i]?.(feed);
  return w;
}

const stream = (w: World, lastEventId?: string) =>
  ask(w, "GET", `/jobs/${ID}/stream`, lastEventId === undefined ? {} : { headers: { "last-event-id": lastEventId } });

/** Events of the stream, without what keeps it alive. */
async function eventsOf(response: Response) {
  const blocks = (await response.text()).split("\n\n").filter((block) => block.startsWith("event:"));
  return blocks.map((block) => {
    const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
    return { event: fields.event, id: fields.id, data: JSON.parse(fields.data ?? "null") };
  });
}

describe("GET /jobs/{job_id}/stream", () => {
  it("tells how the job stands, every status that it has left, and its end, and then ends", async () => {
    const w = following((feed) => {
      feed.tell(running, { job_id: ID, ...PAST, past: PAST }, done);
    });
    const response = await stream(w);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await eventsOf(response)).toEqual([
      { event: "job", id: "2-running", data: RUNNING },
      { event: "status", id: "2-running", data: PAST },
      { event: "job", id: "5-succeeded", data: DONE },
    ]);
    expect(w.registry.feeds.map(({ isReleased }) => isReleased)).toEqual([true]);
  });

  it("goes on where Last-Event-ID says that the reader was, and from the present on for an id that is none", async () => {
    const w = following(
      (feed) => feed.tell(done),
      (feed) => feed.tell(done),
    );
    expect(await eventsOf(await stream(w, "2-running"))).toHaveLength(1);
    await eventsOf(await stream(w, "2-nothing"));
    expect(w.registry.feeds.map(({ asked }) => asked[0]?.after)).toEqual([{ seq: 2, status: "running" }, null]);
  });

  it("goes on over a connection that breaks", async () => {
    const w = following(
      (feed) => {
        feed.tell(running);
        feed.break();
      },
      (feed) => feed.tell(done),
    );
    expect((await eventsOf(await stream(w))).map(({ id }) => id)).toEqual(["2-running", "5-succeeded"]);
    expect(w.registry.feeds[1]?.asked[0]?.after).toEqual({ seq: 2, status: "running" });
  });

  it("answers 204 to a reader that has seen the end, so that an EventSource stays away", async () => {
    const w = following();
    const response = await stream(w, "5-succeeded");
    expect([response.status, w.registry.feeds[0]?.isReleased]).toEqual([204, true]);
  });

  it("tells nobody that another's job has ended: it is unknown, whatever place is named", async () => {
    const response = await ask(world(), "GET", `/jobs/${ID}/stream`, { headers: { "last-event-id": "5-succeeded" } });
    expect(response.status).toBe(404);
  });

  it("answers 429 with Retry-After when too many streams are open", async () => {
    const w = following();
    w.registry.followError = { code: "too_many_listeners", limit: 64 };
    const response = await stream(w);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(await response.json()).toMatchObject({ code: "too_many_listeners", limit: 64 });
  });

  it("ends when the key is revoked under it", async () => {
    const w = following((feed) => {
      feed.tell(running);
      w.registry.broken.follow = new KeyRevoked();
      feed.end();
    });
    expect(await eventsOf(await stream(w))).toHaveLength(1);
  });
});
