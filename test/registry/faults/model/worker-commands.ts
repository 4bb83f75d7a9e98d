import fc from "fast-check";
import { expect } from "vitest";
import type { WorkReport } from "../../../../src/registry/api/worker-api.ts";
import { CALLER, callerOf } from "../../bench.ts";
import { isOver } from "./model.ts";
import { claim, heard, lapse, type ModelOffer, QUEUE, TERMS } from "./model-offers.ts";
import type { Rig } from "./rig.ts";
import { anyReport, awaited, report, reporting } from "./runner-commands.ts";
import { type AnyStep, anyPick, named } from "./steps.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const offer: AnyStep = named(
  "offer",
  anyReport({ timeout_ms: fc.constantFrom(60 * SECOND, 48 * HOUR) }),
  ({ timeout_ms, ...given }) =>
    (rig, fault) => {
      const request = { queue: QUEUE, input: { file: "a" }, timeout_ms, terms: TERMS };
      return report(
        rig,
        fault,
        reporting(rig, given),
        ["offer", (api, ref) => api.runner.offer(ref, "work", request, [])],
        (job, reply) => {
          if (!job.outputs.has("work")) job.offer ??= rig.model.offer(job, rig.now + timeout_ms);
          expect(reply).toMatchObject(awaited(rig, job, "work", job.offer?.deadline ?? rig.now, job.offer?.failure));
        },
      );
    },
);

/** What a worker is given. */
const claimed = ({ jobId, claims, deadline, leaseUntil, failures }: ModelOffer) => ({
  ...{ job_id: jobId, path: "work", token: claims, queue: QUEUE, input: { file: "a" }, try: failures + 1 },
  ...{ deadline, lease_expires_at: leaseUntil },
});

/** The first of those that may be claimed are. */
function take(rig: Rig, max: number): object[] {
  const taken = rig.model.claimable(rig.now).slice(0, max);
  for (const each of taken) {
    claim(each, rig.now);
    rig.model.claims.push({ job_id: each.jobId, path: "work", token: each.claims });
  }
  return taken.map((each) => claimed(each));
}

const claimWork: AnyStep = named(
  "claim",
  fc.record({ max: fc.integer({ min: 1, max: 3 }), foreign: fc.nat(9).map((n) => n === 0) }),
  ({ max, foreign }) =>
    async (rig, fault) => {
      const caller = foreign ? callerOf("another tenant") : CALLER;
      const request = { queues: [QUEUE], max, room_bytes: 1_000, worker: null };
      const { reply, again } = await rig.ask("claim", fault, (api) => api.workers.claimWork(caller, request, 0));
      rig.model.lapse(rig.now);
      if (foreign) return expect(reply).toEqual([]);
      const first = rig.model.claimable(rig.now).slice(0, max);
      // An answer that was lost took its leases along.
      const isTaken = again && first.some(({ jobId }) => reply.every(({ job_id }) => job_id !== jobId));
      if (isTaken) take(rig, max);
      expect(reply).toEqual(take(rig, max));
    },
);

const anyWorkReport: fc.Arbitrary<WorkReport> = fc.oneof(
  fc.constantFrom<WorkReport>({ action: "heartbeat" }, { action: "heartbeat", extend_ms: HOUR }, { action: "release" }),
  fc.nat(3).map((done): WorkReport => ({ action: "complete", output: { done } })),
  fc.boolean().map((retryable): WorkReport => ({ action: "fail", error: { code: "busy", message: "!", retryable } })),
);

/** Of any claim that there ever was: most are late. */
const reportWork: AnyStep = named(
  "report work",
  fc.record({ pick: anyPick(), given: anyWorkReport, foreign: fc.nat(9).map((n) => n === 0) }),
  ({ pick, given, foreign }) =>
    async (rig, fault) => {
      const { model } = rig;
      const of = model.claims.at(-1 - (pick % Math.max(model.claims.length, 1)));
      if (of === undefined) return;
      const caller = foreign ? callerOf("another tenant") : CALLER;
      const { reply } = await rig.ask("report work", fault, (api) => api.workers.reportWork(caller, of, given));
      const job = foreign ? undefined : model.jobs.get(of.job_id);
      if (job?.offer) lapse(job.offer, rig.now);
      const answer = heard(job?.offer ?? undefined, of.token, given, rig.now);
      if (answer === undefined) return expect(reply).toEqual({ ok: false, error: { code: "lease_lost" } });
      const { accepted, lease } = answer;
      expect(reply).toEqual({ ok: true, value: { accepted, lease_expires_at: lease, cancel: !accepted } });
      const isDone = accepted && given.action === "complete" && job !== undefined && !isOver(job);
      if (isDone && !job.outputs.has("work")) job.outputs.set("work", given.output);
      await rig.compareJob(of.job_id);
    },
);

export const WORKER_STEPS = { offer, claimWork, reportWork };
