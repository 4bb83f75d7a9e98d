import type { Fault } from "../../lib/fault.ts";

/** A fault whose place the caller knows. */
export type Problem = Omit<Fault, "path">;
