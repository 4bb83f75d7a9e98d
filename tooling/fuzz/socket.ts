import { connect } from "node:net";

export interface Answer {
  /** undefined: the connection ended without one. */
  status: number | undefined;
  /** Everything that came, head included. */
  text: string;
  hung: boolean;
}

const STATUS = /^HTTP\/1\.1 (\d{3})/;
/** How long a server has that was told of more to come and of no more to come: its runtime may wait for ever. */
const CUT_TIMEOUT_MS = 300;

/** An event stream that stays open has been answered once its head is there. */
const isStream = (text: string): boolean =>
  /^content-type: *text\/event-stream/im.test(text) && text.includes("\r\n\r\n");

/**
 * Writes the bytes as they are, which no HTTP client would.
 * @param isCut more was announced than is sent: we then close our side, and may get no answer
 */
export function exchange(url: URL, bytes: Buffer, isCut: boolean, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: url.hostname, port: Number(url.port), allowHalfOpen: true });
    const finish = (hung: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const [, status] = STATUS.exec(text) ?? [];
      resolve({ status: status === undefined ? undefined : Number(status), text, hung });
    };
    const timer = setTimeout(() => finish(!isCut && !isStream(text)), isCut ? CUT_TIMEOUT_MS : timeoutMs);
    socket.on("data", (part) => {
      text += part.toString("latin1");
    });
    socket.on("end", () => finish(false));
    socket.on("error", () => finish(false));
    socket.write(bytes, () => isCut && socket.end());
  });
}
