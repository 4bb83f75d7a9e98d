import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Load, Measured } from "./load.ts";

/** The process that makes the load. */
export interface Generator {
  /** @throws when an answer was wrong */
  measure(load: Load): Promise<Measured>;
  stop(): void;
}

interface Reply {
  measured?: Measured;
  error?: string;
}

export function startGenerator(): Generator {
  const child = fork(join(import.meta.dirname, "process.ts"));
  const ended = once(child, "exit").then((): [Reply] => [{ error: "the process that makes the load has ended" }]);
  return {
    measure: async (load) => {
      child.send(load);
      const [reply] = await Promise.race([once(child, "message") as Promise<[Reply]>, ended]);
      if (reply.measured === undefined) throw new Error(reply.error);
      return reply.measured;
    },
    stop: () => void child.kill(),
  };
}
