import { durationMs } from "../../blueprint/duration.ts";
import { boundOf } from "../../blueprint/kinds/common.ts";
import type { RunContext } from "../context.ts";
import { failed, STOPPED } from "../ending.ts";

/** The part of a step with others inside that bounds it; its durations are known. */
interface Bounded {
  retry?: unknown;
  timeout?: string | undefined;
}

/** Until when the rows or rounds of the step may run, in epoch ms, as its first run said; undefined: as long as the job. */
export async function deadlineOf(context: RunContext, step: Bounded, path: string) {
  const bound = boundOf(step);
  // What has run before is not bounded again.
  if (bound === undefined || context.journal !== undefined) return undefined;
  const answer = await context.reports.within(path, context.ports.now() + durationMs(bound));
  return answer.do === "stop" ? STOPPED : answer.until;
}

export function tooLate(step: Bounded, path: string) {
  const message = `No end within ${step.timeout}. Raise the step's timeout, or do less in it.`;
  return failed({ code: "step_timeout", message }, path);
}

/** Does the work, and says so when the time is up before that has ended. */
export async function withDeadline(
  context: RunContext,
  path: string,
  until: number | undefined,
  work: () => Promise<void>,
  onLate: () => void,
): Promise<void> {
  if (until === undefined) return work();
  const over = new AbortController();
  const halt = AbortSignal.any([over.signal, context.lane]);
  const lanes = [
    async () => {
      await work();
      over.abort();
    },
    async () => {
      await context.segments.park({ path, until, wakeable: false }, halt);
      if (!halt.aborted) onLate();
    },
  ].values();
  await context.segments.fork(2, async () => lanes.next().value?.());
}
