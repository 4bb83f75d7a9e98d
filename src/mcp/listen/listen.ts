import { hasLoopbackHost } from "../../auth/loopback.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { KEEP_ALIVE_MS, LOCAL_KEEP_ALIVE_MS, MAX_LISTEN_MS } from "../../limits.ts";
import { ShardFeed } from "../../service/changes/shard-feed.ts";
import { shardOfJob } from "../../service/context.ts";
import type { McpDeps } from "../deps.ts";
import { observe } from "../protocol/observe.ts";
import { briefServerInfo } from "../protocol/server-info.ts";
import { EventStream } from "./event-stream.ts";
import { type ListenError, type ListenRequest, readWanted, type Wanted } from "./request.ts";
import { honoured, interestsOf, notificationsOf } from "./subscriptions.ts";

/**
 * subscriptions/listen for jobs: the registry's changes, as notifications of one long reply. The SDK's own stream knows
 * nothing of tasks, and of a change only that there was one; here a change is told once, in order, whatever breaks.
 */

const METHOD = "subscriptions/listen";
const INTERNAL_ERROR = -32_603;

interface Listening {
  wanted: Wanted;
  interests: ReturnType<typeof interestsOf>;
  feeds: ShardFeed[];
  /** Jobs that there are. */
  jobIds: Set<string>;
}

/** Listens at every shard before anything is acknowledged, so that whatever happens from then on is told. */
async function open(wanted: Wanted, deps: McpDeps): Promise<Result<Listening, string>> {
  const interests = interestsOf(wanted);
  const shards = Map.groupBy(interests.keys(), shardOfJob);
  shards.delete(undefined);
  const feeds = [...shards].map(([shard = 0, ids]) => new ShardFeed(deps, shard, ids));
  const replies = await Promise.allSettled(feeds.map((feed) => feed.open()));
  const jobIds = new Set<string>();
  for (const reply of replies) {
    if (reply.status === "fulfilled" && reply.value.ok) {
      for (const id of reply.value.value) jobIds.add(id);
      continue;
    }
    for (const feed of feeds) feed.drop();
    if (reply.status === "rejected") throw reply.reason;
    return err("Too many streams are open for these jobs. Close one, or ask with tasks/get or jobs_wait.");
  }
  return ok({ wanted, interests, feeds, jobIds });
}

/** Acknowledges, then tells every change until there is none to come or the signal aborts. */
async function tell(
  { wanted, interests, feeds, jobIds }: Listening,
  stream: EventStream,
  signal: AbortSignal,
  deps: McpDeps,
) {
  await stream.notify({
    method: "notifications/subscriptions/acknowledged",
    params: { notifications: honoured(wanted, jobIds) },
  });
  const pass = async (feed: ShardFeed) => {
    for await (const { change, isFirst } of feed.changes(signal)) {
      const interest = interests.get(change.job_id);
      for (const notification of interest ? notificationsOf(change, interest, isFirst, deps) : []) {
        await stream.notify(notification);
      }
    }
  };
  await Promise.all(feeds.map(pass));
}

/** One stream to its end. Never rejects: a client that has gone needs no answer. */
async function run(listening: Listening, stream: EventStream, signal: AbortSignal, deps: McpDeps): Promise<void> {
  const ended = new AbortController();
  const lifetime = setTimeout(() => ended.abort(), MAX_LISTEN_MS);
  const anyEnd = AbortSignal.any([ended.signal, stream.gone, signal]);
  const outcome = await observe(`${METHOD} stream`, deps, "modern", async () => {
    try {
      await tell(listening, stream, anyEnd, deps);
    } catch (error) {
      if (!stream.gone.aborted && !signal.aborted) throw error;
    } finally {
      ended.abort();
      for (const feed of listening.feeds) feed.drop();
    }
    return ok(null);
  });
  clearTimeout(lifetime);
  const last = outcome.ok ? stream.complete(briefServerInfo(deps)) : stream.fail(INTERNAL_ERROR, outcome.error.text);
  await last.catch(() => {});
}

const refusal = (id: ListenRequest["id"], { status, ...error }: ListenError, accepted: Response): Response => {
  const headers = new Headers(accepted.headers);
  headers.set("content-type", "application/json");
  return Response.json({ jsonrpc: "2.0", id, error }, { status, headers });
};

/**
 * @param accepted the front door's answer, which says that the request may be served: its stream is replaced
 */
export async function listen(
  { id, ...asked }: ListenRequest,
  request: Request,
  accepted: Response,
  deps: McpDeps,
): Promise<Response> {
  await accepted.body?.cancel();
  const wanted = readWanted(asked);
  if (!wanted.ok) return refusal(id, wanted.error, accepted);
  const listening = await observe(METHOD, deps, "modern", () => open(wanted.value, deps));
  if (!listening.ok) {
    const { text } = listening.error;
    return refusal(id, { status: 200, code: INTERNAL_ERROR, message: text }, accepted);
  }
  const keepAliveMs = hasLoopbackHost(new URL(request.url)) ? LOCAL_KEEP_ALIVE_MS : KEEP_ALIVE_MS;
  const stream = new EventStream(id, keepAliveMs);
  deps.background(run(listening.value, stream, request.signal, deps));
  return new Response(stream.readable, { headers: accepted.headers });
}
