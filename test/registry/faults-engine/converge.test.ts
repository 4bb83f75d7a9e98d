import { describe, expect, it } from "vitest";
import type { RunRef } from "../../../src/registry/api/caller.ts";
import { recordFigures } from "../../../tooling/figures.ts";
import { setting } from "../../support/setting.ts";
import type { Spoil } from "./sim-object.ts";
import { BUG_KINDS } from "./witness.ts";
import { CONVERGES_WITHIN_MS, type Report, runSeed } from "./world.ts";

const SEEDS = setting("SEEDS");
const FIRST = setting("SEED");

async function runSeeds(count: number): Promise<Report[]> {
  const reports: Report[] = [];
  for (let seed = FIRST; seed < FIRST + count; seed++) reports.push(await runSeed(seed));
  return reports;
}

/** The first seed that shows a bug; undefined when none of many does. */
async function firstCaught(spoil: Spoil): Promise<number | undefined> {
  for (let seed = 1; seed <= 50; seed++) if ((await runSeed(seed, spoil)).bugs.length > 0) return seed;
  return undefined;
}

const sum = (
  reports: readonly Report[],
  field: "jobs" | "reports" | "attempts" | "lateWork" | "troubles" | "endedByFaults",
) => reports.reduce((total, report) => total + report[field], 0);

function countsOf(reports: readonly Report[]): Record<string, number> {
  const bugs = reports.flatMap((report) => report.bugs);
  return {
    seeds: reports.length,
    "jobs acknowledged": sum(reports, "jobs"),
    reports: sum(reports, "reports"),
    "attempts begun after another was given up": sum(reports, "attempts"),
    "reports of workers that were too late": sum(reports, "lateWork"),
    "evictions and lost alarms": sum(reports, "troubles"),
    "ended by faults": sum(reports, "endedByFaults"),
    "slowest to settle after the last fault (s)": Math.max(...reports.map((report) => report.convergedAfter)) / 1000,
    ...Object.fromEntries(BUG_KINDS.map((kind) => [kind, bugs.filter((bug) => bug.kind === kind).length])),
  };
}

describe(`an engine that refuses, repeats, delays, lies and forgets: ${SEEDS} seeds from ${FIRST}`, () => {
  it(
    `leaves every job settled once, as it must end, ${CONVERGES_WITHIN_MS / 60_000} minutes after the last fault`,
    async (test) => {
      const reports = await runSeeds(SEEDS);
      recordFigures(test, { harness: "engine faults", seed: FIRST, counts: countsOf(reports) });
      const failures = reports.filter(({ bugs }) => bugs.length > 0);
      expect(failures.map(({ seed, bugs }) => ({ seed, bugs: bugs.slice(0, 3) }))).toEqual([]);
    },
    SEEDS * 2_000,
  );
});

describe("a registry that is broken on purpose", () => {
  const ATTEMPTS = [0, 1, 2];
  const spoilt: Record<string, Spoil> = {
    "answers reports of an attempt that was given up": (parts) => ({
      ...parts,
      runner: new Proxy(parts.runner, {
        get:
          (runner, method: keyof Spoilt) =>
          async (ref: RunRef, ...rest: unknown[]) => {
            const report = runner[method] as (ref: RunRef, ...rest: unknown[]) => Promise<{ do: string } | undefined>;
            for (const later of ATTEMPTS) {
              const reply = await report({ ...ref, attempt: ref.attempt + later }, ...rest);
              if (reply?.do !== "stop") return reply;
            }
            return { do: "stop" };
          },
      }),
    }),
    "lets the alarm ring without looking at a job": (parts) => ({
      ...parts,
      reconciler: { onAlarm: async () => undefined },
    }),
    "forgets that a step has finished": (parts) => ({
      ...parts,
      runner: new Proxy(parts.runner, {
        get: (runner, method: keyof Spoilt) => {
          if (method !== "begin") return runner[method];
          return async (...given: Parameters<Spoilt["begin"]>) => {
            const reply = await runner.begin(...given);
            return reply.do === "reuse"
              ? { do: "run", try: 1, failures: 0, key: crypto.randomUUID(), polls: 0 }
              : reply;
          };
        },
      }),
    }),
  };
  type Spoilt = Parameters<Spoil>[0]["runner"];

  it.each(Object.entries(spoilt))(
    "is caught when it %s",
    async (_name, spoil) => expect(await firstCaught(spoil)).toBeDefined(),
    60_000,
  );
});
