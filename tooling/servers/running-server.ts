import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { groupIsGone, processWith, signalGroup } from "./process-group.ts";

const READY_TIMEOUT_MS = 60_000;
const EXIT_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
/** What Miniflare says when workerd died and was started anew behind our back. */
const CRASH = "crashed unexpectedly";

/** A server in a process group of its own, on the loopback interface: workerd with SQLite and Workflows. */
export interface RunningServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end; the same after a restart. */
  readonly url: string;
  /** Folder of all that it keeps. */
  readonly stateDir: string;
  /** All output so far, of all starts. */
  log(): string;
  /**
   * Id of the process that runs the Worker and holds its state; undefined while it does not run. The proxy that wrangler
   * puts before it is another one, and none that is deployed. Linux only.
   */
  runtimePid(): Promise<number | undefined>;
  /** Throws with the log when the runtime crashed by itself, whatever else seems to work. */
  assertNoCrash(): void;
  /** SIGKILL to all of its processes at once; resolves when they are gone. State stays. */
  kill9(): Promise<void>;
  /**
   * Start again on the same state and port, after `kill9` or over a running server; resolves when it answers.
   * @param vars instead of those before
   */
  restart(vars?: Vars): Promise<void>;
  /** End it, delete its state, then `assertNoCrash`. */
  stop(): Promise<void>;
}

/** Worker vars and secrets, over those of wrangler.toml. */
export type Vars = { readonly [name: string]: string };

/** Where a server stands. */
export interface Place {
  port: number;
  stateDir: string;
}

/**
 * Start a server with state of its own on a free port. Resolves when `GET /healthz` answers 200; throws with the log.
 * @param launch starts the program, detached, so that one signal reaches all of its processes
 */
export async function runServer(
  vars: Vars,
  launch: (place: Place, vars: Vars) => ChildProcess,
): Promise<RunningServer> {
  const port = await freePort();
  const stateDir = await mkdtemp(join(tmpdir(), "edge-jobs-"));
  const url = `http://127.0.0.1:${port}`;
  let log = "";
  let child: ChildProcess | undefined;

  const note = (text: string) => {
    log += text;
  };
  const start = async (current: Vars) => {
    child = launch({ port, stateDir }, current);
    child.stdout?.setEncoding("utf8").on("data", note);
    child.stderr?.setEncoding("utf8").on("data", note);
    child.on("error", (error) => note(`${error.message}\n`));
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
  const kill9 = () => end("SIGKILL");
  return { url, stateDir, log: () => log, runtimePid, assertNoCrash, kill9, restart, stop };
}

async function waitUntilReady(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(`${url}/healthz`))) {
    if (hasExited(child)) throw new Error(`the server ended before it was ready\n${log()}`);
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

/** Starts it again, and kills it so long after that began: in the middle of it, or when it has just ended. */
export async function killAmidStart(
  { restart, kill9 }: Pick<RunningServer, "restart" | "kill9">,
  afterMs: number,
): Promise<void> {
  const starting = restart().catch(() => undefined);
  await sleep(afterMs);
  await kill9();
  await starting;
}
