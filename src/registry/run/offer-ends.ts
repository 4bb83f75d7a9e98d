import type { Job } from "../../jobs/job.ts";
import { offeredAgain, workEnded } from "../../jobs/run/awaiting.ts";
import { lapsed, type Offer, type Turn, unwanted } from "../../jobs/run/offers.ts";
import { toldOf } from "../../jobs/run/takeover.ts";
import { isSettled } from "../../jobs/status.ts";
import { ALARM_BATCH } from "../../limits.ts";
import type { RegistryContext } from "../context.ts";

/** What must follow once what happened to an offer is durable. */
export interface OfferEffects {
  /** The engine's events for the job. */
  job: Job | undefined;
  events: string[];
  /** Workers may claim from it. */
  queue: string | undefined;
}

const NOTHING: OfferEffects = { job: undefined, events: [], queue: undefined };

/** Stores what happened to the offer, and what that means for its job. Called inside a transaction. */
export function takeTurn(context: RegistryContext, before: Offer, turn: Turn, now: number): OfferEffects {
  const { offer, retry, failure } = turn;
  const { tables, store } = context;
  store.saveOffer(before, offer);
  const queue = offer.state === "open" ? offer.queue : undefined;
  const job = tables.jobs.find(offer.tenant, offer.job_id);
  if (job === undefined || isSettled(job.status)) return { ...NOTHING, queue };
  if (retry !== undefined) {
    const again = offeredAgain(job, offer.path, retry, offer.failures + 1, now);
    store.save(job, again);
    return { job: again, events: [], queue };
  }
  if (failure === undefined && offer.lease_end !== "completed") return { ...NOTHING, queue };
  const told = toldOf(workEnded(job, offer.path, failure ?? null, now), offer.path);
  store.save(job, told.job);
  return { ...told, queue };
}

/** Once the transaction is durable. */
export function followOffers(context: RegistryContext, effects: readonly OfferEffects[]): void {
  const { engine, background, claimers } = context;
  for (const { job, events, queue } of effects) {
    if (queue !== undefined) claimers.wake(queue);
    if (job !== undefined && events.length > 0) background(engine.send(job.job_id, job.attempt, events));
  }
}

/** What of the offer is over by itself at `now`: its time, a lease, a delay. */
export function lapseOffer(context: RegistryContext, offer: Offer, now: number): void {
  const effects = context.store.transact(() => {
    const turn = lapsed(offer, now);
    return turn === undefined ? NOTHING : takeTurn(context, offer, turn, now);
  });
  followOffers(context, [effects]);
}

/** As above for offers that are due; one ring of the alarm handles this many. */
export function lapseOffers(context: RegistryContext, now: number): void {
  for (const offer of context.tables.offers.due(now, ALARM_BATCH)) lapseOffer(context, offer, now);
}

/** Closes offers that nobody needs any more: all of the job, or those at or below the path. Called inside a transaction. */
export function dropOffers({ tables, store }: RegistryContext, job: Job, isDropped: (path: string) => boolean): void {
  if (!Object.values(job.run.open).some(({ offer }) => offer !== undefined)) return;
  for (const offer of tables.offers.ofJob(job.job_id)) {
    if (offer.state !== "ended" && isDropped(offer.path)) store.saveOffer(offer, unwanted(offer));
  }
}
