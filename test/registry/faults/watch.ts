import { RETENTION_MS } from "../bench.ts";
import {
  armed,
  belongings,
  countedRight,
  dueInTime,
  isSettled,
  wholeEventWaits,
  wholeOffers,
  wholeSlots,
  wholeTimeline,
  wholeTriggers,
} from "./invariants.ts";
import { type StoredJob, storedJobs } from "./rows.ts";
import { talliedRight } from "./tallied.ts";
import type { World } from "./world.ts";

const SETTLED = ["succeeded", "failed", "cancelled"];

/** The statuses that a job may be found in after it was found in this one. */
const LATER: Record<string, readonly string[]> = {
  queued: ["queued", "running", "input_required", ...SETTLED],
  running: ["running", "input_required", ...SETTLED],
  input_required: ["running", "input_required", ...SETTLED],
  succeeded: ["succeeded"],
  failed: ["failed"],
  cancelled: ["cancelled"],
};

/** Looks at an object again and again, and remembers what it saw: some of what must hold is about change. */
export class Watch {
  readonly #world: World;
  readonly #acknowledged = new Set<string>();
  /** Jobs that were deleted, or purged when their time had come. */
  readonly #gone = new Set<string>();
  #seen = new Map<string, StoredJob>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A caller was told that the job was accepted. */
  acknowledged(jobId: string): void {
    this.#acknowledged.add(jobId);
  }

  /** A caller asked to delete the job. */
  mayBeGone(jobId: string): void {
    this.#gone.add(jobId);
  }

  /** @returns what does not hold of I1 to I8, as lines */
  async breaks(): Promise<string[]> {
    const { storage, clock, api, surprises } = this.#world;
    const jobs = storedJobs(storage);
    const alarmAt = await storage.getAlarm();
    const breaks = [
      ...this.#lost(new Set(jobs.map((job) => job.job_id))),
      ...jobs.flatMap((job) => [...this.#changed(job), ...wholeTimeline(job), ...dueInTime(job, clock.now)]),
      ...armed(jobs, alarmAt, clock.now),
      ...wholeEventWaits(storage, jobs),
      ...wholeOffers(storage, jobs, alarmAt, clock.now),
      ...wholeSlots(storage, jobs, alarmAt, clock.now),
      ...wholeTriggers(storage, alarmAt, clock.now),
      ...this.#instances(jobs),
      ...countedRight(jobs, api.counts.current),
      ...(await talliedRight(jobs, api.stats, clock.now)),
      ...belongings(storage, jobs),
      ...surprises.map((error) => `surprise: ${error}`),
    ];
    this.#seen = new Map(jobs.map((job) => [job.job_id, job]));
    return breaks;
  }

  /** I1: what was accepted is there until it is deleted, or its retention is over. */
  #lost(there: ReadonlySet<string>): string[] {
    for (const { job_id, settled_at } of this.#seen.values()) {
      const isOver = settled_at !== null && settled_at + RETENTION_MS <= this.#world.clock.now;
      if (!there.has(job_id) && isOver) this.#gone.add(job_id);
    }
    const known = new Set([...this.#acknowledged, ...this.#seen.keys()]);
    return [...known].flatMap((id) => (there.has(id) || this.#gone.has(id) ? [] : [`I1: ${id} is lost`]));
  }

  /** I2: statuses only go on. I4: a settled job never changes. I8: a timeline only grows. */
  #changed(job: StoredJob): string[] {
    const before = this.#seen.get(job.job_id);
    if (before === undefined) return [];
    const breaks: string[] = [];
    if (!LATER[before.status]?.includes(job.status)) breaks.push(`I2: ${job.job_id} ${before.status} -> ${job.status}`);
    if (isSettled(before) && before.text !== job.text) breaks.push(`I4: ${job.job_id} changed after it had settled`);
    const isKept = JSON.stringify(job.events.slice(0, before.events.length)) === JSON.stringify(before.events);
    if (!isKept) breaks.push(`I8: the timeline of ${job.job_id} did not only grow`);
    return breaks;
  }

  /** I6: one instance for each attempt, and none without its job. */
  #instances(jobs: readonly StoredJob[]): string[] {
    const attempts = new Map(jobs.map((job) => [job.job_id, job.attempt]));
    return [...this.#world.workflow.instances].flatMap(([id, { params }]) => {
      const { job_id, attempt } = params;
      const latest = attempts.get(job_id) ?? (this.#gone.has(job_id) ? Number.POSITIVE_INFINITY : 0);
      const isRight = id === `${job_id}-${attempt}` && attempt <= latest;
      return isRight ? [] : [`I6: instance ${id} runs attempt ${attempt} of ${job_id}, which has had ${latest}`];
    });
  }
}
