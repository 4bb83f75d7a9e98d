import { jobIdFloor } from "../../../src/jobs/id.ts";
import { type Statistics, type StatisticsRow, statisticsOf } from "../../../src/jobs/statistics.ts";
import type { Registry } from "../../../src/registry/open-registry.ts";
import { CALLER } from "../bench.ts";
import type { StoredJob } from "./rows.ts";

const DAY = 86_400_000;

const rowOf = ({ status, run, ...job }: StoredJob) =>
  ({ ...job, status, trigger: run.trigger?.name ?? null }) as StatisticsRow;

/** In one order. */
function asText({ all, groups, failures }: Statistics): string {
  const sums = ({ statuses, durations }: Statistics["all"]) => [
    Object.entries(statuses).sort(),
    durations.toSorted(([a], [b]) => a - b),
  ];
  const lines = groups.map(({ key, sums: own }) => JSON.stringify([key, sums(own)]));
  return JSON.stringify([sums(all), lines.sort(), failures.map((failure) => JSON.stringify(failure)).sort()]);
}

/** I7: what statistics remember is what the rows say. @param now epoch ms */
export async function talliedRight(
  jobs: readonly StoredJob[],
  stats: Registry["jobStatistics"],
  now: number,
): Promise<string[]> {
  const rows = jobs.filter(({ tenant, job_id }) => tenant === CALLER.tenant && job_id >= jobIdFloor(now - DAY));
  const found = await stats.statistics(CALLER, now - DAY, "error");
  const [seen, there] = [asText(found), asText(statisticsOf(rows.map(rowOf), "error"))];
  return seen === there ? [] : [`I7: statistics say ${seen}, there is ${there}`];
}
