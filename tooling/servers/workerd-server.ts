import { spawn } from "node:child_process";
import { join } from "node:path";
import { RUNTIME_ENV } from "../workerd/runtime-env.ts";
import { type RunningServer, runServer, type Vars } from "./running-server.ts";

/**
 * Edge Jobs as it is deployed, bundled once, in the workerd that `wrangler dev` runs, and without the proxy, the bundler
 * and the watcher that wrangler puts around it. It starts in a fifth of the time: harnesses that kill start it very often.
 */

/** Names the folder of the bundle, for whoever serves it. */
export const BUNDLE_VARIABLE = "EDGE_JOBS_BUNDLE";

/** What a started process is told: its program is serve-bundle.ts. */
export interface ServeOrder {
  /** Of the bundle. */
  folder: string;
  port: number;
  stateDir: string;
  vars: Vars;
  /** Whether the engine can be asked for its instances, as `wrangler dev` can be. */
  hasExplorer: boolean;
}

/** Folder of the bundle of this build. */
export function ownBundle(): string {
  const folder = process.env[BUNDLE_VARIABLE];
  if (folder === undefined) throw new Error(`no ${BUNDLE_VARIABLE}: bundleServer() makes the bundle`);
  return folder;
}

interface ServerOptions {
  /** Asked at each start for the folder of what it serves. */
  bundle?: () => string;
  hasExplorer?: boolean;
  /** That an isolate may reach: it dies of more, as a deployed one does, which has 128 MB for all. Left out: as much as V8 gives. */
  heapMib?: number | undefined;
}

const v8Flags = (heapMib: number | undefined): string =>
  RUNTIME_ENV.MINIFLARE_WORKERD_V8_FLAGS + (heapMib === undefined ? "" : ` --max-old-space-size=${heapMib}`);

/** Start the bundled server, with state of its own on a free port, as {@link runServer} does. */
export function startServer(
  vars: Vars = {},
  { bundle = ownBundle, hasExplorer = false, heapMib }: ServerOptions = {},
): Promise<RunningServer> {
  return runServer(vars, (place, current) => {
    const folder = bundle();
    const order: ServeOrder = { folder, ...place, vars: current, hasExplorer };
    return spawn("node", [join(import.meta.dirname, "serve-bundle.ts"), JSON.stringify(order)], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      // Each of many starts would compile Miniflare anew, which takes as long as all else.
      env: {
        ...process.env,
        ...RUNTIME_ENV,
        MINIFLARE_WORKERD_V8_FLAGS: v8Flags(heapMib),
        NODE_COMPILE_CACHE: join(folder, "compiled"),
      },
    });
  });
}
