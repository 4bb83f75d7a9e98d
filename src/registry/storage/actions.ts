import { type Job, type OpenWork, openWork, type StepError } from "../../jobs/job.ts";
import { type ActionRecord, actionKey, outcomeOf, rootOf, suffixOf } from "../../jobs/run/action-keys.ts";
import type { Outcome } from "../../jobs/settle.ts";
import { type GoneChild, GoneChildren, inputDigest } from "./gone-children.ts";
import type { Tables } from "./tables.ts";
import type { StoredPath } from "./values.ts";

const COLUMNS = "key_path, suffix, polls, outcome, child_id";

const SQL = {
  keep: `INSERT OR REPLACE INTO actions (job_id, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
  find: `SELECT ${COLUMNS} FROM actions WHERE job_id = ? AND key_path = ?`,
  all: `SELECT ${COLUMNS} FROM actions WHERE job_id = ?`,
  forget: "DELETE FROM actions WHERE job_id = ?",
  join: `INSERT INTO chains (root_id, retries, members) VALUES (?, 1, 2)
    ON CONFLICT (root_id) DO UPDATE SET retries = retries + 1, members = members + 1`,
  hold: "INSERT OR IGNORE INTO chains (root_id, retries, members) VALUES (?, 0, 1)",
  retries: "SELECT retries FROM chains WHERE root_id = ?",
  leave: "UPDATE chains SET members = members - 1 WHERE root_id = ? RETURNING members",
  end: "DELETE FROM chains WHERE root_id = ?",
  keepRetry: "INSERT OR REPLACE INTO retries (job_id, request_hash, again_id) VALUES (?, ?, ?)",
  retry: "SELECT again_id FROM retries WHERE job_id = ? AND request_hash = ?",
  lastRetry: "SELECT max(again_id) AS again_id FROM retries WHERE job_id = ?",
  forgetRetries: "DELETE FROM retries WHERE job_id = ?",
} as const;

/** The job that a `job` step waited for when it ran before, in this chain of retries. */
export interface EarlierChild {
  child_id: string;
  /** The parent does not know how it came out. */
  isUnknown: boolean;
}

type Row = { [Field in keyof ActionRecord]: ActionRecord[Field] };

/** Needs no record: it has no child and was not undone, so its key has no number. */
const isPlain = ({ child_id, undo }: StoredPath): boolean => child_id === null && undo === null;

/** What a retry goes by of a step that finished, once its output is gone. */
const ofStored = ({ child_id, undo }: StoredPath, key_path: string, suffix: number): ActionRecord => ({
  ...{ key_path, suffix, polls: 0, child_id },
  // What was taken back runs under a new key, unless nobody knows how far that came.
  outcome: undo === null ? null : undo === "done" ? "definite" : "unknown",
});

/** Chains of retries, and what is known of actions that did not finish. Called inside transactions. */
export class Actions {
  readonly #sql: SqlStorage;
  readonly #tables: Pick<Tables, "jobs" | "values">;
  readonly #gone: GoneChildren;

  constructor(sql: SqlStorage, tables: Pick<Tables, "jobs" | "values">) {
    this.#sql = sql;
    this.#tables = tables;
    this.#gone = new GoneChildren(sql);
  }

  /** Under which key the action runs now, and how many polls of that key were answered before. */
  keyOf(job: Job, keyPath: string): { key: string; polls: number } {
    const record = this.#before(job, keyPath);
    const suffix = suffixOf(job.run.chain, record, keyPath);
    return { key: actionKey(rootOf(job), keyPath, suffix), polls: record?.polls ?? 0 };
  }

  childOf(job: Job, keyPath: string): EarlierChild | undefined {
    const { child_id = null, outcome } = this.#before(job, keyPath) ?? {};
    return child_id === null ? undefined : { child_id, isUnknown: outcome === "unknown" };
  }

  goneChild(parent: Job, childId: string): GoneChild | undefined {
    return this.#gone.find(rootOf(parent), childId);
  }

  /** What was open when the job ended: nobody will hear how it came out, but for what it failed with. */
  noteEnd(job: Job, outcome: Outcome): void {
    for (const [path, work] of Object.entries(job.run.open)) {
      const failed = outcome.name === "failed" && outcome.path === path;
      this.#note(job, path, work, failed ? outcomeOf(outcome.error) : "unknown");
    }
  }

  /** Runs of these paths are over without a report. */
  noteLost(job: Job, isLost: (path: string) => boolean): void {
    for (const [path, work] of Object.entries(job.run.open)) if (isLost(path)) this.#note(job, path, work, "unknown");
  }

  /** The step failed for good, and something else goes on. */
  noteFailed(job: Job, path: string, error: StepError): void {
    const work = openWork(job.run, path);
    if (work !== undefined) this.#note(job, path, work, outcomeOf(error));
  }

  /**
   * The step is over, and the blueprint goes on from it: also from a failure, whose effect may have happened. What a job
   * before this one did not know of the action is known now, so that a rerun has a key of its own.
   */
  noteOver(job: Job, path: string, error: StepError | null): void {
    const work = openWork(job.run, path);
    if (work === undefined) return;
    const outcome = error === null ? "definite" : outcomeOf(error);
    const isKnown = outcome === "definite" && this.#before(job, work.key_path ?? path) === undefined;
    if (!isKnown) this.#note(job, path, work, outcome);
  }

  /** The result of the child is kept no longer. Nothing is known of the step but whom it waited for. */
  noteChild(job: Job, keyPath: string, childId: string): void {
    const suffix = suffixOf(job.run.chain, this.#before(job, keyPath), keyPath);
    this.keep(job.job_id, { key_path: keyPath, suffix, polls: 0, outcome: null, child_id: childId });
  }

  #note(job: Job, path: string, work: OpenWork, outcome: "definite" | "unknown"): void {
    // What came back to the step is stored: it has finished, whoever fetches that.
    if ((work.wake_at ?? work.question ?? work.event) !== undefined || work.ready === true) return;
    const keyPath = work.key_path ?? path;
    const suffix = suffixOf(job.run.chain, this.#before(job, keyPath), keyPath);
    const child_id = work.child_id ?? null;
    this.keep(job.job_id, { key_path: keyPath, suffix, polls: work.polls ?? 0, outcome, child_id });
  }

  /** A first attempt of a first job has no past. */
  #before({ job_id, run, attempt }: Job, keyPath: string): ActionRecord | undefined {
    return run.chain === undefined && attempt === 1 ? undefined : this.find(job_id, keyPath);
  }

  keep(jobId: string, { key_path, suffix, polls, outcome, child_id }: ActionRecord): void {
    this.#sql.exec(SQL.keep, jobId, key_path, suffix, polls, outcome, child_id);
  }

  /** How many retries the chain of this first job has had. */
  retriesOf(rootId: string): number {
    return this.#sql.exec<{ retries: number }>(SQL.retries, rootId).toArray()[0]?.retries ?? 0;
  }

  find(jobId: string, keyPath: string): ActionRecord | undefined {
    return this.#sql.exec<Row>(SQL.find, jobId, keyPath).toArray()[0];
  }

  all(jobId: string): ActionRecord[] {
    return this.#sql.exec<Row>(SQL.all, jobId).toArray();
  }

  /** A retry joins the chain of this first job. */
  join(rootId: string): void {
    this.#sql.exec(SQL.join, rootId);
  }

  /** The job that this retry of the job made last. */
  retryOf(jobId: string, requestHash: string): string | undefined {
    return this.#sql.exec<{ again_id: string }>(SQL.retry, jobId, requestHash).toArray()[0]?.again_id;
  }

  /** The newest job that a retry of the job made. */
  lastRetry(jobId: string): string | undefined {
    return this.#sql.exec<{ again_id: string | null }>(SQL.lastRetry, jobId).one().again_id ?? undefined;
  }

  keepRetry(jobId: string, requestHash: string, againId: string): void {
    this.#sql.exec(SQL.keepRetry, jobId, requestHash, againId);
  }

  /** The job goes, before its values, and its chain with the last of it. */
  forget(job: Job): void {
    this.#sql.exec(SQL.forgetRetries, job.job_id);
    if (this.#mayBeRetried(job)) this.#bury(job);
    else {
      this.#sql.exec(SQL.forget, job.job_id);
      this.#leave(rootOf(job));
    }
  }

  /** Whether a job is left whose `job` step it ran for. */
  #mayBeRetried({ tenant, parent_id, run }: Job): boolean {
    const root = run.parent_chain ?? parent_id;
    if (root === null || run.cleanup) return false;
    return this.#tables.jobs.find(tenant, root) !== undefined || this.#sql.exec(SQL.retries, root).toArray().length > 0;
  }

  /** Its keys stay, without a word of what it did. */
  #bury(job: Job): void {
    const { values } = this.#tables;
    for (const stored of values.paths(job)) {
      const key_path = stored.row_key ?? stored.path;
      const known = this.find(job.job_id, key_path);
      if (known?.outcome === "unknown" || (known === undefined && isPlain(stored))) continue;
      const suffix = suffixOf(job.run.chain, known, key_path);
      this.keep(job.job_id, ofStored(stored, key_path, suffix));
    }
    const root = rootOf(job);
    const child: GoneChild = {
      root,
      fresh: job.run.chain?.fresh ?? {},
      succeeded: job.status === "succeeded",
      input_digest: inputDigest(values.input(job)),
    };
    this.#gone.keep(job.run.parent_chain ?? job.parent_id ?? root, job.job_id, child);
    this.#sql.exec(SQL.hold, root);
  }

  #leave(rootId: string): void {
    const left = this.#sql.exec<{ members: number }>(SQL.leave, rootId).toArray()[0]?.members ?? 0;
    if (left > 0) return;
    this.#sql.exec(SQL.end, rootId);
    // Nobody is left who would retry them.
    for (const { job_id, root } of this.#gone.forget(rootId)) {
      this.#sql.exec(SQL.forget, job_id);
      this.#leave(root);
    }
  }
}
