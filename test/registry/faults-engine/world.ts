import { vi } from "vitest";
import { backoff } from "../../../src/jobs/run/repair.ts";
import type { JobStatus } from "../../../src/jobs/view.ts";
import { MAX_ATTEMPTS, MAX_NUDGES } from "../../../src/limits.ts";
import { inObject, START } from "../bench.ts";
import { type Acknowledged, Client } from "./client.ts";
import { type Life, SimClock } from "./clock.ts";
import { Dice } from "./dice.ts";
import { unreliableLine } from "./line.ts";
import { LyingBinding } from "./lying-binding.ts";
import { Service } from "./service.ts";
import { FAULT_CODES, type Shape } from "./shapes.ts";
import { simulatedDigests } from "./sim-digest.ts";
import { SimObject, type Spoil } from "./sim-object.ts";
import { SimWorkers } from "./sim-workers.ts";
import { type OnBug, Witness } from "./witness.ts";
import { WorkWitness } from "./work-witness.ts";

const JOBS = 20;
const MINUTE = 60_000;

/** A silent instance is nudged with growing pauses, then given up; two attempts may be lost to what lies behind. */
const GIVEN_UP_MS = Array.from({ length: MAX_NUDGES + 1 }, (_, nudges) => backoff(nudges)).reduce((a, b) => a + b);
/** What a job of any shape takes by itself. */
const NATURAL_MS = 10 * MINUTE;
export const CONVERGES_WITHIN_MS = GIVEN_UP_MS * MAX_ATTEMPTS + NATURAL_MS;

export interface Report {
  seed: number;
  bugs: Witness["bugs"];
  jobs: number;
  reports: number;
  /** Those that ran after another one of their job was given up. */
  attempts: number;
  effects: number;
  /** Reports of workers that came too late. */
  lateWork: number;
  /** Evictions and lost alarms. */
  troubles: number;
  /** Jobs that ended as only faults make them end. */
  endedByFaults: number;
  /** Ms from the last fault to the last settlement that was seen. */
  convergedAfter: number;
}

const asItIs: Spoil = (apis) => apis;

/** Twenty jobs over an engine that fails for a while, then for long enough over one that does not. */
export function runSeed(seed: number, spoil: Spoil = asItIs): Promise<Report> {
  return inObject(async (storage) => {
    const clock = new SimClock(START);
    const timeouts = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      const controller = new AbortController();
      clock.after(ms, () => controller.abort());
      return controller.signal;
    });
    const digests = simulatedDigests();
    try {
      return await runWorld(seed, storage, clock, spoil);
    } finally {
      digests.mockRestore();
      timeouts.mockRestore();
    }
  });
}

async function runWorld(seed: number, storage: DurableObjectStorage, clock: SimClock, spoil: Spoil): Promise<Report> {
  const dice = new Dice(seed);
  const witness = new Witness(storage.sql, () => clock.now - START);
  const service = new Service(clock, dice);
  let tokens = 0;
  const runner = witness.watched(() => object.runner);
  const line = (life: Life) => unreliableLine(runner, life, clock, dice);
  const newToken = () => `${tokens++}`;
  const binding = new LyingBinding({ clock, dice, line, fetch: service.fetch, newToken }, witness.onCreate);
  const object = new SimObject({ storage, binding, clock, dice, spoil, onBug: witness.bug });
  await object.restart();
  const client = new Client(() => object.caller, clock, dice, JOBS, witness.bug);
  const work = new WorkWitness(storage.sql, () => clock.now, witness.bug);
  new SimWorkers(() => work.watched(() => object.workers), clock, dice);
  const troubles = trouble(object, clock, dice);

  const faultsEnd = START + dice.between(3, 12) * MINUTE;
  await clock.runUntil(faultsEnd);
  dice.faulty = false;
  binding.comeToItsSenses();
  await clock.runUntil(faultsEnd + CONVERGES_WITHIN_MS, () => client.isDone);
  const convergedAfter = clock.now - faultsEnd;
  // Whatever is still under way changes nothing any more.
  await clock.runUntil(clock.now + 5 * MINUTE);
  await client.checkEnds();

  const settled = [...client.jobs.values()].flatMap((job) => (job.settled ? [{ ...job, settled: job.settled }] : []));
  for (const job of settled) judge(job, witness.bug);
  witness.checkFamilies();
  for (const [id, { shape, settled }] of client.jobs) if (!settled) witness.bug("stuck", `${id}, ${shape.name}`);
  return {
    seed,
    bugs: witness.bugs,
    jobs: client.jobs.size,
    reports: witness.reports,
    attempts: witness.furtherAttempts,
    lateWork: work.refused,
    effects: service.effects,
    troubles: troubles(),
    endedByFaults: settled.filter(({ shape, settled, isCancelled }) => !isCancelled && !endsWell(shape, settled))
      .length,
    convergedAfter,
  };
}

/** Evictions and lost alarms. @returns how many there were */
function trouble(object: SimObject, clock: SimClock, dice: Dice): () => number {
  let count = 0;
  const next = () => {
    if (!dice.faulty) return;
    count += 1;
    if (dice.is(0.3)) object.loseAlarm();
    else void object.restart();
    clock.after(dice.between(1_000, 4 * MINUTE), next);
  };
  clock.after(dice.between(1_000, 4 * MINUTE), next);
  return () => count;
}

const endsWell = (shape: Shape, { status, result, error_code }: JobStatus): boolean =>
  shape.ends.some(
    (end) =>
      end.status === status &&
      (end.error_code ?? null) === error_code &&
      (end.result === undefined || JSON.stringify(end.result) === JSON.stringify(result)),
  );

function judge(job: Acknowledged & { settled: JobStatus }, bug: OnBug): void {
  const { shape, isCancelled, settled } = job;
  const settlements = settled.events?.filter(({ type }) => type === "settled").length;
  if (settlements !== 1) bug("settled twice", `${settled.id}: ${settlements} times`);
  const isFault = settled.status === "failed" && FAULT_CODES.includes(settled.error_code ?? "");
  const isExpected = isCancelled ? settled.status === "cancelled" : endsWell(shape, settled) || isFault;
  if (!isExpected) bug("wrong ends", `${settled.id}, ${shape.name}: ${JSON.stringify(settled)}`);
}
