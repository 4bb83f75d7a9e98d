import { isCounted, needsSlot } from "../../jobs/dispatch.ts";
import { type BlockedBy, blockedBy } from "../../jobs/flow/blocked-by.ts";
import { lacksSlot } from "../../jobs/flow/concurrency.ts";
import type { ListedJob } from "../../jobs/job.ts";
import { ENGINE_LATE_MS } from "../../limits.ts";
import type { RegistryContext } from "../context.ts";
import { placeOf } from "./slot-asker.ts";

/** What the object itself knows of what a queued job waits for; null: nothing. */
function knownHere({ dispatcher, admission, now }: RegistryContext, job: ListedJob): BlockedBy | null {
  const at = now();
  if (job.attempt === 1 && job.run_at !== null && job.run_at > at && job.dispatched_at === null) {
    return blockedBy("run_at");
  }
  if (lacksSlot(job)) return blockedBy("concurrency", { key: job.run.slot?.key ?? null });
  if (job.dispatched_at !== null) {
    return at - job.dispatched_at > ENGINE_LATE_MS ? blockedBy("engine") : null;
  }
  if (dispatcher.isPaused) return blockedBy("engine");
  if (!isCounted(job) || !needsSlot(job) || admission.freeSlots() > 0) return null;
  const ahead = dispatcher.ahead(job);
  return blockedBy("running_jobs", { running: admission.running, position: ahead === undefined ? null : ahead + 1 });
}

/** What queued jobs wait for, of those that wait for something; homes of limits are asked how these stand. */
async function blockedJobs(
  context: RegistryContext,
  jobs: readonly ListedJob[],
): Promise<Map<string, BlockedBy | null>> {
  const queued = jobs.filter(({ status }) => status === "queued");
  const found = queued.map(async (job) => {
    const known = knownHere(context, job);
    return [job.job_id, known?.limit === "concurrency" ? await atHome(context, job, known) : known] as const;
  });
  return new Map(await Promise.all(found));
}

async function atHome({ limits }: RegistryContext, job: ListedJob, known: BlockedBy): Promise<BlockedBy> {
  const { slot, concurrency } = job.run;
  if (slot === undefined || concurrency === undefined) return known;
  const place = placeOf({ ...job, run: { ...job.run, concurrency } }, slot);
  try {
    const home = await limits.of(place.key, job);
    const [view] = await home.lookAtSlots(job.tenant, [place]);
    return { ...known, ...view };
  } catch {
    // The home does not answer: what is known here is said.
    return known;
  }
}

/** The views with what their jobs wait for. */
export async function withBlocked<View extends { id: string; status: string }>(
  context: RegistryContext,
  jobs: readonly ListedJob[],
  views: readonly View[],
): Promise<(View & { blocked_by?: BlockedBy | null })[]> {
  if (!views.some(({ status }) => status === "queued")) return [...views];
  const blocked = await blockedJobs(context, jobs);
  return views.map((view) => {
    const blocked_by = blocked.get(view.id);
    return blocked_by === undefined ? view : { ...view, blocked_by };
  });
}
