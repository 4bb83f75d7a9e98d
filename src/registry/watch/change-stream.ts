import { utf8 } from "../../lib/json.ts";
import { MAX_BACKLOG_CHARS } from "../../limits.ts";

/** One line of the stream, without its end. */
export interface Line {
  job_id: string;
  text: string;
  /** A later line of the same job replaces it. */
  passing: boolean;
}

interface ListenerPorts {
  /** Resolves when all that was written is durable. */
  durable: () => Promise<void>;
  /** The reader has read everything, or has disconnected. */
  onGone: () => void;
}

/** One reader of changes, and what it has not read yet. */
export class Listener {
  /** Newline-delimited text, read at the reader's own pace. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly #ports: ListenerPorts;
  #pending: Line[] = [];
  #isEnding = false;
  #isGone = false;
  #wake: () => void = () => {};

  constructor(ports: ListenerPorts) {
    this.#ports = ports;
    this.stream = new ReadableStream({
      type: "bytes",
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#leave(),
    });
  }

  /** @returns false when the reader is too far behind: what it has not read stays, and no more is taken */
  push(line: Line): boolean {
    this.#pending = this.#pending.filter(({ job_id, passing }) => !passing || job_id !== line.job_id);
    const chars = this.#pending.reduce((sum, { text }) => sum + text.length, 0);
    if (chars > MAX_BACKLOG_CHARS) return false;
    this.#pending.push(line);
    this.#wake();
    return true;
  }

  /** Nothing more will come. */
  end(): void {
    this.#isEnding = true;
    this.#wake();
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    while (this.#pending.length === 0 && !this.#isEnding) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const lines = this.#pending;
    this.#pending = [];
    // A crash could still undo the change: it is sent only once it is durable.
    await this.#ports.durable();
    if (this.#isGone) return;
    if (lines.length > 0) controller.enqueue(utf8(lines.map(({ text }) => `${text}\n`).join("")));
    else this.#close(controller);
  }

  #close(controller: ReadableByteStreamController): void {
    controller.close();
    controller.byobRequest?.respond(0);
    this.#leave();
  }

  #leave(): void {
    this.#isGone = true;
    this.end();
    this.#ports.onGone();
  }
}
