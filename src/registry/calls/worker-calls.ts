import type { ClaimRef } from "../../jobs/claim.ts";
import { openWork } from "../../jobs/job.ts";
import { workGoesOn } from "../../jobs/run/awaiting.ts";
import { acquired, ended, extended, lapsed, type Offer, released, tryEnded, verdict } from "../../jobs/run/offers.ts";
import { jsonBytes, utf8Bytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Caller, StorageFull } from "../api/caller.ts";
import type {
  Claimed,
  ClaimRequest,
  LeaseLost,
  Waiting,
  WorkAnswer,
  WorkerApi,
  WorkReport,
} from "../api/worker-api.ts";
import type { RegistryContext } from "../context.ts";
import { noteLateWork } from "../run/cleanup-reports.ts";
import { followOffers, lapseOffers, type OfferEffects, takeTurn } from "../run/offer-ends.ts";

interface Applied {
  reply: Result<WorkAnswer, LeaseLost | StorageFull>;
  effects: OfferEffects[];
}

const ACCEPTED: WorkAnswer = { accepted: true, lease_expires_at: null, cancel: false };
const UNWANTED: WorkAnswer = { accepted: false, lease_expires_at: null, cancel: true };

/** Nobody knows how far it had come. */
const GIVEN_BACK = { code: "worker_lost", message: "The worker gave it back." };

/** What workers ask for. All is decided in the transaction of one call: a claim has one holder. */
export class WorkerCalls implements Omit<WorkerApi, "claimWork" | "waitingWork"> {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async claimWork({ tenant }: Caller, request: ClaimRequest, waitMs: number, over?: AbortSignal) {
    return this.#until(request.queues, waitMs, over, () => this.#take(tenant, request));
  }

  async waitingWork(
    { tenant }: Caller,
    queues: string[],
    max: number,
    waitMs: number,
    over?: AbortSignal,
  ): Promise<Waiting[]> {
    return this.#until(queues, waitMs, over, () =>
      this.#context.tables.offers
        .heads(tenant, queues, this.#context.now(), max)
        .map(({ priority, opened_at }) => ({ priority, opened_at })),
    );
  }

  async reportWork({ tenant }: Caller, claim: ClaimRef, report: WorkReport): Promise<Applied["reply"]> {
    const { store, tables, now } = this.#context;
    const at = now();
    const done = store.transact((): Applied => {
      const offer = tables.offers.find(tenant, claim.job_id, claim.path);
      const turn = offer && lapsed(offer, at);
      if (offer === undefined || turn === undefined) return this.#judge(offer, claim, report, at);
      const lapse = takeTurn(this.#context, offer, turn, at);
      const { reply, effects } = this.#judge(turn.offer, claim, report, at);
      return { reply, effects: [lapse, ...effects] };
    });
    followOffers(this.#context, done.effects);
    return done.reply;
  }

  #judge(offer: Offer | undefined, claim: ClaimRef, report: WorkReport, now: number): Applied {
    const judged = verdict(offer, claim.token, report.action);
    switch (judged.verdict) {
      case "lost":
        return { reply: err({ code: "lease_lost" }), effects: [] };
      case "unwanted":
        if (offer !== undefined) this.#noteLate(offer, report);
        return { reply: ok(UNWANTED), effects: [] };
      case "repeated":
        return { reply: ok(ACCEPTED), effects: [] };
      case "apply":
        return this.#apply(judged.offer, report, now);
      default:
        return judged satisfies never;
    }
  }

  /** The job has settled, and may have waited to hear how the step came out before it takes anything back. */
  #noteLate({ tenant, job_id, path }: Offer, report: WorkReport): void {
    const job = this.#context.tables.jobs.find(tenant, job_id);
    if (job === undefined || report.action === "heartbeat") return;
    const error = report.action === "fail" ? report.error : GIVEN_BACK;
    noteLateWork(this.#context, job, path, report.action === "complete" ? { output: report.output } : { error });
  }

  #apply(offer: Offer, report: WorkReport, now: number): Applied {
    const take = (turn: Parameters<typeof takeTurn>[2]) => ({
      reply: ok(ACCEPTED),
      effects: [takeTurn(this.#context, offer, turn, now)],
    });
    switch (report.action) {
      case "heartbeat":
        return { reply: ok(this.#heartbeat(offer, report, now)), effects: [] };
      case "release":
        return take({ offer: released(offer) });
      case "fail":
        return take(tryEnded(offer, "failed", report.error, now));
      case "complete": {
        const { store, tables, admission, undoables } = this.#context;
        const full = admission.storageRefusal(jsonBytes(report.output));
        if (full !== undefined) return { reply: err(full), effects: [] };
        const job = tables.jobs.find(offer.tenant, offer.job_id);
        if (job !== undefined) {
          const { job: numbered, undo_number } = undoables.numbered(job, offer.path);
          const work = { ...openWork(job.run, offer.path), undo_number, at: now };
          store.save(job, tables.values.keep(numbered, offer.path, report.output, work).job);
        }
        return take({ offer: ended(offer, "completed") });
      }
      default:
        return report satisfies never;
    }
  }

  #heartbeat(offer: Offer, report: Extract<WorkReport, { action: "heartbeat" }>, now: number): WorkAnswer {
    const { store, tables } = this.#context;
    const next = extended(offer, report.extend_ms ?? offer.terms.lease_ms, now);
    store.saveOffer(offer, next);
    const job = report.progress && tables.jobs.find(offer.tenant, offer.job_id);
    if (job !== undefined && report.progress !== undefined) {
      store.save(job, workGoesOn(job, offer.path, report.progress, now));
    }
    return { accepted: true, lease_expires_at: next.lease_until, cancel: false };
  }

  #take(tenant: string, { queues, max, room_bytes, worker }: ClaimRequest): Claimed[] {
    const { store, tables, now } = this.#context;
    const at = now();
    return store.transact(() => {
      const claims: Claimed[] = [];
      let room = room_bytes;
      for (const head of tables.offers.heads(tenant, queues, at, max)) {
        const inputJson = tables.offers.inputJson(head);
        room -= utf8Bytes(inputJson);
        if (room < 0 && claims.length > 0) break;
        const offer = acquired(head, worker, at);
        store.saveOffer(head, offer);
        const { job_id, path, token, queue, lease_until, deadline } = offer;
        claims.push({
          ...{ job_id, path, token, queue, deadline },
          input: JSON.parse(inputJson),
          try: offer.failures + 1,
          lease_expires_at: lease_until ?? deadline,
        });
      }
      return claims;
    });
  }

  async #until<T>(
    queues: readonly string[],
    waitMs: number,
    over: AbortSignal | undefined,
    look: () => T[],
  ): Promise<T[]> {
    const { now, claimers } = this.#context;
    const end = now() + waitMs;
    for (;;) {
      // Who has gone must not be given a lease that it would never use.
      if (over?.aborted) return [];
      // A lease that ran out is given to the next worker at once, also when the alarm is late.
      lapseOffers(this.#context, now());
      const found = look();
      const left = end - now();
      if (found.length > 0 || left <= 0) return found;
      await claimers.wait(queues, left, over);
    }
  }
}
