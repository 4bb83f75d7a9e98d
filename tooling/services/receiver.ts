import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** Who wants to hear of events: a small HTTP service on the loopback interface. */

export interface Received {
  path: string;
  headers: Record<string, string>;
  text: string;
  /** Epoch ms. */
  at: number;
}

interface Answered {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

export interface Receiver {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly received: readonly Received[];
  /** How it answers from now on. */
  answer: (request: Received) => Answered | Promise<Answered>;
  /** What came since, once so many are there that fit. @throws with what came, after `withinMs` */
  until(count: number, fits?: (request: Received) => boolean, withinMs?: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** Echoes challenges and takes all else. */
export function takeAll({ text: body }: Received): Answered {
  const { type, challenge } = readJson(body);
  return type === "verification" ? { status: 200, body: JSON.stringify({ challenge }) } : { status: 204 };
}

function readJson(body: string): { type?: unknown; challenge?: unknown } {
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

/** Requests that an error quotes. */
const SHOWN = 20;

export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const),
    );
    const seen = { path: request.url ?? "", headers, text: await text(request), at: Date.now() };
    received.push(seen);
    const { status, body, headers: more } = await receiver.answer(seen);
    response.writeHead(status, more).end(body);
  });
  const receiver: Omit<Receiver, "url"> = {
    received,
    answer: takeAll,
    async until(count, fits = () => true, withinMs = 30_000) {
      for (const end = Date.now() + withinMs; ; await sleep(50)) {
        const found = received.filter(fits);
        if (found.length >= count) return found;
        const last = () => JSON.stringify(received.slice(-SHOWN));
        if (Date.now() > end) throw new Error(`${found.length} of ${count} came; the last of all: ${last()}`);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return Object.assign(receiver, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
