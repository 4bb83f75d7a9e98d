import { parseJobId } from "../../../src/jobs/id.ts";
import { seeded } from "../../support/random.ts";
import { aRequest, type Bench, inRegistry, START } from "../bench.ts";
import { RatedEngine } from "./rated-engine.ts";

/** Cloudflare's limit, new instances a second: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
const PER_SECOND = 100;
const CALL_MS = 20;

export interface Load {
  /** Jobs that are there at the start. */
  backlog: number;
  /** Jobs that come while it drains, so many a second. */
  comings?: { count: number; perSecond: number };
  /** The limit of running jobs; 0: none. */
  runningJobs?: number;
  runMs?: number;
  /** Seconds from the start in which the engine takes nothing. */
  down?: [from: number, to: number];
  /** What a call for too many makes. */
  tooMany?: "none" | "some";
  seed: number;
}

export interface Drained {
  jobs: number;
  /** Jobs that got no instance, or two. */
  lost: number;
  twice: number;
  /** Jobs that got theirs after one that was submitted later. */
  overtaken: number;
  /** From the first instance to the last. */
  seconds: number;
  calls: number;
  refusals: number;
  longestWaitSeconds: number;
}

interface World {
  bench: Bench;
  engine: RatedEngine;
  clock: { now: number };
  submit: () => Promise<void>;
}

/** One shard in simulated time, until every job has had an instance and has ended. */
export async function drain(load: Load): Promise<Drained> {
  const clock = { now: START };
  const engine = new RatedEngine({ clock, perSecond: PER_SECOND, callMs: CALL_MS, tooMany: load.tooMany ?? "none" });
  const random = seeded(load.seed);
  const entropy = (bytes: number) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
  const ids: string[] = [];
  const test = async (bench: Bench) => {
    const submit = async () => {
      clock.now += 1;
      const reply = await bench.caller.submit(aRequest());
      if (reply.ok) ids.push(reply.value.id);
    };
    await play(load, { bench, engine, clock, submit });
  };
  await inRegistry(test, { runningJobs: load.runningJobs ?? 0 }, { engine, clock, entropy });
  return drainedOf(ids, engine);
}

async function play(load: Load, world: World): Promise<void> {
  const { engine, clock, bench, submit } = world;
  engine.isDown = true;
  for (let i = 0; i < load.backlog; i++) await submit();
  await bench.settleBackground();
  const begin = clock.now;
  const { count = 0, perSecond = 1 } = load.comings ?? {};
  const comings = Array.from({ length: count }, (_, i) => begin + (i * 1_000) / perSecond);
  const [from, to] = load.down ?? [0, 0];
  const isDown = () => clock.now >= begin + from * 1_000 && clock.now < begin + to * 1_000;
  engine.calls = 0;
  engine.refusals = 0;
  const runMs = load.runMs ?? 1_000;
  for (let ended = 0; ended < load.backlog + count; ) {
    engine.isDown = isDown();
    const endAt = (engine.made[ended]?.at ?? Number.POSITIVE_INFINITY) + runMs;
    const comesAt = comings[0] ?? Number.POSITIVE_INFINITY;
    const alarmAt = (await bench.storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    const at = Math.min(endAt, comesAt, alarmAt);
    if (at === Number.POSITIVE_INFINITY) throw new Error("nothing will happen any more");
    clock.now = Math.max(clock.now, at);
    if (at === comesAt) {
      comings.shift();
      await submit();
    } else if (at === endAt) ended = await endAll(world, ended, runMs);
    else await bench.reconciler.ring();
    await bench.settleBackground();
  }
}

/** The jobs whose time is over end. @returns how many have ended so far */
async function endAll({ bench, engine, clock }: World, ended: number, runMs: number): Promise<number> {
  const due = engine.made.slice(ended).findIndex(({ at }) => at + runMs > clock.now);
  const over = engine.made.slice(ended, due === -1 ? undefined : ended + due);
  for (const { jobId } of over) {
    await bench.runner.start(bench.ref(jobId));
    await bench.runner.settle(bench.ref(jobId), { name: "succeeded", output: {} }, []);
  }
  return ended + over.length;
}

function drainedOf(ids: readonly string[], { made, calls, refusals }: RatedEngine): Drained {
  const place = new Map(ids.map((id, i) => [id, i]));
  let last = -1;
  let overtaken = 0;
  for (const { jobId } of made) {
    const i = place.get(jobId) ?? -1;
    if (i < last) overtaken += 1;
    last = Math.max(last, i);
  }
  const distinct = new Set(made.map(({ jobId }) => jobId));
  const waits = made.map(({ jobId, at }) => at - (parseJobId(jobId)?.time ?? at));
  return {
    jobs: ids.length,
    lost: ids.filter((id) => !distinct.has(id)).length,
    twice: made.length - distinct.size,
    overtaken,
    seconds: ((made.at(-1)?.at ?? 0) - (made[0]?.at ?? 0)) / 1_000,
    calls,
    refusals,
    longestWaitSeconds: Math.max(...waits) / 1_000,
  };
}
