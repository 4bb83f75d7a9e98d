import type { Mutant } from "./mutant.ts";

/** Bugs of limits, of workers, and of what is done in bulk. `from` stands exactly once in its file. */
export const FLOW_MUTANTS: Record<string, Mutant> = {
  "a slot is never freed": {
    file: "src/registry/flow/limit-home.ts",
    from: "      this.#slots.give(tenant, key, holder);\n",
    to: "",
  },
  "a cancelled job keeps its slot": {
    file: "src/registry/flow/slot-asker.ts",
    from: "isSettled(job.status) && !this.#holds(job)) {",
    to: 'isSettled(job.status) && job.status !== "cancelled" && !this.#holds(job)) {',
  },
  "a job that has started needs its slot no more": {
    file: "src/registry/flow/slot-asker.ts",
    from: "return !isSettled(job.status) || openCleanup",
    to: 'return job.status === "queued" || openCleanup',
  },
  "one job more than the concurrency has a slot": {
    file: "src/registry/flow/limit-home.ts",
    from: "if (running < limit && this.#slots.first",
    to: "if (running <= limit && this.#slots.first",
  },
  "who waits for a slot goes by age alone": {
    file: "src/registry/flow/slot-asker.ts",
    from: "rank: -priorityOf(job.run),",
    to: "rank: 0,",
  },
  "who waits for a place goes by age alone": {
    file: "src/jobs/flow/waiting-line.ts",
    from: "return [...this.#rings.keys()].sort((a, b) => b - a);",
    to: "return [...this.#rings.keys()];",
  },
  "a group that was served stays the first": {
    file: "src/jobs/flow/waiting-line.ts",
    from: "      this.#groups.delete(name);\n      const entry = group.take();\n      if (group.size > 0) this.#groups.set(name, group);\n",
    to: "      const entry = group.take();\n      if (group.size === 0) this.#groups.delete(name);\n",
  },
  "a queued job does not say that it waits for its limit": {
    file: "src/registry/flow/blocked-jobs.ts",
    from: 'if (lacksSlot(job)) return blockedBy("concurrency", { key: job.run.slot?.key ?? null });',
    to: "if (lacksSlot(job)) return null;",
  },
  "turns of a cancelled job are kept for it": {
    file: "src/registry/flow/turn-returns.ts",
    from: 'after.status === "succeeded" ||',
    to: 'after.status !== "failed" ||',
  },
  "an object that begins anew gives turns at once": {
    file: "src/jobs/flow/turns.ts",
    from: "this.#openedAt + TURN_LEAD_MS + gap;",
    to: "this.#openedAt;",
  },
  "turns that lie far apart are forgotten with their object": {
    file: "src/registry/flow/limit-home.ts",
    from: "[...given, ...this.#stored(tenant, rate.key)]",
    to: "given",
  },
  "a turn that is asked for again is another one": {
    file: "src/jobs/flow/turns.ts",
    from: "const known = before !== undefined && before.at >= since ? before : undefined;",
    to: "const known = before !== undefined && before.at < since ? before : undefined;",
  },
  "a claim is good whichever its token": {
    file: "src/jobs/run/offers.ts",
    from: "offer.token !== token || token === 0",
    to: "token === 0",
  },
  "a release has no fence": {
    file: "src/jobs/run/offers.ts",
    from: "offer.token !== token || token === 0",
    to: '(offer.token !== token && action !== "release") || token === 0',
  },
  "a step that is claimed again has the token of before": {
    file: "src/jobs/run/offers.ts",
    from: "const token = offer.token + 1;",
    to: "const token = Math.max(offer.token, 1);",
  },
  "a lease that ran out is no try": {
    file: "src/jobs/run/offers.ts",
    from: "failures: failures + 1 };",
    to: 'failures: failures + Number(end === "failed") };',
  },
  "a completion that is told twice is refused": {
    file: "src/jobs/run/offers.ts",
    from: 'offer.lease_end === ENDS[action] ? "repeated" : "lost"',
    to: '"lost"',
  },
  "a lost lease waits for the alarm": {
    file: "src/registry/calls/worker-calls.ts",
    from: "      lapseOffers(this.#context, now());\n",
    to: "",
  },
  "workers get the oldest step of all queues first": {
    file: "src/registry/storage/offer-rows.ts",
    from: "b.priority - a.priority || a.number - b.number",
    to: "a.number - b.number",
  },
  "a bulk counts what it passed over as done, too": {
    file: "src/registry/bulk/bulk-turns.ts",
    from: 'if (acted === "done") bulk.done += 1;\n      else if (acted !== undefined)',
    to: 'if (acted !== undefined) bulk.done += 1;\n      if (acted !== undefined && acted !== "done")',
  },
  "a bulk retries what was retried before": {
    file: "src/registry/bulk/acted-on.ts",
    from: "if (newest.job_id === listed.job_id) return listed;",
    to: "if (newest.status !== undefined) return listed;",
  },
  "statistics do not hear of what is written": {
    file: "src/registry/statistics/job-windows.ts",
    from: "      window.onWritten(before, after);\n",
    to: "",
  },
  "statistics outlive an undone transaction": {
    file: "src/registry/statistics/job-windows.ts",
    from: "    this.#windows.clear();\n",
    to: "",
  },
};
