import type { StepError } from "../../jobs/job.ts";
import { iso } from "../../lib/time.ts";
import type { RunContext } from "../context.ts";
import { done, type Ending, failed, HALTED, STOPPED, unkept } from "../ending.ts";
import { tellAlong } from "../reports/tell-along.ts";
import type { Unreported } from "../reports/unreported.ts";

/** A rest that the job's end would cut off does not begin: what comes after it would never run. */
function beyondJob(wakeAt: number, endsAt: number): StepError | undefined {
  if (wakeAt <= endsAt) return undefined;
  const message = `The sleep would last until ${iso(wakeAt)}, and the job ends at ${iso(endsAt)}. Submit with a longer timeout_seconds, or sleep less.`;
  return { code: "limit_exceeded", message };
}

/**
 * Rests at the path. The registry keeps when it ends, so that neither a resume nor a new attempt rests again.
 * @param wakeAt epoch ms, if this is the first time
 */
export async function restUntil(context: RunContext, path: string, wakeAt: number): Promise<Ending> {
  // A rest needs no registry: when the report does not arrive, the reconciler wonders and the rest goes on.
  const unheard = { do: "rest" as const, wake_at: wakeAt };
  const keyPath = context.keyPath(path);
  const rest = (unreported: Unreported) => context.reports.rest(path, wakeAt, keyPath, unreported);
  const resting = await tellAlong(context, rest).catch(() => unheard);
  if (resting.do === "stop") return STOPPED;
  if (resting.do === "unkept") return unkept(resting);
  if (resting.do === "halted") return HALTED;
  // Not before the registry has said when: at a resume, part of the rest is over.
  const beyond = beyondJob(resting.wake_at, context.endsAt);
  if (beyond !== undefined) return failed(beyond, path);
  if ((await context.wait(path, resting.wake_at - context.ports.now())) === HALTED) return HALTED;
  context.reports.add({ path, status: "succeeded" });
  return done({}, { silent: true, at: resting.wake_at });
}
