import { utf8 } from "../json.ts";
export interface ServerSentEvent {
  /** Left out: a message. */
  event?: string;
  /** Where a reader that comes again says it was. */
  id?: string;
  /** One line. */
  data: string;
}

/** An answer of server-sent events, with signs of life while nothing happens. */
export class SseWriter {
  readonly readable: ReadableStream<Uint8Array>;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  /** @param keepAliveMs null: the writer's owner gives signs of life itself */
  constructor(keepAliveMs: number | null) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const gone = new AbortController();
    this.readable = readable;
    this.gone = gone.signal;
    this.#writer = writable.getWriter();
    // A reader that is behind needs no sign of life.
    const sign = () => {
      if ((this.#writer.desiredSize ?? 0) > 0) this.#write(": keep-alive\n\n").catch(() => {});
    };
    const keepAlive = keepAliveMs === null ? undefined : setInterval(sign, keepAliveMs);
    this.#writer.closed.then(
      () => clearInterval(keepAlive),
      () => {
        clearInterval(keepAlive);
        gone.abort();
      },
    );
  }

  /** Resolves when there is room for the next one; rejects when the client has gone. */
  send({ event, id, data }: ServerSentEvent): Promise<void> {
    const named = event === undefined ? "" : `event: ${event}\n`;
    return this.#write(`${named}${id === undefined ? "" : `id: ${id}\n`}data: ${data}\n\n`);
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  #write(text: string): Promise<void> {
    return this.#writer.write(utf8(text));
  }
}
