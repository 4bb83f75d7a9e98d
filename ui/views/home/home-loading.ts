import type { JobStats } from "../../../src/jobs/statistics.ts";
import { get, type JobPage } from "../../lib/api.ts";
import type { Subscription, TriggerRow } from "../../lib/types.ts";

/** So many are counted of each status; more are "and more". */
const COUNTED = 100;
export const SHOWN = 6;

export const ACTIVE = [
  ["running", "Running"],
  ["queued", "Queued"],
  ["input_required", "Asking"],
] as const;
type Active = (typeof ACTIVE)[number][0];
export type ByStatus = Record<Active, JobPage>;

interface Figures {
  byStatus: ByStatus;
  stats: JobStats;
  triggers: TriggerRow[];
  subscriptions: Subscription[];
}

/** What stands on the page, and by what it is known whether that still holds. */
export interface Seen extends Figures {
  latest: JobPage["jobs"];
  period: string;
  /** Jobs and statuses of the latest, and of those that go on. */
  sign: string;
  /** Epoch ms of the figures. */
  at: number;
}

/** Figures are asked for again after this time, even if nothing seems to have changed. */
const OLDEST_MS = 10_000;

async function figuresOf(period: string): Promise<Figures> {
  const [stats, { triggers }, { subscriptions }, ...pages] = await Promise.all([
    get<JobStats>("/stats", { period, group_by: "time" }),
    get<{ triggers: TriggerRow[] }>("/triggers", { limit: COUNTED }),
    get<{ subscriptions: Subscription[] }>("/subscriptions", { limit: COUNTED }),
    ...ACTIVE.map(async ([status]) => [status, await get<JobPage>("/jobs", { status, limit: COUNTED })] as const),
  ]);
  return { stats, triggers, subscriptions, byStatus: Object.fromEntries(pages) as ByStatus };
}

/** Two small questions tell whether anything has changed; only then come the figures, which cost more. */
export async function loadHome(period: string, before: Seen | undefined): Promise<Seen> {
  const statuses = ACTIVE.map(([status]) => status);
  const [latest, active] = await Promise.all([
    get<JobPage>("/jobs", { limit: SHOWN }),
    get<JobPage>("/jobs", { status: statuses, limit: COUNTED }),
  ]);
  const sign = JSON.stringify([...latest.jobs, ...active.jobs].map(({ id, status }) => [id, status]));
  const isSame = before !== undefined && before.period === period && before.sign === sign;
  if (isSame && Date.now() - before.at < OLDEST_MS) return { ...before, latest: latest.jobs };
  return { ...(await figuresOf(period)), latest: latest.jobs, period, sign, at: Date.now() };
}
