import { SERVER_INFO_META_KEY, SUBSCRIPTION_ID_META_KEY } from "@modelcontextprotocol/server";
import { SseWriter } from "../../lib/http/sse-writer.ts";
import type { Notification } from "./subscriptions.ts";

/** The reply to one subscriptions/listen, as server-sent events. Each message says which request it belongs to. */
export class EventStream {
  readonly #id: string | number;
  readonly #writer: SseWriter;

  constructor(id: string | number, keepAliveMs: number) {
    this.#id = id;
    this.#writer = new SseWriter(keepAliveMs);
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#writer.readable;
  }

  /** Aborts when the client has gone. */
  get gone(): AbortSignal {
    return this.#writer.gone;
  }

  /** Resolves when there is room for the next one; rejects when the client has gone. */
  notify({ method, params }: Notification): Promise<void> {
    return this.#send({ method, params: { ...params, _meta: { [SUBSCRIPTION_ID_META_KEY]: this.#id } } });
  }

  /** The answer of a stream that comes to its end as planned. */
  async complete(serverInfo: object): Promise<void> {
    const _meta = { [SUBSCRIPTION_ID_META_KEY]: this.#id, [SERVER_INFO_META_KEY]: serverInfo };
    await this.#send({ id: this.#id, result: { resultType: "complete", _meta } });
    await this.#writer.close();
  }

  async fail(code: number, message: string): Promise<void> {
    await this.#send({ id: this.#id, error: { code, message } });
    await this.#writer.close();
  }

  #send(message: object): Promise<void> {
    return this.#writer.send({ event: "message", data: JSON.stringify({ jsonrpc: "2.0", ...message }) });
  }
}
