import * as z from "zod";
import type { JobStats } from "../../jobs/statistics.ts";
import { ok } from "../../lib/result.ts";
import { plural } from "../../lib/text/plural.ts";
import { jobStats, StatsInput } from "../../service/statistics/job-stats.ts";
import { DATA_NOTE } from "../replies/job-reply.ts";
import { withoutEmpty } from "../replies/structure.ts";
import { call, shownJson } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

const percent = (rate: number | null): string =>
  rate === null ? "none has ended" : `${Math.round(rate * 100)} % succeeded`;

function textOf({
  jobs,
  statuses,
  success_rate,
  p50_ms,
  p95_ms,
  failures,
  groups,
  queues,
  limits,
  ...stats
}: JobStats): string {
  const durations = p50_ms === null ? "" : ` Half took at most ${p50_ms} ms, 95 % at most ${p95_ms} ms.`;
  const newest = stats.truncated ? "the newest " : "";
  return [
    `Since ${stats.since}: ${newest}${plural(jobs, "job")} ${shownJson(statuses)}, ${percent(success_rate)}.${durations}`,
    ...(stats.oldest_queued === null ? [] : [`The oldest that is queued was submitted at ${stats.oldest_queued}.`]),
    ...groups.map(({ key, ...group }) => `${key}: ${plural(group.jobs, "job")}, ${percent(group.success_rate)}.`),
    ...failures.map(({ count, sample, ...cause }) => `${count} failed: ${shownJson(cause)}, such as ${sample}.`),
    ...queues.map((queue) => `Queue ${shownJson({ ...queue })}`),
    ...limits.map((limit) => `Limit ${shownJson({ ...limit })}`),
  ].join("\n");
}

export const jobsStats = defineTool({
  name: "jobs_stats",
  title: "Figures of jobs",
  description:
    "Counts, success rate, durations, failures by cause and queues of workers. Next: jobs_list with the same filters.",
  input: StatsInput,
  output: z.looseObject({ jobs: z.number() }),
  scope: "jobs:read",
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const stats = await jobStats(deps, args);
    const [worst] = stats.failures;
    return ok({
      next:
        worst === undefined
          ? `${call("jobs_list", {})} has the newest.`
          : `${call("jobs_get_status", { job_id: worst.sample, include: ["events"] })} shows a job with the most frequent failure.`,
      notes: worst === undefined ? [] : [DATA_NOTE],
      structured: withoutEmpty({ ...stats }, ["jobs"]),
      text: textOf(stats),
    });
  },
});
