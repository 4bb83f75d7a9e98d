import type { Json } from "../../lib/json.ts";
import type { Job } from "../job.ts";
import { isTopLevel, withExpectation, withFirstStart, withStep } from "./work.ts";

/** Rounds of a `repeat`. Of one that is over, only the state is kept. Pure; `now` is epoch ms. */

/** PERSISTED since 0.2.0, for each repeat, and in the retries that go on in it. How far it has come. */
export interface Rounds {
  /** The last round that is over; 0: none. */
  round: number;
  /** After it; left out: nothing. */
  state?: Json;
  /** No further round follows. */
  over: boolean;
  /** When it was over, epoch ms; absent from rounds of a version that did not note it. */
  at?: number | undefined;
  /** The job that ran the round. */
  job_id: string;
  /** The last round of the jobs before, which this one went on behind: its limit counts from there. */
  since: number;
}

/** What comes before the ids of the steps of a round in their paths. @param path of the repeat, or its key path */
export const roundPrefix = (path: string, round: number): string => `${path}#${round}.`;

/** Of a repeat of which no round is over. */
export const noRounds = (jobId: string): Rounds => ({ round: 0, over: false, job_id: jobId, since: 0 });

/** How far the repeat has come in this job, when it has come that far in this one or the one before. */
export const goneOn = (known: Rounds, jobId: string): Rounds =>
  known.job_id === jobId ? known : { ...known, job_id: jobId, since: known.round };

/** Greater than every path. */
const END = "\u{10ffff}";

/**
 * What to read behind the path of a job's values, in their order, to know of each repeat no other round than the one that
 * was under way.
 * @param around where repeats stood, by their paths
 * @returns `to`: up to there, without it; `next`: where to go on behind, null: nowhere
 */
export function partBehind(around: Record<string, Rounds>, path: string): { to: string; next: string | null } {
  const others = Object.entries(around).flatMap(([each, { round }]) => {
    const under = `${each}#${round + 1}`;
    // The next characters behind those of `#` and `.`.
    return [
      { to: `${each}#`, next: `${under}.` },
      { to: `${under}/`, next: `${each}$` },
    ];
  });
  const [first] = others.filter(({ to }) => to > path).toSorted((a, b) => (a.to < b.to ? -1 : 1));
  return first ?? { to: END, next: null };
}

/** The repeat begins, or goes on. */
export function repeating(job: Job, path: string, now: number): Job {
  if (!isTopLevel(path)) return job;
  return withStep(withFirstStart({ ...job, step: path }, path, now), path, now, {});
}

/** A round is over: nothing of it is open any more. */
export function roundEnded(job: Job, path: string, round: number, now: number): Job {
  const prefix = roundPrefix(path, round);
  const open = Object.entries(job.run.open).filter(([below]) => !below.startsWith(prefix));
  const message = `Round ${round} of ${path} is over.`;
  return withExpectation({ ...job, message, run: { ...job.run, open: Object.fromEntries(open) } }, now);
}
