import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { hostname } from "node:os";

/**
 * A worker that hashes files of this machine: it pulls what `worker` steps offer in the queue `hashes`, so nothing has to
 * reach it. `npm run worker` serves `npm run dev`; EDGE_JOBS_URL and EDGE_JOBS_KEY name another server.
 */

const URL_OF_API = `${process.env.EDGE_JOBS_URL ?? "http://localhost:8787"}/api/v1`;
const KEY = process.env.EDGE_JOBS_KEY;
const QUEUE = "hashes";

interface Claim {
  claim: string;
  input: { path?: string };
}

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const response = await fetch(`${URL_OF_API}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(KEY !== undefined && { authorization: `Bearer ${KEY}` }) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer;
}

const report = (claim: string, what: object) => post<{ cancel: boolean }>("/work/report", { claim, ...what });

async function sha256(path: string, signal: AbortSignal): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { signal })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** Heartbeats while the file is read; the work stops when the job no longer wants it, or the lease was lost. */
async function work({ claim, input }: Claim): Promise<void> {
  const stop = new AbortController();
  const beat = async () => {
    const { cancel } = await report(claim, { action: "heartbeat" }).catch(() => ({ cancel: true }));
    if (cancel) stop.abort();
  };
  const beats = setInterval(beat, 10_000);
  try {
    const output = await sha256(input.path ?? "", stop.signal);
    await report(claim, { action: "complete", output });
    console.log(`${output.sha256}  ${input.path}`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(message);
    // Whoever lost the lease is told so, and that is all right.
    const failure = { code: "cannot_read", message, retryable: false };
    if (!stop.signal.aborted) await report(claim, { action: "fail", error: failure }).catch(console.error);
  } finally {
    clearInterval(beats);
  }
}

console.log(`Waiting for work in queue ${QUEUE} of ${URL_OF_API}; end with Ctrl-C.`);
for (;;) {
  try {
    const asked = { queues: [QUEUE], max: 4, wait_seconds: 30, worker: hostname() };
    const { claims } = await post<{ claims: Claim[] }>("/work/claim", asked);
    await Promise.all(claims.map(work));
  } catch (error) {
    // The server restarts, or is not there yet.
    console.error(error instanceof Error ? error.message : error);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
