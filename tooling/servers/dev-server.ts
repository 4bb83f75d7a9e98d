import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { RUNTIME_ENV } from "../workerd/runtime-env.ts";
import { freePort } from "./free-port.ts";
import { type RunningServer, runServer, type Vars } from "./running-server.ts";

const ROOT = join(import.meta.dirname, "../..");

interface DevServerOptions {
  vars?: Vars;
  /** Address to listen on, when not on loopback alone; `url` stays the loopback one. */
  ip?: string;
  /** Another Worker than Edge Jobs: its name, and the path of its wrangler.toml from the root. */
  worker?: { name: string; config: string };
}

const EDGE_JOBS = { name: "edge-jobs", config: "wrangler.toml" };

/** `wrangler dev`: what `npm run dev` starts. */
export interface DevServer extends RunningServer {
  /** Name of the Worker. */
  readonly worker: string;
  /** Of the inspector of the Worker, for one client at a time. */
  readonly inspector: URL;
}

/** Start `wrangler dev` with state of its own on a free port, as {@link runServer} does. */
export async function startDevServer({
  vars = {},
  ip = "127.0.0.1",
  worker = EDGE_JOBS,
}: DevServerOptions = {}): Promise<DevServer> {
  const inspectorPort = await freePort();
  const { NODE_ENV: _, ...env } = process.env; // a test runner's NODE_ENV would be built into the bundle
  const running = await runServer(vars, ({ port, stateDir }, current) =>
    spawn(
      "wrangler",
      [
        ...["dev", "--config", worker.config, "--ip", ip, "--port", `${port}`, "--inspector-port", `${inspectorPort}`],
        ...["--persist-to", stateDir],
        ...["--env-file", "/dev/null", "--show-interactive-dev-session", "false"],
        ...Object.entries(current).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
      ],
      {
        cwd: ROOT,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...env,
          PATH: join(ROOT, "node_modules/.bin") + delimiter + env.PATH,
          CLOUDFLARE_CF_FETCH_ENABLED: "false",
          WRANGLER_HIDE_BANNER: "true",
          WRANGLER_LOG_PATH: join(stateDir, "logs"),
          WRANGLER_REGISTRY_PATH: join(stateDir, "registry"),
          ...RUNTIME_ENV,
        },
      },
    ),
  );
  return { ...running, worker: worker.name, inspector: new URL(`ws://127.0.0.1:${inspectorPort}/ws`) };
}
