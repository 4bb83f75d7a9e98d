import type { Blueprint } from "../../blueprint/blueprint.ts";
import { type Job, stepState } from "../../jobs/job.ts";
import { openChildren } from "../../jobs/run/awaiting.ts";
import { isSettled } from "../../jobs/status.ts";
import { type JobStatus, toJobStatus } from "../../jobs/view.ts";
import { MAX_CHILDREN_LOOKED_AT } from "../../limits.ts";
import type { Include } from "../api/caller.ts";
import type { Tables } from "./tables.ts";

const NOTHING_MORE: Include = { steps: false, events: false };

/** The job as callers see it, with what is stored beside its row. */
export function jobView(tables: Tables, job: Job, now: number, include: Include = NOTHING_MORE): JobStatus {
  const needsPlan = include.steps || include.blueprint === true;
  const plan = needsPlan ? JSON.parse(tables.plans.json(job.plan_hash)) : undefined;
  const parts = {
    resultJson: tables.values.result(job),
    outline: include.steps ? outlineOf(job, plan) : undefined,
    events: include.events,
    plan: include.blueprint ? plan : undefined,
    children: unsettledChildren(tables, job),
  };
  return toJobStatus(job, parts, now);
}

/** A cleanup job has its parent's plan: of that, the steps that it takes back, and those of `finally`. */
const outlineOf = ({ run }: Job, { steps, finally: last = [] }: Blueprint) =>
  run.cleanup === undefined
    ? steps
    : [...steps.filter(({ id }) => stepState(run, id) !== undefined), ...(run.race === undefined ? last : [])];

/** Those that the job waits for, and those that these wait for, so many at most: one that asks makes it wait too. */
export function unsettledChildren({ jobs }: Tables, job: Job): Job[] {
  const found: Job[] = [];
  const ids = isSettled(job.status) ? [] : openChildren(job);
  for (let id = ids.shift(); id !== undefined && found.length < MAX_CHILDREN_LOOKED_AT; id = ids.shift()) {
    const child = jobs.find(job.tenant, id);
    if (child === undefined || isSettled(child.status)) continue;
    found.push(child);
    ids.push(...openChildren(child));
  }
  return found;
}
