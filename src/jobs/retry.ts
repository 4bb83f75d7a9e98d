import { err, ok, type Result } from "../lib/result.ts";
import type { Again } from "./run/action-keys.ts";

/** Where a retry goes on: which top-level steps of the job before it it keeps, and which it discards. Pure. */
export interface Ground {
  /** Steps whose outcome is kept. */
  kept: string[];
  /** The step that it goes on inside of: what is finished in there is kept too. null: none. */
  inside: string | null;
  /** Steps of the job before whose outcome is discarded, and why. */
  discarded: Record<string, Exclude<Again, "resume" | "retry">>;
}

export interface Wanted {
  /** Top-level steps of the plan that ran, and of the one that is to run. */
  before: readonly string[];
  after: readonly string[];
  /** So many steps at the beginning are the same in both. */
  same: number;
  /** True when the step need not run again. */
  finished: (id: string) => boolean;
  /** True when something of it was taken back: then it is not finished any more, and what came after it neither. */
  undone?: (id: string) => boolean;
  isNewInput: boolean;
  /** The step to begin at; null: the first that is not finished, or the first of all when the input is new. */
  from: string | null;
}

/** @returns the ground, or the steps that it could begin at, when `from` is none of them */
export function groundOf(wanted: Wanted): Result<Ground, string[]> {
  const { before, after, same, finished, undone = () => false, isNewInput, from } = wanted;
  const unfinished = before.findIndex((id) => !finished(id) || undone(id));
  const reached = unfinished === -1 ? before.length : unfinished;
  const last = Math.min(reached, same);
  const at = from === null ? (isNewInput ? 0 : last) : after.indexOf(from);
  if (at === -1 || at > last) return err(after.slice(0, last + 1));
  const isDiscarding = from !== null || isNewInput || same <= reached;
  const why = from !== null ? "from_step" : isNewInput ? "input" : "changed_step";
  const goesOnInside = !isDiscarding && reached < before.length;
  const behind = before.slice(reached + 1).filter(finished);
  const dropped = [...(isDiscarding ? before.slice(at, reached + 1) : []), ...behind];
  return ok({
    kept: before.slice(0, at),
    inside: goesOnInside ? (before[reached] ?? null) : null,
    discarded: Object.fromEntries(dropped.map((id) => [id, why])),
  });
}
