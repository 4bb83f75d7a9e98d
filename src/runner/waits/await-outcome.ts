import type { Awaited, Halted, Stop, Unkept } from "../../registry/api/caller.ts";
import type { RunContext } from "../context.ts";
import { done, type Ending, failed, HALTED, STOPPED, unkept } from "../ending.ts";

/** Waits that may end without what they waited for: by a lost event, or a clock that runs apart from the registry's. */
const MAX_ROUNDS = 20;
const LOST = { code: "engine_wait", message: `The engine ended ${MAX_ROUNDS} waits before their time.` };

/** The registry's clock decides when time is up; the engine's wait ends a little later. */
const SLACK_MS = 1_000;

/**
 * Waits by the engine until the registry has what the step waits for. The event only says that there is something to
 * fetch; one that comes early, twice or not at all changes nothing but when we look.
 */
export async function awaitOutcome(
  context: RunContext,
  path: string,
  first: Awaited | Halted | Stop | Unkept,
): Promise<Ending> {
  let outcome = first;
  for (let round = 0; outcome.do === "wait"; round++) {
    if (round === MAX_ROUNDS) return failed(LOST, path);
    if ((await context.waitForOutcome(path, outcome.timeout_ms + SLACK_MS)) === HALTED) {
      await context.reports.abandon(path);
      return HALTED;
    }
    outcome = await context.reports.collect(path);
  }
  switch (outcome.do) {
    case "stop":
      return STOPPED;
    case "halted":
      return HALTED;
    case "unkept":
      return unkept(outcome);
    case "fail":
      return failed(outcome.error, path);
    case "done":
      return done(outcome.output, { storedAt: path, at: outcome.at });
    default:
      return outcome satisfies never;
  }
}
