import type { Stop, Unkept } from "../../registry/api/caller.ts";
import type { RunContext } from "../context.ts";
import type { Unreported } from "./unreported.ts";

/**
 * A report with which the end of the sequence's last action travels. When it does not arrive, that end is told by itself
 * first, as often as it takes: the report may be given up, and the action must not be done again.
 */
export async function tellAlong<Answer extends { do: string }>(
  context: Pick<RunContext, "report" | "unreported">,
  send: (unreported: Unreported) => Promise<Answer>,
): Promise<Answer | Stop | Unkept> {
  const { unreported } = context;
  try {
    return await send(unreported);
  } catch (error) {
    if (unreported.finished === undefined) throw error;
    const reported = await context.report();
    if (reported === undefined) return send(unreported);
    return reported.end === "stopped" ? { do: "stop" } : { do: "unkept", path: reported.path, error: reported.error };
  }
}
