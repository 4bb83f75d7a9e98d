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
}

/** Folder of the bundle of this build. */
export function ownBundle(): string {
  const folder = process.env[BUNDLE_VARIABLE];
  if (folder === undefined) throw new Error(`no ${BUNDLE_VARIABLE}: bundleServer() makes the bundle`);
  return folder;
}

/**
 * Start the bundled server, with state of its own on a free port, as {@link runServer} does.
 * @param bundle asked at each start for the folder of what it serves
 */
export function startServer(vars: Vars = {}, bundle: () => string = ownBundle): Promise<RunningServer> {
  return runServer(vars, (place, current) => {
    const order: ServeOrder = { folder: bundle(), ...place, vars: current };
    return spawn("node", [join(import.meta.dirname, "serve-bundle.ts"), JSON.stringify(order)], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...RUNTIME_ENV },
    });
  });
}
