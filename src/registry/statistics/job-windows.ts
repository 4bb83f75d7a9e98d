import { jobIdFloor } from "../../jobs/id.ts";
import type { Job } from "../../jobs/job.ts";
import type { Grouping, Statistics } from "../../jobs/statistics.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import { MAX_STATISTICS_WINDOWS } from "../../limits.ts";
import type { StoreObserver } from "../storage/job-store.ts";
import type { Jobs } from "../storage/jobs.ts";
import { JobWindow } from "./job-window.ts";

const MINUTE_MS = 60_000;
const MOMENT_MS = 1_000;

/** The jobs of periods that were asked for lately, by grouping. A look at a million jobs reads no more than at a thousand. */
export class JobWindows implements StoreObserver {
  readonly #jobs: Jobs;
  readonly #windows = new BoundedMap<string, JobWindow>(MAX_STATISTICS_WINDOWS);

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  /** @param since epoch ms @returns of the jobs since then, and whether there are older ones that were not looked at */
  async look(
    tenant: string,
    { since, now, grouping }: { since: number; now: number; grouping: Grouping | null },
  ): Promise<Statistics & { truncated: boolean }> {
    // What callers mean by a period: they are asked a moment apart, by clocks that differ.
    const periodMs = MINUTE_MS * Math.ceil((now - since - MOMENT_MS) / MINUTE_MS);
    const key = JSON.stringify([tenant, grouping, periodMs]);
    const window = this.#windows.get(key) ?? new JobWindow(this.#jobs, { tenant, grouping, periodMs });
    this.#windows.set(key, window);
    const isWhole = await window.reach(jobIdFloor(since));
    if (!window.isToKeep) this.#windows.delete(key);
    return { ...window.statistics, truncated: !isWhole };
  }

  onWritten(before: Job | undefined, after: Job | undefined): void {
    for (const [key, window] of this.#windows) {
      window.onWritten(before, after);
      if (!window.isToKeep) this.#windows.delete(key);
    }
  }

  /** What was counted may not be what is stored. */
  onUndone(): void {
    this.#windows.clear();
  }
}
