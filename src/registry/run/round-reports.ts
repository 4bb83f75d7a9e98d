import type { Job, StepError } from "../../jobs/job.ts";
import { bounded } from "../../jobs/run/deadlines.ts";
import { inRow, type Mark } from "../../jobs/run/reports.ts";
import { goneOn, noRounds, type Rounds, repeating, roundEnded, roundPrefix } from "../../jobs/run/rounds.ts";
import { utf8Bytes } from "../../lib/json.ts";
import type { Halted, Repeating, RoundEnd, RunRef } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { notKept } from "../dispatch/admission.ts";
import { haltedPath, roundsPath } from "../storage/values.ts";
import { applyReport, isHalted, withMarks } from "./fenced-reports.ts";

const GO = { do: "go" } as const;
const HALTED = { do: "halted" } as const;

/** Reports of steps that run others: until when, and again and again. */
export class RoundReports {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async within(ref: RunRef, path: string, until: number, marks: Mark[]) {
    return applyReport<{ do: "within"; until: number }>(this.#context, ref, (job, now) => {
      const first = bounded(withMarks(this.#context, job, marks, now), path, until);
      return { next: first.job, reply: { do: "within", until: first.until } };
    });
  }

  async repeating(ref: RunRef, path: string, marks: Mark[], keyPath = path) {
    return applyReport<Repeating | Halted>(this.#context, ref, (job, now) => {
      const next = repeating(withMarks(this.#context, job, marks, now), path, now);
      const failed = this.#context.tables.values.json(job, haltedPath(path));
      if (failed !== undefined) return { next, reply: { do: "fail", error: JSON.parse(failed).error } };
      const { round, state, over, since, at } = this.#known(job, path, keyPath);
      if (!over && isHalted(this.#context, job, path)) return { next, reply: HALTED };
      return { next, reply: { ...GO, round, over, since, at, ...(state !== undefined && { state }) } };
    });
  }

  async roundEnded(ref: RunRef, path: string, end: RoundEnd, marks: Mark[], keyPath = path) {
    return applyReport<typeof GO | { do: "fail"; error: StepError } | Halted>(this.#context, ref, (job, now) => {
      const marked = withMarks(this.#context, job, marks, now);
      const known = this.#known(job, path, keyPath);
      // A report that comes again.
      if (end.round <= known.round) return { next: marked, reply: GO };
      if (isHalted(this.#context, job, path)) return { next: marked, reply: HALTED };
      const { values } = this.#context.tables;
      const json = JSON.stringify({ ...end, job_id: job.job_id, since: known.since });
      const bytes = utf8Bytes(json);
      const full = this.#context.admission.storageRefusal(bytes);
      if (full !== undefined) return { next: marked, reply: { do: "fail", error: notKept(full, bytes) } };
      const kept = values.replaceJson(marked, roundsPath(path), json, inRow(roundsPath(path), roundsPath(keyPath)));
      // What may have to be undone is needed until then, with what its undo sees.
      const isNeeded = this.#context.undoables.isAround(job, path);
      const rid = isNeeded ? kept : this.#forget(kept, path, keyPath, end.round);
      return { next: roundEnded(rid, path, end.round, now), reply: GO };
    });
  }

  #known(job: Job, path: string, keyPath: string): Rounds {
    const stored = this.#context.tables.values.stored(job, roundsPath(path), roundsPath(keyPath));
    return stored === undefined ? noRounds(job.job_id) : goneOn(JSON.parse(stored.json), job.job_id);
  }

  /** Outputs of the round go. What is not known of its actions stays, and so do the children that a rerun would retry. */
  #forget(job: Job, path: string, keyPath: string, round: number): Job {
    const { actions, tables } = this.#context;
    const [prefix, keyPrefix] = [roundPrefix(path, round), roundPrefix(keyPath, round)];
    for (const { key_path, child_id } of tables.values.childrenBelow(job.job_id, prefix)) {
      actions.noteChild(job, key_path, child_id);
    }
    return tables.values.deleteBelow(job, prefix, keyPrefix);
  }
}
