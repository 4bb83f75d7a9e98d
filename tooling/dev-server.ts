import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import getPort from "get-port";
import { groupIsGone, processWith, signalGroup } from "./process-group.ts";
import { RUNTIME_ENV } from "./workerd/runtime-env.ts";

const ROOT = join(import.meta.dirname, "..");
const READY_TIMEOUT_MS = 60_000;
const EXIT_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
/** What wrangler says when workerd died and was started anew behind our back. */
const CRASH = "crashed unexpectedly";

interface DevServerOptions {
  /** Worker vars and secrets, over those of wrangler.toml. */
  vars?: Record<string, string>;
  /** Address to listen on, when not on loopback alone; `url` stays the loopback one. */
  ip?: string;
  /** Another Worker than Edge Jobs: its name, and the path of its wrangler.toml from the root. */
  worker?: { name: string; config: string };
}

const EDGE_JOBS = { name: "edge-jobs", config: "wrangler.toml" };

/** The real server: `wrangler dev`, so workerd with SQLite and Workflows, on the loopback interface. */
export interface DevServer {
  /** Name of the Worker. */
  readonly worker: string;
  /** `http://127.0.0.1:<port>`, without a slash at the end; the same after a restart. */
  readonly url: string;
  /** Folder of all that it keeps: databases, and wrangler's own logs. */
  readonly stateDir: string;
  /** Of the inspector of the Worker, for one client at a time. */
  readonly inspector: URL;
  /** All output so far, of all starts. */
  log(): string;
  /**
   * Id of the process that runs the Worker and holds its state; undefined while it does not run. The proxy that wrangler
   * puts before it is another one, and none that is deployed. Linux only.
   */
  runtimePid(): Promise<number | undefined>;
  /** Throws with the log when the runtime crashed by itself, whatever else seems to work. */
  assertNoCrash(): void;
  /** SIGKILL to wrangler and workerd at once; resolves when all of them are gone. State stays. */
  kill9(): Promise<void>;
  /**
   * Start again on the same state and port, after `kill9` or over a running server; resolves when it answers.
   * @param vars instead of those before
   */
  restart(vars?: Record<string, string>): Promise<void>;
  /** End it, delete its state, then `assertNoCrash`. */
  stop(): Promise<void>;
}

/** Start a server with state of its own on a free port. Resolves when `GET /healthz` answers 200; throws with the log. */
export async function startDevServer({
  vars = {},
  ip = "127.0.0.1",
  worker = EDGE_JOBS,
}: DevServerOptions = {}): Promise<DevServer> {
  const [port, inspectorPort] = [await getPort({ host: "127.0.0.1" }), await getPort({ host: "127.0.0.1" })];
  const stateDir = await mkdtemp(join(tmpdir(), "edge-jobs-"));
  const url = `http://127.0.0.1:${port}`;
  let log = "";
  let child: ChildProcess | undefined;

  const start = async (current: Record<string, string>) => {
    child = spawnWrangler({ ip, port, inspectorPort, stateDir, vars: current, config: worker.config }, (text) => {
      log += text;
    });
    await waitUntilReady(url, child, () => log);
  };
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (child) await endGroup(child, signal);
    child = undefined;
  };
  const assertNoCrash = () => {
    if (log.includes(CRASH)) throw new Error(`the Workers runtime crashed\n${log}`);
  };
  // A process that dies without `stop` must not leave a server behind.
  const killOnExit = () => child?.pid && signalGroup(child.pid, "SIGKILL");
  process.once("exit", killOnExit);

  const stop = async () => {
    await end("SIGTERM");
    process.off("exit", killOnExit);
    await rm(stateDir, { recursive: true, force: true });
    assertNoCrash();
  };
  let running = vars;
  const restart = async (next = running) => {
    running = next;
    await end("SIGTERM");
    await start(running);
  };

  try {
    await start(vars);
  } catch (error) {
    await stop();
    throw error;
  }
  const runtimePid = async () => (child?.pid === undefined ? undefined : processWith(child.pid, "workerd", stateDir));
  const inspector = new URL(`ws://127.0.0.1:${inspectorPort}/ws`);
  const kill9 = () => end("SIGKILL");
  const place = { worker: worker.name, url, stateDir, inspector };
  return { ...place, log: () => log, runtimePid, assertNoCrash, kill9, restart, stop };
}

interface Launch {
  ip: string;
  port: number;
  inspectorPort: number;
  stateDir: string;
  vars: Record<string, string>;
  config: string;
}

function spawnWrangler(
  { ip, port, inspectorPort, stateDir, vars, config }: Launch,
  onOutput: (text: string) => void,
): ChildProcess {
  const { NODE_ENV: _, ...env } = process.env; // a test runner's NODE_ENV would be built into the bundle
  const child = spawn(
    "wrangler",
    [
      ...["dev", "--config", config, "--ip", ip, "--port", `${port}`, "--inspector-port", `${inspectorPort}`],
      ...["--persist-to", stateDir],
      ...["--env-file", "/dev/null", "--show-interactive-dev-session", "false"],
      ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    {
      cwd: ROOT,
      detached: true, // a process group of its own: one signal reaches wrangler, esbuild and workerd
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...env,
        PATH: join(ROOT, "node_modules/.bin") + delimiter + env.PATH,
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_HIDE_BANNER: "true",
        WRANGLER_LOG_PATH: join(stateDir, "logs"),
        WRANGLER_REGISTRY_PATH: join(stateDir, "registry"),
        ...RUNTIME_ENV,
        // A record of every call for the local explorer, which no deployment has and which grows for ever.
        X_LOCAL_OBSERVABILITY: "false",
      },
    },
  );
  child.stdout?.setEncoding("utf8").on("data", onOutput);
  child.stderr?.setEncoding("utf8").on("data", onOutput);
  child.on("error", (error) => onOutput(`${error.message}\n`));
  return child;
}

async function waitUntilReady(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(`${url}/healthz`))) {
    if (hasExited(child)) throw new Error(`wrangler dev ended before it was ready\n${log()}`);
    if (Date.now() > deadline) throw new Error(`no answer from ${url}/healthz in ${READY_TIMEOUT_MS} ms\n${log()}`);
    await sleep(POLL_MS);
  }
}

const hasExited = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );

async function endGroup({ pid }: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (pid === undefined) return;
  signalGroup(pid, signal);
  if (await groupIsGone(pid, EXIT_TIMEOUT_MS)) return;
  signalGroup(pid, "SIGKILL");
  if (!(await groupIsGone(pid, EXIT_TIMEOUT_MS))) throw new Error(`processes of group ${pid} survive SIGKILL`);
}
