/** The values of newline-delimited JSON, as they come. What is cut off at the end is dropped. Ends when `signal` aborts. */
export async function* jsonLines<T>(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<T> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
