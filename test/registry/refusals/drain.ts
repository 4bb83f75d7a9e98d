import { parseJobId } from "../../../src/jobs/id.ts";
import { seeded } from "../../../tooling/random.ts";
import { START } from "../bench.ts";
import { RatedEngine } from "./rated-engine.ts";
import { SimShard } from "./sim-shard.ts";

/** Cloudflare's limit, new instances a second: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
const PER_SECOND = 100;
const CALL_MS = 20;

export interface Load {
  /** Objects that share the engine. */
  shards?: number;
  /** Jobs of each that are there at the start. */
  backlog: number;
  /** Jobs that come to the first shard while it drains, so many a second. */
  comings?: { count: number; perSecond: number };
  /** The limit of running jobs; 0: none. */
  runningJobs?: number;
  runMs?: number;
  /** Seconds from the start in which the engine takes nothing. */
  down?: readonly [from: number, to: number];
  /** What a call for too many makes. */
  tooMany?: "none" | "some";
  seed: number;
}

export interface Drained {
  jobs: number;
  /** Jobs that got no instance, and jobs that got two. */
  lost: number;
  twice: number;
  /** Jobs that got theirs after one that was submitted later to the same shard. */
  overtaken: number;
  /** From the first instance to the last. */
  seconds: number;
  /** The same of the shard that ended first. */
  firstShardSeconds: number;
  calls: number;
  refusals: number;
  longestWaitSeconds: number;
}

/** Simulated time, until every job has had an instance and has ended. */
class Drain {
  readonly #load: Load;
  readonly #clock = { now: START };
  readonly #engine: RatedEngine;
  readonly #shards: SimShard[];
  readonly #ids: string[] = [];
  /** Jobs that have ended: the instances end in the order in which they were made. */
  #ended = 0;

  constructor(load: Load) {
    const clock = this.#clock;
    this.#load = load;
    const engine = new RatedEngine({ clock, perSecond: PER_SECOND, callMs: CALL_MS, tooMany: load.tooMany ?? "none" });
    this.#engine = engine;
    const random = seeded(load.seed);
    const ports = { clock, engine, random, runningJobs: load.runningJobs ?? 0 };
    this.#shards = Array.from({ length: load.shards ?? 1 }, (_, shard) => new SimShard(shard, ports));
  }

  async run(): Promise<Drained> {
    const { backlog, comings = { count: 0, perSecond: 1 }, down: [from, to] = [0, 0] } = this.#load;
    const engine = this.#engine;
    engine.down = [0, Number.POSITIVE_INFINITY];
    for (const shard of this.#shards) this.#ids.push(...(await shard.submit(backlog)));
    engine.calls = 0;
    engine.refusals = 0;
    const begin = this.#clock.now;
    const times = Array.from({ length: comings.count }, (_, i) => begin + (i * 1_000) / comings.perSecond);
    engine.down = [begin + from * 1_000, begin + to * 1_000];
    const jobs = this.#ids.length + times.length;
    while (this.#ended < jobs) await this.#next(times);
    return this.#drained();
  }

  /** Whatever comes first: the end of jobs, a submit, or an alarm. */
  async #next(comings: number[]): Promise<void> {
    const endAt = (this.#engine.made[this.#ended]?.at ?? Number.POSITIVE_INFINITY) + (this.#load.runMs ?? 1_000);
    const comesAt = comings[0] ?? Number.POSITIVE_INFINITY;
    const alarms = await Promise.all(this.#shards.map((shard) => shard.alarmAt()));
    const at = Math.min(endAt, comesAt, ...alarms);
    if (at === Number.POSITIVE_INFINITY) throw new Error("nothing will happen any more");
    this.#clock.now = Math.max(this.#clock.now, at);
    if (at === endAt) return this.#endAll();
    if (at !== comesAt) return this.#shards[alarms.indexOf(at)]?.ring();
    comings.shift();
    this.#ids.push(...((await this.#shards[0]?.submit(1)) ?? []));
  }

  /** All jobs whose time is over end. */
  async #endAll(): Promise<void> {
    const { made } = this.#engine;
    const since = this.#clock.now - (this.#load.runMs ?? 1_000);
    const over: string[] = [];
    for (let job = made[this.#ended]; job !== undefined && job.at <= since; job = made[this.#ended]) {
      over.push(job.jobId);
      this.#ended += 1;
    }
    for (const [shard, ids] of Map.groupBy(over, shardOf)) await this.#shards[shard]?.end(ids);
  }

  #drained(): Drained {
    const { made, calls, refusals } = this.#engine;
    const distinct = new Set(made.map(({ jobId }) => jobId));
    const first = made[0]?.at ?? 0;
    const ends = [...Map.groupBy(made, ({ jobId }) => shardOf(jobId)).values()].map((jobs) => jobs.at(-1)?.at ?? 0);
    return {
      jobs: this.#ids.length,
      lost: this.#ids.filter((id) => !distinct.has(id)).length,
      twice: made.length - distinct.size,
      overtaken: overtaken(made.map(({ jobId }) => jobId)),
      seconds: (Math.max(...ends) - first) / 1_000,
      firstShardSeconds: (Math.min(...ends) - first) / 1_000,
      calls,
      refusals,
      longestWaitSeconds: Math.max(...made.map(({ jobId, at }) => at - (parseJobId(jobId)?.time ?? at))) / 1_000,
    };
  }
}

const shardOf = (id: string): number => parseJobId(id)?.shard ?? -1;

/** Ids sort by the millisecond of their submission. */
function overtaken(ids: readonly string[]): number {
  const last = new Map<number, string>();
  return ids.filter((id) => {
    const before = last.get(shardOf(id)) ?? "";
    if (id > before) last.set(shardOf(id), id);
    return id < before;
  }).length;
}

export const drain = (load: Load): Promise<Drained> => new Drain(load).run();
