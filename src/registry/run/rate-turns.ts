import { pauseBefore, type RateTerms } from "../../jobs/flow/turns.ts";
import { type Job, openWork } from "../../jobs/job.ts";
import { heard } from "../../jobs/run/reports.ts";
import { untilTurn } from "../../jobs/run/work.ts";
import { MAX_INLINE_WAIT_MS } from "../../limits.ts";
import type { Later, RunRef } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { findFenced } from "./fenced-reports.ts";

/** A turn of a rate, as long as it is to come. */
interface Turn {
  /** ms until a try asks again; 0: it begins. */
  pause_ms: number;
  /** ms until the turn itself. */
  wait_ms: number;
}

const NO_TURN: Turn = { pause_ms: 0, wait_ms: 0 };

/**
 * The turn of the step's next try, where it has a rate. None is taken for what does not act: it is finished, or its
 * report came twice.
 */
export async function turnOf(
  context: RegistryContext,
  ref: RunRef,
  path: string,
  rate: RateTerms | undefined,
  { keyPath, token }: { keyPath: string; token?: string },
): Promise<Turn> {
  const job = rate && findFenced(context, ref);
  if (rate === undefined || job === undefined) return NO_TURN;
  const work = openWork(job.run, path);
  if (token !== undefined && work?.token === token) return NO_TURN;
  if (context.tables.values.stored(job, path, keyPath) !== undefined) return NO_TURN;
  const home = await context.limits.of(rate.key, job);
  const holder = `${job.job_id}-${ref.attempt}.${path}.${work?.tries ?? 0}`;
  const wait_ms = await home.takeTurn(job.tenant, holder, rate);
  return { pause_ms: pauseBefore(wait_ms), wait_ms };
}

/** The turn lies so far ahead that the step asks again. */
export function notYet(job: Job, pauseMs: number, now: number): { next: Job; reply: Later } {
  const next = pauseMs > MAX_INLINE_WAIT_MS ? untilTurn(job, pauseMs, now) : heard(job, now);
  return { next, reply: { do: "later", after_ms: pauseMs } };
}
