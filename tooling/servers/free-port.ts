import { randomInt } from "node:crypto";
import getPort, { portNumbers } from "get-port";

/** Below those that the system gives whoever asks for any: a port that is free stays free until its server listens. */
const FIRST = 10_100;
const PORTS_EACH = 100;
/** Runs beside each other, and processes of one. */
const RUNS = 20;
const WORKERS = 10;

/** A port of this machine's loopback that nobody listens on, apart from those of other workers of the run. */
export function freePort(): Promise<number> {
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
  const first = FIRST + ((process.ppid % RUNS) * WORKERS + worker) * PORTS_EACH;
  // Two runs may have one range: they begin at different places of it.
  const middle = first + randomInt(1, PORTS_EACH);
  const ports = [...portNumbers(middle, first + PORTS_EACH - 1), ...portNumbers(first, middle - 1)];
  return getPort({ host: "127.0.0.1", port: ports });
}
