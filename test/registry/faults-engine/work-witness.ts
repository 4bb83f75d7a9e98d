import type { ClaimRef } from "../../../src/jobs/claim.ts";
import type { Claimed, ClaimRequest, WorkReport } from "../../../src/registry/api/worker-api.ts";
import type { Registry } from "../../../src/registry/open-registry.ts";
import type { OnBug } from "./witness.ts";

/** How a step stands that workers do, as far as their answers say. */
interface Held {
  token: number;
  /** null: nobody has it. */
  leaseUntil: number | null;
  isDone: boolean;
}

/** What a worker asks for. */
export type Work = Pick<Registry["workerCalls"], "claimWork" | "reportWork">;
type Reported = Awaited<ReturnType<Work["reportWork"]>>;

/** Sees every claim and every report of a worker with its answer. */
export class WorkWitness {
  readonly #sql: SqlStorage;
  readonly #now: () => number;
  readonly #bug: OnBug;
  readonly #held = new Map<string, Held>();
  /** Reports that were refused, because they came too late. */
  refused = 0;

  constructor(sql: SqlStorage, now: () => number, bug: OnBug) {
    this.#sql = sql;
    this.#now = now;
    this.#bug = bug;
  }

  /** The registry's side of the line. */
  watched(workers: () => Work): Work {
    return {
      claimWork: async (caller, request, ...rest) => {
        const claims = await workers().claimWork(caller, request, ...rest);
        for (const claim of claims) this.#onClaim(claim);
        if (claims.length < request.max) this.#checkLeft(request);
        return claims;
      },
      reportWork: async (caller, claim, report) => {
        const reply = await workers().reportWork(caller, claim, report);
        this.#onReport(claim, report, reply);
        return reply;
      },
    };
  }

  #of({ job_id, path }: ClaimRef): Held {
    const name = `${job_id}.${path}`;
    const held = this.#held.get(name) ?? { token: 0, leaseUntil: null, isDone: false };
    this.#held.set(name, held);
    return held;
  }

  #onClaim(claim: Claimed): void {
    const held = this.#of(claim);
    const name = `${claim.job_id}.${claim.path}`;
    if (held.isDone) this.#bug("finished steps run again", `${name} was claimed after its completion`);
    if (claim.token <= held.token) this.#bug("two hold a claim", `${name} has token ${claim.token} again`);
    if ((held.leaseUntil ?? 0) > this.#now()) this.#bug("two hold a claim", `${name}, whose lease goes on`);
    Object.assign(held, { token: claim.token, leaseUntil: claim.lease_expires_at });
  }

  #onReport(claim: ClaimRef, { action }: WorkReport, reply: Reported): void {
    if (!reply.ok) this.refused += 1;
    if (!reply.ok || !reply.value.accepted) return;
    const held = this.#of(claim);
    const name = `${action} of ${claim.job_id}.${claim.path}`;
    if (claim.token !== held.token) this.#bug("stale reports answered", `${name}, whose claim is an old one`);
    // The same report again answers as the first.
    if (held.leaseUntil === null) return;
    if (held.leaseUntil <= this.#now()) this.#bug("stale reports answered", `${name}, whose lease is over`);
    held.leaseUntil = reply.value.lease_expires_at;
    held.isDone = action === "complete";
  }

  /** Who asked got less than it wanted, so nothing was left: what is open, and what nobody holds any more. */
  #checkLeft({ queues }: ClaimRequest): void {
    const left = this.#sql.exec<{ step: string }>(
      `SELECT job_id || '.' || path AS step FROM offers WHERE queue = ? AND deadline > ?
        AND (state = 'open' OR (state = 'leased' AND lease_until <= ?))`,
      queues[0] ?? "",
      this.#now(),
      this.#now(),
    );
    for (const { step } of left.toArray()) this.#bug("stuck", `${step} was not given to a worker who asked`);
  }
}
