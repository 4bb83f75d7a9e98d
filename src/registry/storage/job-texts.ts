import {
  MAX_UNINDEXED_JOBS,
  TEXT_INDEX_BATCH,
  TEXT_INDEX_PAUSE_MS,
  TEXT_INDEX_RETRY_MS,
  TEXT_SAMPLE_CHARS,
  TEXT_SAMPLE_JOBS,
} from "../../limits.ts";
import type { Jobs } from "./jobs.ts";
import { type Described, searchText, storable, type TextLook, trigrams } from "./search-text.ts";

export const JOB_TEXTS_SQL = {
  end: "SELECT CAST(number AS TEXT) AS number FROM job_texts_end",
  setEnd: "INSERT OR REPLACE INTO job_texts_end (one, number) VALUES (1, ?)",
  forgetEnd: "DELETE FROM job_texts_end",
  put: "INSERT OR REPLACE INTO job_texts (rowid, text) VALUES (CAST(? AS INTEGER), ?)",
  delete: "DELETE FROM job_texts WHERE rowid = CAST(? AS INTEGER)",
  clear: "INSERT INTO job_texts (job_texts) VALUES ('delete-all')",
} as const;

const quoted = (term: string): string => `"${term.replaceAll('"', '""')}"`;

/**
 * The index of the texts of jobs (TEXT_SEARCH). It lies behind the newest jobs, which a listing looks at, so that a submit
 * writes no row for it. It may name a job that has not the text, and always names one that has it. Callers open the
 * transactions.
 */
export class JobTexts {
  readonly #sql: SqlStorage;
  readonly #jobs: Jobs;
  readonly #isOn: boolean;
  #end: string | undefined;
  /** Jobs above the end, so many at most as are too many. */
  #unindexed: number | undefined;
  /** Texts of some jobs that are not in the index yet. */
  #sample: readonly string[] | undefined;
  /** Not before this (epoch ms), so that others are served. */
  #restsUntil = 0;

  constructor(sql: SqlStorage, jobs: Jobs, isOn: boolean) {
    this.#sql = sql;
    this.#jobs = jobs;
    this.#isOn = isOn;
  }

  /** What was read may not be what is stored. */
  forgetRead(): void {
    this.#end = undefined;
    this.#unindexed = undefined;
    this.#sample = undefined;
  }

  /** An index that nobody keeps up is none. Written when the object opens. */
  clearIfOff(): void {
    if (this.#isOn || this.#sql.exec(JOB_TEXTS_SQL.end).toArray().length === 0) return;
    this.#sql.exec(JOB_TEXTS_SQL.clear);
    this.#sql.exec(JOB_TEXTS_SQL.forgetEnd);
  }

  get #place(): string {
    this.#end ??= this.#sql.exec<{ number: string }>(JOB_TEXTS_SQL.end).toArray()[0]?.number ?? "0";
    return this.#end;
  }

  get #isDue(): boolean {
    if (!this.#isOn) return false;
    this.#unindexed ??= this.#jobs.countAbove(this.#place, MAX_UNINDEXED_JOBS);
    return this.#unindexed >= MAX_UNINDEXED_JOBS;
  }

  /** When the index is to be added to, in epoch ms. */
  firstDue(): number | undefined {
    return this.#isDue ? this.#restsUntil : undefined;
  }

  /** undefined: every job is to be looked at. */
  lookFor(text: string): TextLook | undefined {
    const terms = this.#isOn ? this.#telling(trigrams(text)) : [];
    return terms.length === 0 ? undefined : { match: terms.map(quoted).join(" "), end: this.#place };
  }

  /** Without what most jobs have: the index would walk through all of them for it, and it leaves out few. */
  #telling(terms: string[]): string[] {
    this.#sample ??= this.#jobs
      .above(this.#place, TEXT_SAMPLE_JOBS)
      .flatMap(({ job }) => (job === undefined ? [] : [searchText(job).slice(0, TEXT_SAMPLE_CHARS)]));
    const sample = this.#sample;
    const rare = terms.filter((term) => sample.filter((text) => text.includes(term)).length <= sample.length / 2);
    return rare.length > 0 ? rare : terms;
  }

  #has(jobId: string): boolean {
    return this.#isOn && BigInt(this.#jobs.numberOf(jobId)) <= BigInt(this.#place);
  }

  /** @returns whether there are too many that are not in the index */
  added(job: Described & { job_id: string }): boolean {
    // Ids are in the order of time, which may go back.
    if (this.#has(job.job_id)) this.changed(job);
    else if (this.#unindexed !== undefined) this.#unindexed += 1;
    return this.#isDue;
  }

  changed(job: Described & { job_id: string }): void {
    if (this.#has(job.job_id)) this.#put(this.#jobs.numberOf(job.job_id), searchText(job));
  }

  deleted(jobId: string): void {
    if (this.#has(jobId)) this.#sql.exec(JOB_TEXTS_SQL.delete, this.#jobs.numberOf(jobId));
    else if (this.#unindexed !== undefined) this.#unindexed = this.#isDue ? undefined : this.#unindexed - 1;
  }

  #put(number: string, text: string): void {
    this.#sql.exec(JOB_TEXTS_SQL.put, number, storable(text));
  }

  /** Adds the oldest jobs that are not in the index, if that is due. */
  addDue(now: number): void {
    const due = this.firstDue();
    if (due === undefined || due > now) return;
    // What fails does not come again at once, and holds up no job.
    this.#restsUntil = now + TEXT_INDEX_RETRY_MS;
    const next = this.#jobs.above(this.#place, TEXT_INDEX_BATCH);
    // A row that cannot be read is in no listing.
    for (const { number, job } of next) if (job !== undefined) this.#put(number, searchText(job));
    this.#sql.exec(JOB_TEXTS_SQL.setEnd, next.at(-1)?.number ?? this.#place);
    this.forgetRead();
    this.#restsUntil = now + TEXT_INDEX_PAUSE_MS;
  }
}
