export interface ServerSentEvent {
  event: string;
  id: string | undefined;
  data: string;
}

const fieldOf = (block: string, name: string): string | undefined =>
  new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];

/** Events of a stream as they come; signs of life are none. Ends with the stream, and gives it up when its reader stops. */
export async function* serverSentEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = fieldOf(block, "event");
        if (event !== undefined) yield { event, id: fieldOf(block, "id"), data: fieldOf(block, "data") ?? "" };
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
