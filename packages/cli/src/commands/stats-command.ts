import { type Command, EXIT, textOf } from "../command.ts";
import { type Output, showPart, showRows } from "../output.ts";
import { ask } from "./verbs.ts";

interface Figures {
  jobs: number;
  statuses: { readonly [status: string]: number };
  success_rate: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
}

interface Stats extends Figures {
  since: string;
  oldest_queued: string | null;
  truncated: boolean;
  groups: (Figures & { key: string })[];
  failures: object[];
  queues: object[];
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** In the largest unit that it fills. */
export function spell(ms: number | null): string {
  if (ms === null) return "-";
  const [unit, length] = UNITS.find(([, each]) => ms >= each) ?? ["ms", 1];
  return `${Number((ms / length).toFixed(1))} ${unit}`;
}

const row = (key: string, { jobs, statuses, success_rate, p50_ms, p95_ms }: Figures) => ({
  key,
  jobs,
  succeeded: success_rate === null ? "-" : `${Math.round(success_rate * 100)}%`,
  p50: spell(p50_ms),
  p95: spell(p95_ms),
  statuses: Object.entries(statuses)
    .map(([status, count]) => `${count} ${status}`)
    .join(", "),
});

function tell(out: Output, stats: Stats): void {
  const rows = [row("all", stats), ...stats.groups.map((group) => row(group.key, group))];
  showRows(out, rows, ["key", "jobs", "succeeded", "p50", "p95", "statuses"]);
  if (stats.oldest_queued !== null) out.line(`The oldest queued job waits since ${stats.oldest_queued}.`);
  showPart(out, "Failures", stats.failures, ["count", "code", "message", "sample", "blueprint", "step"]);
  showPart(out, "Queues of workers", stats.queues, ["queue", "depth", "leased", "oldest", "workers"]);
  if (stats.truncated) out.note("Only the newest jobs of the period were looked at.");
}

export const stats: Command = {
  name: "stats",
  usage: "",
  summary: "How jobs went: counts, success, durations, failures by cause, queues.",
  options: {
    period: { type: "string", summary: 'jobs submitted within this time; "1 day" when left out' },
    "group-by": { type: "string", summary: "blueprint, trigger, status, error or time" },
  },
  run: async (invocation) => {
    const { out, values } = invocation;
    const args = { period: textOf(values, "period"), group_by: textOf(values, "group-by") };
    const found = await ask<Stats>(invocation, "jobs_stats", args);
    if (out.isHuman) tell(out, found);
    else out.line(JSON.stringify(found));
    return EXIT.succeeded;
  },
};
