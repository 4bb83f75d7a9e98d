import { SERVER_INFO_META_KEY, SUBSCRIPTION_ID_META_KEY } from "@modelcontextprotocol/server";
import type { Notification } from "./subscriptions.ts";

/** The reply to one subscriptions/listen, as server-sent events. Each message says which request it belongs to. */
export class EventStream {
  readonly readable: ReadableStream<Uint8Array>;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #id: string | number;
  readonly #keepAlive: ReturnType<typeof setInterval>;

  constructor(id: string | number, keepAliveMs: number) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const gone = new AbortController();
    this.readable = readable;
    this.gone = gone.signal;
    this.#id = id;
    this.#writer = writable.getWriter();
    // A reader that is behind needs no sign of life.
    this.#keepAlive = setInterval(() => {
      if ((this.#writer.desiredSize ?? 0) > 0) this.#write(": keep-alive\n\n").catch(() => {});
    }, keepAliveMs);
    this.#writer.closed.then(
      () => clearInterval(this.#keepAlive),
      () => {
        clearInterval(this.#keepAlive);
        gone.abort();
      },
    );
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
    return this.#write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
  }

  #write(text: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(text));
  }
}
