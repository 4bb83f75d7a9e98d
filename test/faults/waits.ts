import { runDelays } from "../../tooling/process.ts";

/** The longest that one thread of the process was kept from the CPU between the two looks, in ms. */
const mostDenied = (before: Map<string, number>, after: Map<string, number>): number =>
  Math.max(0, ...[...after].map(([thread, ms]) => ms - (before.get(thread) ?? 0)));

/**
 * What callers of a server wait. The machine may do other things: the time in which it gave the server's thread, or ours,
 * no CPU is not the server's doing. On a quiet machine that is nothing.
 */
export class Waits {
  /** In ms; `denied` is what the machine took besides. */
  readonly longest = { ms: 0, denied: 0 };
  readonly #pids: readonly number[];

  constructor(pid: number) {
    this.#pids = [pid, process.pid];
  }

  async measure(call: () => Promise<void>): Promise<void> {
    const before = await Promise.all(this.#pids.map(runDelays));
    const began = performance.now();
    await call();
    const waited = performance.now() - began;
    const after = await Promise.all(this.#pids.map(runDelays));
    const denied = this.#pids.reduce((sum, _, i) => sum + mostDenied(before[i] ?? new Map(), after[i] ?? new Map()), 0);
    const ms = Math.max(0, waited - denied);
    if (ms > this.longest.ms) Object.assign(this.longest, { ms, denied });
  }
}
