import { jobIdFloor } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import type { JobKey } from "../storage/jobs.ts";
import type { Tables } from "../storage/tables.ts";

/** Accepted jobs that wait for a place at the engine, in the order of their acceptance: those of somebody, or children. */
export class Line {
  readonly #tables: Tables;
  readonly #ofChildren: boolean;
  /** Every job in line has an id above this; null: the line is empty. */
  #after: string | null;

  /** @param now epoch ms */
  constructor(tables: Tables, ofChildren: boolean, now: number) {
    this.#tables = tables;
    this.#ofChildren = ofChildren;
    // An earlier life of the object may have left a line.
    this.#after = tables.jobs.waiting("", ofChildren, now, 1).length > 0 ? "" : null;
  }

  get isEmpty(): boolean {
    return this.#after === null;
  }

  join(job: Job): void {
    const before = jobIdFloor(job.submitted_at);
    if (this.#after === null || before < this.#after) this.#after = before;
  }

  /** The first jobs of the line, who leave it. */
  call(places: number, now: number): JobKey[] {
    if (this.#after === null || places === 0) return [];
    const called = this.#tables.jobs.waiting(this.#after, this.#ofChildren, now, places);
    this.#after = called.length < places ? null : (called.at(-1)?.job_id ?? null);
    return called;
  }

  /** Some may have left the line without having been handed over: it is read from its beginning. */
  readAgain(): void {
    this.#after = "";
  }
}
