import type { Job, StepError } from "../../jobs/job.ts";
import { halt, liesIn } from "../../jobs/run/awaiting.ts";
import { bounded } from "../../jobs/run/deadlines.ts";
import { inRow, type Mark } from "../../jobs/run/reports.ts";
import { goneOn, noRounds, type Rounds, repeating, roundEnded, roundPrefix } from "../../jobs/run/rounds.ts";
import { utf8Bytes } from "../../lib/json.ts";
import type { Halted, HaltedRows, Repeating, RoundEnd, RunRef, StepFailure, Stop } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import { notKept } from "../dispatch/admission.ts";
import { takeBackLost, withInFlight } from "../dispatch/cleanup.ts";
import { failedPath, haltedPath, roundsPath } from "../storage/values.ts";
import { dropWaits } from "./event-waits.ts";
import { applyReport, findFenced, isHalted, withMarks } from "./fenced-reports.ts";
import { cancelChild, type Effect, followEffects } from "./settlements.ts";

type Kept = { do: "kept" } & HaltedRows;

const GO = { do: "go" } as const;
const HALTED = { do: "halted" } as const;

/** What a report makes of the job. */
interface Reported<Reply> {
  /** As it is stored by then. */
  before: Job;
  next: Job;
  effects: Effect[];
  reply: Reply;
}

/**
 * Reports of steps that run others: until when, and again and again; and of rows that end before their time: what they wait
 * for ends in the transaction that says why they do.
 */
export class RowReports {
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
      if (!over && isHalted(this.#context, job, path, now)) return { next, reply: HALTED };
      return { next, reply: { ...GO, round, over, since, at, ...(state !== undefined && { state }) } };
    });
  }

  async roundEnded(ref: RunRef, path: string, end: RoundEnd, marks: Mark[], keyPath = path) {
    return applyReport<typeof GO | { do: "fail"; error: StepError } | Halted>(this.#context, ref, (job, now) => {
      const marked = withMarks(this.#context, job, marks, now);
      const known = this.#known(job, path, keyPath);
      // A report that comes again.
      if (end.round <= known.round) return { next: marked, reply: GO };
      if (isHalted(this.#context, job, path, now)) return { next: marked, reply: HALTED };
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

  async halt(
    ref: RunRef,
    path: string,
    error: StepError | "won" | null,
    finished: number[],
    marks: Mark[],
  ): Promise<Kept | Halted | Stop> {
    return this.#apply<Kept | Halted>(ref, (job, now) => {
      const { tables } = this.#context;
      const known = tables.values.json(job, haltedPath(path));
      if (known !== undefined) return this.#unchanged(job, marks, { do: "kept", ...JSON.parse(known) });
      if (error === null || isHalted(this.#context, job, path, now)) return this.#unchanged(job, marks, HALTED);
      const [why, reason] = error === "won" ? [null, "another branch was first"] : [error, "a row beside it failed"];
      const { before, marked, effects } = this.#withoutChildren(job, path, reason, marks, now);
      this.#context.actions.noteLost(marked, (below) => liesIn(below, path));
      const flying = this.#withoutWaits(marked, path, now);
      const kept = tables.values.keep(flying, haltedPath(path), { error: why && { ...why }, finished });
      const told = error === "won" ? takeBackLost(this.#context, kept.job, path, now) : kept.job;
      // What failed in there is told by now, or needed no more.
      const rid = tables.values.deleteBelow(told, failedPath(`${path}.`), failedPath(`${path}.`));
      return { before, next: halt(rid, path, now), effects, reply: { do: "kept", error: why, finished } };
    });
  }

  async rowFailed(ref: RunRef, path: string, failure: StepFailure, marks: Mark[]): Promise<typeof GO | Halted | Stop> {
    return this.#apply<typeof GO | Halted>(ref, (job, now) => {
      const { actions, tables } = this.#context;
      if (isHalted(this.#context, job, path, now)) return this.#unchanged(job, marks, HALTED);
      const { before, marked, effects } = this.#withoutChildren(job, path, "a step beside it failed", marks, now);
      actions.noteFailed(marked, failure.path, failure.error);
      actions.noteLost(marked, (below) => below !== failure.path && liesIn(below, path));
      const flying = this.#withoutWaits(marked, path, now);
      const stored = { path: failure.path, error: { ...failure.error }, at: now };
      const kept = tables.values.keep(flying, failedPath(path), stored);
      return { before, next: halt(kept.job, path, now), effects, reply: GO };
    });
  }

  async abandon(ref: RunRef, path: string): Promise<typeof GO | Stop> {
    return this.#apply(ref, (job, now) => {
      dropWaits(this.#context, job, (dropped) => dropped === path);
      const effects = cancelChild(this.#context, job, path, "a row beside it failed", now);
      // It has heard of the end of its child.
      const before = this.#stored(job);
      return { before, next: before, effects, reply: GO };
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
    const rid = tables.values.deleteBelow(job, prefix, keyPrefix);
    return tables.values.deleteBelow(rid, failedPath(prefix), failedPath(keyPrefix));
  }

  #stored(job: Job): Job {
    return this.#context.tables.jobs.find(job.tenant, job.job_id) ?? job;
  }

  #unchanged<Reply>(job: Job, marks: Mark[], reply: Reply): Reported<Reply> {
    return { before: job, next: withMarks(this.#context, job, marks, this.#context.now()), effects: [], reply };
  }

  /**
   * The job whose children below the path are cancelled; `marked` still says who waited for them. They find nobody to tell of
   * it: else the job were written once for each.
   */
  #withoutChildren(job: Job, path: string, reason: string, marks: Mark[], now: number) {
    const { open } = job.run;
    const below = Object.keys(open).filter((each) => liesIn(each, path) && open[each]?.child_id !== undefined);
    const others = Object.entries(open).filter(([each]) => !below.includes(each));
    this.#context.store.save(job, { ...job, run: { ...job.run, open: Object.fromEntries(others) } });
    const effects = below.flatMap((each) => cancelChild(this.#context, job, each, reason, now));
    const before = this.#stored(job);
    const marked = withMarks(this.#context, { ...before, run: { ...before.run, open } }, marks, now);
    return { before, marked, effects };
  }

  /** The job whose workers and events below the path are needed no more, with what goes on of it all the same. */
  #withoutWaits(job: Job, path: string, now: number): Job {
    dropWaits(this.#context, job, (below) => liesIn(below, path));
    return withInFlight(this.#context, job, path, now);
  }

  /** As one transaction, of the run that has the job; one of any other changes nothing. */
  #apply<Reply>(ref: RunRef, report: (job: Job, now: number) => Reported<Reply>): Reply | Stop {
    const { store, now, background } = this.#context;
    const done = store.transact(() => {
      const job = findFenced(this.#context, ref);
      if (job === undefined) return undefined;
      const { before, next, effects, reply } = report(job, now());
      return store.save(before, next) ? { effects, reply } : undefined;
    });
    if (done === undefined) return { do: "stop" };
    if (done.effects.length > 0) background(followEffects(this.#context, done.effects));
    return done.reply;
  }
}
