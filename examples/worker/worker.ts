import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A worker that hashes files of this machine: it pulls what `worker` steps offer in the queue `hashes`, so nothing has to
 * reach it. `npm run worker` serves `npm run dev`; EDGE_JOBS_URL and EDGE_JOBS_KEY name another server.
 */

const URL_OF_API = `${process.env.EDGE_JOBS_URL ?? "http://localhost:8787"}/api/v1`;
const KEY = process.env.EDGE_JOBS_KEY;
const QUEUE = "hashes";
/** Several in one lease of the step, so that one that gets lost does no harm. */
const HEARTBEAT_MS = 10_000;

interface Claim {
  claim: string;
  input: { path?: string };
}

/** The server has answered, and does not take it. */
class Refused extends Error {}

/** Asks until there is an answer: the server may be starting anew. The same report again answers as the first. */
async function post<Answer>(path: string, body: object): Promise<Answer> {
  for (;;) {
    const response = await fetch(`${URL_OF_API}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(KEY !== undefined && { authorization: `Bearer ${KEY}` }) },
      body: JSON.stringify(body),
    }).catch(() => undefined);
    if (response?.ok) return (await response.json()) as Answer;
    const said = response === undefined ? "no answer" : `HTTP ${response.status} ${await response.text()}`;
    if (response !== undefined && response.status < 500 && response.status !== 429) throw new Refused(said);
    console.error(`${path}: ${said}, asking again`);
    await sleep(2_000);
  }
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

/** What is in work. */
const held = new Map<string, AbortController>();

/** What of it came out, as a report. */
async function outcome({ input }: Claim, signal: AbortSignal): Promise<object> {
  try {
    return { action: "complete", output: await sha256(input.path ?? "", signal) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { action: "fail", error: { code: "cannot_read", message, retryable: false } };
  }
}

/** Heartbeats while the file is read; the work stops when the job no longer wants it, or the lease was lost. */
async function work(claim: Claim): Promise<void> {
  const stop = new AbortController();
  held.set(claim.claim, stop);
  const beat = () =>
    report(claim.claim, { action: "heartbeat" }).then(
      ({ cancel }) => cancel && stop.abort(),
      () => stop.abort(),
    );
  const beats = setInterval(beat, HEARTBEAT_MS);
  try {
    const done = await outcome(claim, stop.signal);
    if (!stop.signal.aborted) await report(claim.claim, done);
    console.log(claim.input.path, stop.signal.aborted ? "is not wanted any more" : JSON.stringify(done));
  } catch (error) {
    console.error(claim.input.path, error);
  } finally {
    clearInterval(beats);
    held.delete(claim.claim);
  }
}

/** Another worker can have at once what this one gives back; it would wait for the end of the lease of one that died. */
process.once("SIGINT", async () => {
  const claims = [...held];
  for (const [, stop] of claims) stop.abort();
  const given = claims.map(([claim]) => report(claim, { action: "release" }).catch(console.error));
  await Promise.race([Promise.all(given), sleep(5_000)]);
  process.exit();
});

console.log(`Waiting for work in queue ${QUEUE} of ${URL_OF_API}; end with Ctrl-C.`);
for (;;) {
  const asked = { queues: [QUEUE], max: 4, wait_seconds: 30, worker: hostname() };
  const { claims } = await post<{ claims: Claim[] }>("/work/claim", asked);
  await Promise.all(claims.map(work));
}
