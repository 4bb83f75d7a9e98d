import { undoableSteps } from "../../blueprint/undo.ts";
import type { Job } from "../../jobs/job.ts";
import { enclosing } from "../../jobs/run/awaiting.ts";
import { stepIdOf } from "../../jobs/run/in-flight.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import { MAX_RECENT_PLANS } from "../../limits.ts";
import type { HaltedRows } from "../api/runner.ts";
import type { Tables } from "../storage/tables.ts";
import { haltedPath } from "../storage/values.ts";

type Undoable = ReturnType<typeof undoableSteps>;

/** Which steps of jobs have an `undo`. Plans that were asked for last are remembered: each finish of such a job asks. */
export class Undoables {
  readonly #tables: Tables;
  readonly #byPlan = new BoundedMap<string, Undoable>(MAX_RECENT_PLANS);

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Whether the step at the path has one. */
  has(job: Job, path: string): boolean {
    return job.run.cleans_up === true && this.#of(job).known.has(stepIdOf(path));
  }

  /** Whether it has one that runs although nobody knows how the step came out. */
  hasUnknown(job: Pick<Job, "plan_hash">, path: string): boolean {
    return this.#of(job).unknown.has(stepIdOf(path));
  }

  /** Whether it has steps inside that have one. */
  isAround(job: Job, path: string): boolean {
    return job.run.cleans_up === true && this.#of(job).around.has(stepIdOf(path));
  }

  /** Whether the path lies in a branch that another was faster than: its effects are taken back, however the job ends. */
  isLost(job: Job, path: string): boolean {
    return this.lostIn(job, path) !== undefined;
  }

  /** The path of the step, the innermost if there are several, where a branch was faster than that of the path. */
  lostIn(job: Job, path: string): string | undefined {
    return this.hasRaces(job) ? enclosing(path).findLast((around) => this.#hasLost(job, around, path)) : undefined;
  }

  /** Whether there are steps with an `undo` in branches of which one is enough. */
  hasRaces(job: Job): boolean {
    return job.run.cleans_up === true && this.#of(job).races.size > 0;
  }

  #hasLost(job: Job, around: string, path: string): boolean {
    const branches = this.#of(job).races.get(stepIdOf(around));
    const kept = branches && this.#tables.values.json(job, haltedPath(around));
    if (branches === undefined || kept === undefined) return false;
    const { error, finished }: HaltedRows = JSON.parse(kept);
    const [branch = ""] = path.slice(around.length + 1).split(".");
    return error === null && branches[finished[0] ?? -1] !== branch;
  }

  /** The job whose step at the path finishes, with the number that its undo goes by. */
  numbered(job: Job, path: string): { job: Job; undo_number?: number } {
    if (!this.has(job, path)) return { job };
    const undo_number = (job.run.undos ?? 0) + 1;
    return { job: { ...job, run: { ...job.run, undos: undo_number } }, undo_number };
  }

  #of({ plan_hash }: Pick<Job, "plan_hash">): Undoable {
    const known = this.#byPlan.get(plan_hash) ?? undoableSteps(JSON.parse(this.#tables.plans.json(plan_hash)));
    this.#byPlan.set(plan_hash, known);
    return known;
  }
}
