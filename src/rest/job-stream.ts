import type { ChangePlace } from "../jobs/changes.ts";
import { isSettled, JOB_STATUSES } from "../jobs/status.ts";
import { SseWriter } from "../lib/http/sse-writer.ts";
import { ok, type Result } from "../lib/result.ts";
import { MAX_LISTEN_MS } from "../limits.ts";
import { UNKNOWN_JOB } from "../registry/api/caller.ts";
import type { JobChange } from "../registry/api/followed-changes.ts";
import { ShardFeed } from "../service/changes/shard-feed.ts";
import { shardOfJob } from "../service/context.ts";
import type { Refused, RestContext } from "./route.ts";

/** Changes of one job as server-sent events: `job` is how it stands now, `status` one that it has left since. */

const PLACE = /^(\d{1,9})-([a-z_]+)$/;

/** Where a reader was that comes again; null: it begins, or says something that we never said. */
function placeOf(lastEventId: string | null): ChangePlace | null {
  const [, seq, name] = PLACE.exec(lastEventId ?? "") ?? [];
  const status = JOB_STATUSES.find((each) => each === name);
  return status === undefined ? null : { seq: Number(seq), status };
}

const eventOf = (change: JobChange) => ({
  id: `${change.seq}-${change.status}`,
  ...("past" in change
    ? { event: "status", data: JSON.stringify(change.past) }
    : { event: "job", data: JSON.stringify(change.job) }),
});

/** Until the job has settled, the reader has gone, or the stream has its age: the reader then comes again. Never rejects. */
async function tell(feed: ShardFeed, writer: SseWriter, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const lifetime = setTimeout(() => ended.abort(), MAX_LISTEN_MS);
  try {
    for await (const { change } of feed.changes(AbortSignal.any([ended.signal, writer.gone, signal]))) {
      await writer.send(eventOf(change));
    }
  } catch {
    // The reader has gone, or its key; or connections kept breaking. A stream that ends early is asked for again.
  } finally {
    clearTimeout(lifetime);
    feed.drop();
  }
  await writer.close().catch(() => {});
}

/** From the present state on, or from where `Last-Event-ID` says that the reader was. */
export async function streamJob(
  { job_id }: { job_id: string },
  context: RestContext,
): Promise<Result<Response, Refused>> {
  const shard = shardOfJob(job_id);
  if (shard === undefined) return UNKNOWN_JOB;
  const place = placeOf(context.headers.get("last-event-id"));
  const feed = new ShardFeed(context, shard, [job_id], place);
  const opened = await feed.open();
  if (!opened.ok) return opened;
  const isOver = place !== null && isSettled(place.status);
  if (opened.value.length === 0 || isOver) feed.drop();
  if (opened.value.length === 0) return UNKNOWN_JOB;
  // The one answer after which an EventSource does not come again.
  if (isOver) return ok(new Response(null, { status: 204 }));
  const writer = new SseWriter(context.keepAliveMs);
  context.background(tell(feed, writer, context.signal));
  const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
  return ok(new Response(writer.readable, { headers }));
}
