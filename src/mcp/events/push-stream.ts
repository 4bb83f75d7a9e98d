import { SUBSCRIPTION_ID_META_KEY } from "@modelcontextprotocol/server";
import { SseWriter } from "../../lib/http/sse-writer.ts";
import type { Json, JsonObject } from "../../lib/json.ts";
import { ok, type Result } from "../../lib/result.ts";
import { DEFAULT_POLLED_EVENTS, EVENT_HEARTBEAT_MS, MAX_LISTEN_MS } from "../../limits.ts";
import { KeyRevoked } from "../../registry/api/keys.ts";
import type { McpDeps } from "../deps.ts";
import { observe } from "../protocol/observe.ts";
import { type EventRefusal, refusalCode } from "./event-errors.ts";
import { Common, type Listened, readListened, readParams } from "./event-request.ts";
import { occurrenceOf, readOccurrences } from "./poll-events.ts";

/**
 * events/stream: the same log as one long answer. Every frame is a `data:` line and names its request; the client leaves by
 * closing it, and comes again with the cursor that it saw last.
 */

const METHOD = "notifications/events";
const REVOKED: EventRefusal = { kind: "forbidden", message: "Forbidden", data: { reason: "revoked" } };

export type StreamId = string | number;

export async function readStream(params: unknown, deps: McpDeps): Promise<Result<Listened, EventRefusal>> {
  const asked = readParams(Common, params);
  return asked.ok ? readListened(asked.value, deps) : asked;
}

class PushStream {
  readonly writer = new SseWriter(null);
  readonly #id: StreamId;

  constructor(id: StreamId) {
    this.#id = id;
  }

  tell(what: string, params: JsonObject): Promise<void> {
    const _meta = { [SUBSCRIPTION_ID_META_KEY]: this.#id };
    return this.#send({ method: `${METHOD}/${what}`, params: { ...params, _meta } });
  }

  async end(): Promise<void> {
    await this.#send({ id: this.#id, result: { resultType: "complete", _meta: {} } });
    await this.writer.close();
  }

  #send(message: { [field: string]: Json }): Promise<void> {
    return this.writer.send({ data: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  }
}

/** Tells what happens until the signal aborts. */
async function tellAll(listened: Listened, stream: PushStream, deps: McpDeps, signal: AbortSignal): Promise<void> {
  let { cursor } = listened;
  let isActive = false;
  while (!signal.aborted) {
    // What it begins with is known at once; then each look waits until it is time for a sign of life.
    const waitMs = isActive ? EVENT_HEARTBEAT_MS : 0;
    const read = await readOccurrences(
      { ...listened, cursor, since: isActive ? null : listened.since },
      { limit: DEFAULT_POLLED_EVENTS, waitMs },
      deps,
      signal,
    );
    if (signal.aborted) return;
    const { truncated } = read;
    if (!isActive || truncated) await stream.tell("active", { cursor: cursor ?? read.cursorAfter(0), truncated });
    isActive = true;
    for (const [i, event] of read.events.entries()) {
      await stream.tell("event", { ...occurrenceOf(event), cursor: read.cursorAfter(i + 1) });
    }
    cursor = read.cursorAfter();
    await stream.tell("heartbeat", { cursor });
  }
}

async function run(listened: Listened, stream: PushStream, request: Request, deps: McpDeps): Promise<void> {
  const lifetime = AbortSignal.timeout(MAX_LISTEN_MS);
  const signal = AbortSignal.any([lifetime, stream.writer.gone, request.signal]);
  await observe("events/stream stream", deps, "modern", async () => {
    try {
      await tellAll(listened, stream, deps, signal);
    } catch (error) {
      if (stream.writer.gone.aborted || request.signal.aborted) return ok(null);
      if (!(error instanceof KeyRevoked)) throw error;
      const { message, data } = REVOKED;
      await stream.tell("terminated", { error: { code: refusalCode(REVOKED), message, data } });
    }
    return ok(null);
  });
  await stream.end().catch(() => {});
}

/** @param accepted the front door's answer, which says that the request may be served: its body is replaced */
export async function pushEvents(
  listened: Listened,
  id: StreamId,
  request: Request,
  accepted: Response,
  deps: McpDeps,
): Promise<Response> {
  await accepted.body?.cancel();
  const stream = new PushStream(id);
  const headers = new Headers(accepted.headers);
  headers.delete("content-length");
  headers.set("content-type", "text/event-stream");
  headers.set("cache-control", "no-cache, no-transform");
  headers.set("x-accel-buffering", "no");
  deps.background(run(listened, stream, request, deps));
  return new Response(stream.writer.readable, { headers });
}
