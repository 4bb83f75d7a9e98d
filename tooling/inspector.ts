import { once } from "node:events";

const TIMEOUT_MS = 30_000;

/**
 * The V8 inspector of one Worker's isolate: https://chromedevtools.github.io/devtools-protocol/v8/.
 * Events are passed over; one command at a time.
 */
export class Inspector {
  readonly #socket: WebSocket;
  #commands = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(url: URL): Promise<Inspector> {
    // wrangler lets no page of a foreign origin in, and takes who names none for one.
    const socket = new WebSocket(url, { headers: { Origin: "http://localhost" } });
    await once(socket, "open", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return new Inspector(socket);
  }

  /** The result of the command. Throws when the isolate refuses it, or does not answer. */
  async command<T>(method: string, params: object = {}): Promise<T> {
    this.#commands += 1;
    const id = this.#commands;
    this.#socket.send(JSON.stringify({ id, method, params }));
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    for (;;) {
      const [event] = (await once(this.#socket, "message", { signal })) as [{ data: string }];
      const message = JSON.parse(event.data);
      if (message.id !== id) continue;
      if (message.error !== undefined) throw new Error(`${method}: ${JSON.stringify(message.error)}`);
      return message.result;
    }
  }

  close(): void {
    this.#socket.close();
  }
}
