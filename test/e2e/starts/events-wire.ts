import type { JsonObject } from "../../../src/lib/json.ts";

/** A client of the Events extension, byte by byte. */

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "rows", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

interface Answer {
  status: number;
  result: JsonObject;
  error: JsonObject;
  text: string;
}

export class EventsClient {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  send(method: string, params: JsonObject = {}, id: string | number = 1, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.#url}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.#key}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta: META } }),
      ...(signal && { signal }),
    });
  }

  async ask(method: string, params: JsonObject = {}): Promise<Answer> {
    const response = await this.send(method, params);
    const text = await response.text();
    const json = text.startsWith("{") ? text : text.replace(/^[\s\S]*?data: /, "").trim();
    const { result = {}, error = {} } = JSON.parse(json) as { result?: JsonObject; error?: JsonObject };
    return { status: response.status, result, error, text };
  }

  poll(params: JsonObject = {}): Promise<Answer> {
    return this.ask("events/poll", { name: "job.settled", ...params });
  }

  /** Opens a stream and collects what it says until it is left, or ends. */
  async stream(params: JsonObject = {}, id: string | number = 7): Promise<Stream> {
    const abort = new AbortController();
    const began = Date.now();
    const response = await this.send("events/stream", { name: "job.settled", ...params }, id, abort.signal);
    const stream: Stream = { response, id, began, lines: [], frames: [], isOver: false, leave: () => abort.abort() };
    void collect(response, stream).catch(() => {});
    return stream;
  }
}

export interface Frame {
  at: number;
  message: JsonObject;
}

export interface Stream {
  response: Response;
  id: string | number;
  began: number;
  /** As they came. */
  lines: string[];
  frames: Frame[];
  isOver: boolean;
  leave: () => void;
}

async function collect(response: Response, stream: Stream): Promise<void> {
  let rest = "";
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((each) => each !== "")) {
      stream.lines.push(line);
      if (line.startsWith("data: ")) stream.frames.push({ at: Date.now(), message: JSON.parse(line.slice(6)) });
    }
  }
  stream.isOver = true;
}

export const methodOf = ({ message }: Frame): string =>
  String(message.method ?? "")
    .split("/")
    .at(-1) ?? "";
export const paramsOf = ({ message }: Frame): JsonObject => (message.params ?? {}) as JsonObject;
