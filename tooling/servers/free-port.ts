import getPort, { portNumbers } from "get-port";

/** Below those that the system gives whoever asks for any: a port that is free stays free until its server listens. */
const FIRST = 10_100;
const PORTS_EACH = 100;
/** Runs beside each other, and processes of one. */
const RUNS = 20;
const WORKERS = 10;

/** A port of this machine's loopback that nobody listens on, apart from those of other processes that ask. */
export function freePort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
  const from = FIRST + ((process.ppid % RUNS) * WORKERS + worker) * PORTS_EACH;
  return getPort({ host: "127.0.0.1", port: portNumbers(from, from + PORTS_EACH - 1) });
}
