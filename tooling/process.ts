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
