import type { Job } from "../../jobs/job.ts";
import { openChildren } from "../../jobs/run/awaiting.ts";
import { isSettled } from "../../jobs/status.ts";
import { type JobStatus, toJobStatus } from "../../jobs/view.ts";
import { MAX_CHILDREN_LOOKED_AT } from "../../limits.ts";
import type { Include } from "../api/caller.ts";
import type { Tables } from "./tables.ts";

const NOTHING_MORE: Include = { steps: false, events: false };

/** Jobs as callers see them, with what is stored beside their row. */
export class Viewer {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  view(job: Job, now: number, include: Include = NOTHING_MORE): JobStatus {
    const resultJson = this.#tables.values.result(job);
    const mustRead = include.steps || include.blueprint === true;
    const plan = mustRead ? JSON.parse(this.#tables.plans.json(job.plan_hash)) : undefined;
    const parts = {
      resultJson,
      outline: include.steps ? plan.steps : undefined,
      events: include.events,
      plan: include.blueprint ? plan : undefined,
      children: this.children(job),
    };
    return toJobStatus(job, parts, now);
  }

  /** Those that the job waits for, and those that these wait for, so many at most: one that asks makes it wait too. */
  children(job: Job): Job[] {
    const found: Job[] = [];
    const ids = isSettled(job.status) ? [] : openChildren(job);
    for (let id = ids.shift(); id !== undefined && found.length < MAX_CHILDREN_LOOKED_AT; id = ids.shift()) {
      const child = this.#tables.jobs.find(job.tenant, id);
      if (child === undefined || isSettled(child.status)) continue;
      found.push(child);
      ids.push(...openChildren(child));
    }
    return found;
  }
}
