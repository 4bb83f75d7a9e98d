import { createServer, type Server, type Socket } from "node:net";

/** An HTTP service that answers exact bytes, right and wrong ones, and keeps what it was sent. */

export interface Asked {
  method: string;
  /** Path and query, as they were on the line. */
  target: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** The bytes of an answer. The connection ends behind them. */
export type Answer = (asked: Asked) => Buffer;

const CLOSE = "Connection: close";

export function answer(status: string, lines: readonly string[] = [], body: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, ...lines, CLOSE].join("\r\n");
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), bytes]);
}

/** The same with the body's length. */
export const whole = (status: string, lines: readonly string[], body: Buffer | string): Buffer =>
  answer(status, [...lines, `Content-Length: ${Buffer.from(body).length}`], body);

function readRequest(bytes: Buffer): Asked | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line = "", ...fields] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const pairs = fields.map((field) => [field.split(":", 1)[0]?.toLowerCase() ?? "", field.replace(/^[^:]*:\s*/, "")]);
  const headers: Record<string, string> = Object.fromEntries(pairs);
  const body = bytes.subarray(end + 4);
  const isWhole =
    headers["transfer-encoding"] === undefined
      ? body.length >= Number(headers["content-length"] ?? 0)
      : body.includes("0\r\n\r\n");
  return isWhole ? { method, target, headers, body: body.toString("latin1") } : undefined;
}

export class RawWorld {
  readonly asked: Asked[] = [];
  readonly #routes: Record<string, Answer>;
  readonly #server: Server;

  /** @param routes by path; every other path is 404 */
  constructor(routes: Record<string, Answer>) {
    this.#routes = routes;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  #serve(socket: Socket): void {
    let received = Buffer.alloc(0);
    // A client that has what it wants may reset the connection.
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const asked = readRequest(received);
      if (asked === undefined) return;
      received = Buffer.alloc(0);
      this.asked.push(asked);
      const route = this.#routes[asked.target.split("?", 1)[0] ?? ""];
      socket.end(route?.(asked) ?? whole("404 Not Found", ["Content-Type: text/plain"], "no"));
    });
  }

  /** @returns its `host:port` */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `127.0.0.1:${address.port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
