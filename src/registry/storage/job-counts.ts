import { holdsPlace } from "../../jobs/dispatch.ts";
import type { Job } from "../../jobs/job.ts";
import { isSettled } from "../../jobs/status.ts";
import type { Tables } from "./tables.ts";

interface Counts {
  /** Jobs that have not settled. */
  active: number;
  /** Those of them that hold a place at the engine. */
  running: number;
}

/**
 * How many jobs of the object count against its limits. In memory, so that a submit reads no row for it: counted by
 * the rows when it is first asked for, then kept up by the ledger.
 */
export class Census {
  readonly #tables: Tables;
  readonly #placeFreed: () => void;
  #counts: Counts | undefined;

  /** @param placeFreed called inside the transaction that frees a place at the engine */
  constructor(tables: Tables, placeFreed: () => void) {
    this.#tables = tables;
    this.#placeFreed = placeFreed;
  }

  get counts(): Readonly<Counts> {
    this.#counts ??= this.#tables.jobs.counts();
    return this.#counts;
  }

  /** A row was inserted (`before` undefined), changed, or deleted (`after` undefined). */
  note(before: Job | undefined, after: Job | undefined): void {
    if (this.#counts !== undefined) {
      this.#counts.active += Number(isActive(after)) - Number(isActive(before));
      this.#counts.running += Number(isPlaced(after)) - Number(isPlaced(before));
    }
    if (isPlaced(before) && !isPlaced(after)) this.#placeFreed();
  }

  /** A transaction was undone: the rows are counted again. */
  forget(): void {
    this.#counts = undefined;
  }
}

const isActive = (job: Job | undefined): boolean => job !== undefined && !isSettled(job.status);
const isPlaced = (job: Job | undefined): boolean => job !== undefined && holdsPlace(job);
