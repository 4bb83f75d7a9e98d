import { Inspector } from "../../tooling/inspector.ts";
import { listeningPorts, residentBytes } from "../../tooling/process.ts";
import type { DevServer } from "../../tooling/servers/dev-server.ts";

/** When the garbage of all isolates has been collected. */
export interface Memory {
  /** What the Worker's isolate reaches. */
  liveHeapBytes: number;
  /** What the process of all isolates holds. */
  residentBytes: number;
}

interface HeapUsage {
  usedSize: number;
  /** Of objects that the runtime keeps for JavaScript ones. */
  embedderHeapUsedSize: number;
  /** Of array buffers. */
  backingStorageSize: number;
}

/** The Worker's isolate. wrangler holds its only session, and shares it. */
const isolateOf = (worker: string): string => `core:user:${worker}`;

/** What the isolate reaches after a full collection, in bytes. */
async function collected(url: URL): Promise<number> {
  const inspector = await Inspector.open(url);
  try {
    // Tracking begins with a full collection; workerd never answers `HeapProfiler.collectGarbage`.
    await inspector.command("HeapProfiler.startTrackingHeapObjects");
    await inspector.command("HeapProfiler.disable");
    const usage = await inspector.command<HeapUsage>("Runtime.getHeapUsage");
    return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize;
  } finally {
    inspector.close();
  }
}

/** Of the isolates that the local runtime puts around the Worker, each with an inspector. */
async function otherIsolates(pid: number, own: string): Promise<URL[]> {
  for (const port of await listeningPorts(pid)) {
    const response = await fetch(`http://127.0.0.1:${port}/json`).catch(() => undefined);
    const text = (await response?.text()) ?? "";
    if (!text.includes(own)) continue;
    const targets: { id: string }[] = JSON.parse(text);
    return targets.filter(({ id }) => id !== own).map(({ id }) => new URL(`ws://127.0.0.1:${port}/${id}`));
  }
  throw new Error(`process ${pid} has no inspector`);
}

/** Collections of the Worker's isolate in a row: the least that it reaches after one is what no call under way holds. */
const COLLECTIONS = 3;

/** Of a server that runs. */
export async function memoryOf(server: DevServer): Promise<Memory> {
  const pid = await server.runtimePid();
  if (pid === undefined) throw new Error("the runtime does not run");
  for (const url of await otherIsolates(pid, isolateOf(server.worker))) await collected(url);
  const live: number[] = [];
  for (let i = 0; i < COLLECTIONS; i++) live.push(await collected(server.inspector));
  return { liveHeapBytes: Math.min(...live), residentBytes: await residentBytes(pid) };
}
