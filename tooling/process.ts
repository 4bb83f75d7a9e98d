import { readdir, readFile, readlink } from "node:fs/promises";

/** What Linux tells of a process in /proc: proc(5). A process that is gone has nothing. */

/** Paths of its open files, and `socket:[<inode>]` of its sockets. */
export async function openFiles(pid: number | string): Promise<string[]> {
  const handles = await readdir(`/proc/${pid}/fd`).catch(() => []);
  return Promise.all(handles.map((handle) => readlink(`/proc/${pid}/fd/${handle}`).catch(() => "")));
}

/** Memory that it holds, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Linux counts in ticks of 10 ms, on every machine that Node runs on. */
const TICK_MS = 10;

/** What it has computed so far, all of its threads together: the same on a busy machine as on a quiet one. */
export async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold spaces. The two times stand 12 words behind it.
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 1)
    .split(" ")
    .slice(12, 14);
  return TICK_MS * (Number(user) + Number(system));
}

/** Ports on which it listens, of IPv4. */
export async function listeningPorts(pid: number): Promise<number[]> {
  const LISTENS = "0A";
  const own = new Set(await openFiles(pid));
  const table = await readFile(`/proc/${pid}/net/tcp`, "utf8").catch(() => "");
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTENS && own.has(`socket:[${inode}]`))
    .map(([, address = ""]) => Number.parseInt(address.split(":")[1] ?? "", 16));
}

/** By thread, the ms for which it could have run and had no CPU, since others had it. */
export async function runDelays(pid: number): Promise<Map<string, number>> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const delays = threads.map(async (thread): Promise<[string, number]> => {
    const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "");
    return [thread, Number(text.split(" ")[1] ?? 0) / 1e6];
  });
  return new Map(await Promise.all(delays));
}
