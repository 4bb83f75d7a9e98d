import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { openFiles } from "../process.ts";

const POLL_MS = 20;

/** Signal every process of the group. A group that is gone is no error. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pgid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** @returns whether the whole group was gone within `timeoutMs` */
export async function groupIsGone(pgid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (await groupRuns(pgid)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

async function groupRuns(pgid: number): Promise<boolean> {
  try {
    process.kill(-pgid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  // The signal also reaches the dead whom nobody has reaped yet, as in a container without an init process. One that still
  // has other threads is not dead: they hold its files, and the locks on them.
  return (await processesOf(pgid)).some(({ state, threads }) => state !== "Z" || threads > 1);
}

interface Process {
  pid: string;
  /** Name of its program. */
  name: string;
  state: string;
  threads: number;
}

async function processesOf(pgid: number): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Process[]> => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      const end = stat.lastIndexOf(")");
      const fields = stat.slice(end + 2).split(" ");
      const [state = "", , group] = fields;
      if (Number(group) !== pgid) return [];
      return [{ pid, name: stat.slice(stat.indexOf("(") + 1, end), state, threads: Number(fields[17]) }];
    }),
  );
  return found.flat();
}

/** The group's process of this program that has a file of the folder open; undefined when there is none. Linux only. */
export async function processWith(pgid: number, program: string, folder: string): Promise<number | undefined> {
  for (const { pid, name } of await processesOf(pgid)) {
    if (name === program && (await openFiles(pid)).some((file) => file.startsWith(folder))) return Number(pid);
  }
  return undefined;
}
