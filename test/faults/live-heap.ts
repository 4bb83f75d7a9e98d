import { Inspector } from "../../scripts/inspector.ts";

interface HeapUsage {
  usedSize: number;
  /** Of objects that the runtime keeps for JavaScript ones. */
  embedderHeapUsedSize: number;
  /** Of array buffers. */
  backingStorageSize: number;
}

/** Bytes that the isolate behind the inspector still reaches, after a collection of all that it does not. */
export async function liveHeapBytes(url: URL): Promise<number> {
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
