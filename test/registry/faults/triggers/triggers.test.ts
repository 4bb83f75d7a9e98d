import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LedgerEntry } from "../../../../src/triggers/ledger.ts";
import { recordFigures } from "../../../../tooling/figures.ts";
import { isOn, setting } from "../../../support/setting.ts";
import { type WorldOptions, withWorlds } from "../world.ts";
import { runCourse, STEP, type Told } from "./course.ts";

const COURSES = setting("TRIGGER_COURSES");
const SEED = setting("SEED");
/** BAIL=1: it is enough to know that something is wrong. */
const BAIL = isOn("BAIL");

beforeEach(() => {
  // The alarm logs each failure that is made here.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const isByHand = ({ occurrence }: LedgerEntry): boolean => occurrence?.startsWith("by-hand-") ?? false;

function spanOf({ span, occurrence }: LedgerEntry) {
  const at = Date.parse(occurrence ?? "");
  return span ?? { from: at, to: at, count: 1 };
}

/** A time that was run after the fact has a second entry, which says so. */
function isAfterTheFact(entry: LedgerEntry, { ledger, backfilled }: Told): boolean {
  const { from } = spanOf(entry);
  const isElsewhere = ledger.some((other) => other !== entry && spanOf(other).from <= from && from <= spanOf(other).to);
  return entry.outcome === "ran" && backfilled.has(from) && isElsewhere;
}

/** A time that was run before it was due, and is not due yet. */
const isAhead = (entry: LedgerEntry, { next, backfilled }: Told): boolean => {
  const { from } = spanOf(entry);
  return entry.outcome === "ran" && backfilled.has(from) && from >= next;
};

const iso = (time: number): string => new Date(time).toISOString();

/** @param end the first time that the ledger does not tell of */
function faultsOfEnd({ next, isOver, until }: Told, end: number): string[] {
  if (isOver) return end < next ? [`ends before ${iso(end)}, its last run was later`] : [];
  return [
    ...(end === next ? [] : [`ends before ${iso(end)}, not ${iso(next)}`]),
    ...(next > until ? [] : [`${iso(next)}: nobody looked at it`]),
  ];
}

/** Times that are told of twice or not at all. */
function faultsOfTimes(told: Told): string[] {
  const { ledger, first, isOver } = told;
  const isOfTime = (entry: LedgerEntry) => !isByHand(entry) && !isAfterTheFact(entry, told);
  const faults: string[] = [];
  let expected = first;
  const times = ledger.filter(isOfTime).map((entry) => ({ ...spanOf(entry), isAhead: isAhead(entry, told) }));
  for (const { from, to, count, isAhead } of times.sort((a, b) => a.from - b.from)) {
    // Once it is over the times behind it are none; before, what is not due yet.
    if (isAhead && (from > expected || !isOver)) continue;
    if (from !== expected) faults.push(`${iso(expected)}: ${from > expected ? "lost" : "twice"}`);
    if ((to - from) / STEP + 1 !== count) faults.push(`${iso(from)}: ${count} counted`);
    expected = to + STEP;
  }
  return [...faults, ...faultsOfEnd(told, expected)];
}

/** Jobs that the ledger does not tell of, or twice. */
function faultsOfJobs({ ledger, jobs, isAllKept }: Told): string[] {
  const ran = ledger.filter(({ outcome }) => outcome === "ran");
  const faults: string[] = [];
  const occurrences = ran.map(({ occurrence }) => occurrence);
  if (new Set(occurrences).size !== ran.length) faults.push("an occurrence ran twice");
  const toldJobs = new Set(ran.map(({ job_id }) => job_id));
  if (jobs.some((id) => !toldJobs.has(id))) faults.push("a job that is not told of");
  if (isAllKept && toldJobs.size !== jobs.length) faults.push("a job that is told of and is not there");
  return faults;
}

/** What the ledger, the jobs and the events say that cannot be. */
function faultsOf(told: Told): string[] {
  const { ledger, missedByEvents } = told;
  const missed = ledger.filter(({ outcome }) => outcome === "missed").map((entry) => spanOf(entry).count);
  const inLedger = missed.reduce((sum, count) => sum + count, 0);
  const isTold = (missedByEvents ?? inLedger) === inLedger;
  const untold = isTold ? [] : [`${missedByEvents} missed by the events, ${inLedger} by the ledger`];
  return [...faultsOfTimes(told), ...faultsOfJobs(told), ...untold];
}

async function courses(count: number, options: WorldOptions = {}, bail = BAIL) {
  const counts: Record<string, number> = { courses: count, "entries of ledgers": 0, jobs: 0, "not explained": 0 };
  const found: string[] = [];
  await withWorlds(async (fresh) => {
    for (let seed = SEED; seed < SEED + count && !(bail && found.length > 0); seed++) {
      const world = await fresh({ ...options, seed });
      const told = await runCourse(world, seed);
      const surprises = world.surprises.map(String);
      found.push(...[...faultsOf(told), ...surprises].map((fault) => `seed ${seed}: ${fault}`));
      counts["entries of ledgers"] = (counts["entries of ledgers"] ?? 0) + told.ledger.length;
      counts.jobs = (counts.jobs ?? 0) + told.jobs.length;
      for (const [step, times] of Object.entries(told.steps)) counts[step] = (counts[step] ?? 0) + times;
    }
  });
  counts["not explained"] = found.length;
  return { counts, found };
}

it(`the ledger explains each due time and no occurrence makes two jobs, over ${COURSES} courses of faults from ${SEED}`, {
  timeout: 600_000,
}, async (test) => {
  const { counts, found } = await courses(COURSES);
  recordFigures(test, { harness: "schedules amid faults", seed: SEED, counts });
  expect(found).toEqual([]);
  expect(counts["went wrong"]).toBeGreaterThan(COURSES);
});

it("notices an object whose transactions are not atomic", { timeout: 60_000 }, async () => {
  // One course in five sees it.
  const { found } = await courses(
    100,
    { sabotage: (storage) => ({ ...storage, transactionSync: (work) => work() }) },
    true,
  );
  expect(found.length).toBeGreaterThan(0);
});
