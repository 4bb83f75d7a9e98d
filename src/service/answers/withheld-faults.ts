import type { Fault } from "../../lib/fault.ts";
import { mayRead, type ServiceContext } from "../context.ts";

/** What a caller is told that may write and not read: which job, and how it stands. What jobs hold is for readers. */

/** Fields of a job that such a caller sees. */
export const OPEN_FIELDS = ["id", "status", "deduplicated", "changed"] as const;

/** What stands in the place of a remedy that would tell such a key what is stored. */
export const ASK_A_READER = "A key with the scope jobs:read sees what would fit.";

/** Faults of a value that was checked with something stored: a key that may not read learns only that it does not fit. */
export const withheldFaults = (path: string, faults: Fault[], context: Pick<ServiceContext, "scopes">): Fault[] =>
  mayRead(context) ? faults : [{ path, message: "does not fit", fix: ASK_A_READER }];
