import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

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
  // The signal also reaches the dead whom nobody has reaped yet, as in a container without an init process.
  return (await processesOf(pgid)).some(({ state }) => state !== "Z");
}

interface Process {
  pid: string;
  /** Name of its program. */
  name: string;
  state: string;
}

async function processesOf(pgid: number): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Process[]> => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      const end = stat.lastIndexOf(")");
      const [state = "", , group] = stat.slice(end + 2).split(" ");
      return Number(group) === pgid ? [{ pid, name: stat.slice(stat.indexOf("(") + 1, end), state }] : [];
    }),
  );
  return found.flat();
}

/** Resident memory of the group's processes of this program that have a file of the folder open, in bytes. Linux only. */
export async function residentBytesOf(pgid: number, program: string, folder: string): Promise<number> {
  const processes = (await processesOf(pgid)).filter(({ name }) => name === program);
  const sizes = processes.map(async ({ pid }) => {
    if (!(await openFiles(pid)).some((file) => file.startsWith(folder))) return 0;
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

async function openFiles(pid: string): Promise<string[]> {
  const handles = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(handles.map((handle) => readlink(`/proc/${pid}/fd/${handle}`).catch(() => "")));
}
