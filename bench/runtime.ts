import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { modulesIn } from "../tooling/servers/bundle-files.ts";
import { type Bundled, bundleInto, optionsOf } from "../tooling/servers/worker-bundle.ts";

export interface WorkerSpec extends Bundled {
  /** As its configuration has it. */
  name: string;
  vars?: { [name: string]: string };
}

export interface Runtime {
  /** `http://127.0.0.1:<port>` of a worker: its own socket, with no proxy in front. */
  origin(worker: string): Promise<string>;
  /** Of the inspector, when it was asked for. */
  inspector(): Promise<URL>;
  stop(): Promise<void>;
}

/** Miniflare's own runtime, of which it knows only the path. */
const WORKERD: { default: string } = createRequire(import.meta.resolve("miniflare"))("workerd");

/**
 * A command that is workerd with its output in a file. Miniflare would read each log line in a process of its own, which
 * takes the CPU from what is measured; a deployed Worker's log is collected by its runtime.
 */
function withLogIn(folder: string): string {
  const command = join(folder, "workerd.sh");
  writeFileSync(command, `#!/bin/sh\nexec "${WORKERD.default}" "$@" >>"${join(folder, "log")}"\n`, { mode: 0o755 });
  return command;
}

interface RuntimeOptions {
  /** 0: any. */
  inspectorPort?: number;
  /** Where databases lie, which are kept; left out: they are deleted at the end. */
  state?: string;
}

/** All workers in one workerd, so that all have the same conditions. Databases lie on disk. */
export async function startRuntime(
  specs: readonly WorkerSpec[],
  { inspectorPort, state }: RuntimeOptions = {},
): Promise<Runtime> {
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-bench-"));
  const workers = specs.map((spec) => {
    // Of files beside a Worker the local runtime makes two Workers more, in script, which each request would pass.
    const { assets: _, ...options }: ReturnType<typeof optionsOf> & { assets?: unknown } = optionsOf(spec.config);
    const code = join(folder, spec.name);
    bundleInto(code, spec);
    return {
      ...options,
      name: spec.name,
      bindings: { ...options.bindings, ...spec.vars },
      modules: modulesIn(code),
      modulesRoot: code,
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    };
  });
  process.env.MINIFLARE_WORKERD_PATH = withLogIn(folder);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers,
      resourcePersistencePath: state ?? join(folder, "state"),
      ...(inspectorPort !== undefined && { inspectorPort }),
    }),
  );
  await miniflare.ready;
  return {
    origin: async (worker) => (await miniflare.unsafeGetDirectURL(worker)).origin,
    inspector: () => miniflare.getInspectorURL(),
    stop: async () => {
      await miniflare.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
