import fc from "fast-check";
import { expect } from "vitest";
import type { SubmitRequest } from "../../../../src/registry/api/caller.ts";
import { aListQuery, aRequest, CALLER, callerOf } from "../../bench.ts";
import { storedJobs } from "../rows.ts";
import {
  isOver,
  MAX_ACTIVE,
  MAX_OF_LIMIT,
  MODEL_PLAN,
  type Model,
  type ModelJob,
  STEPS,
  type StepId,
} from "./model.ts";
import type { Rig } from "./rig.ts";
import { type AnyStep, anyPick, named } from "./steps.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const UNKNOWN_JOB = { ok: false, error: { code: "unknown_job" } };
const TOO_MANY = { ok: false, error: { code: "too_many_active", active: MAX_ACTIVE, limit: MAX_ACTIVE } };

const anySubmit = fc.record({
  key: fc.constantFrom<string | null>(null, null, null, "k0", "k1"),
  hash: fc.constantFrom("a", "a", "b"),
  blueprint: fc.constantFrom("inline", "test-plan@1", "test-plan@2"),
  team: fc.constantFrom(null, "x"),
  runIn: fc.constantFrom(null, null, null, 10 * SECOND, HOUR),
  timeoutMs: fc.constantFrom(10 * 60 * SECOND, 24 * HOUR),
  whenFull: fc.constantFrom(null, null, null, "queue", "queue", "skip", "cancel_running"),
  limitKey: fc.constantFrom(null, "k"),
  priority: fc.constantFrom(0, 0, 0, 5),
});
type Submission = typeof anySubmit extends fc.Arbitrary<infer Given> ? Given : never;

/** By blueprint, whatever its version. */
const limitOf = ({ whenFull, limitKey, blueprint }: Submission): ModelJob["limit"] =>
  whenFull === null ? null : { key: `${blueprint.split("@")[0]} ${limitKey}`, whenFull };

const concurrencyOf = ({ whenFull, limitKey }: Submission): Pick<SubmitRequest, "concurrency"> =>
  whenFull === null
    ? {}
    : { concurrency: { limit: MAX_OF_LIMIT, when_full: whenFull, ...(limitKey !== null && { key: limitKey }) } };

const requestOf = (given: Submission, now: number): SubmitRequest =>
  aRequest({
    plan: MODEL_PLAN,
    plan_hash: "model",
    blueprint: given.blueprint,
    metadata: given.team === null ? {} : { team: given.team },
    run_at: given.runIn === null ? null : now + given.runIn,
    timeout_ms: given.timeoutMs,
    idempotency: given.key === null ? null : { key: given.key, request_hash: given.hash },
    priority: given.priority,
    ...concurrencyOf(given),
  });

/** The answer to a key that is known, or when there are too many jobs; undefined: a new job. */
function answerKnown(model: Model, { idempotency }: SubmitRequest): object | undefined {
  const known = idempotency === null ? undefined : model.byKey(idempotency.key);
  if (known === undefined) return model.active.length < MAX_ACTIVE ? undefined : TOO_MANY;
  const isSame = known.key?.hash === idempotency?.request_hash;
  if (!isSame) return { ok: false, error: { code: "idempotency_conflict", job_id: known.id } };
  return { ok: true, value: { id: known.id, deduplicated: true, status: known.status } };
}

const submit: AnyStep = named("submit", anySubmit, (given) => async (rig, fault) => {
  // Who may have to ask again brings a key.
  const key = given.key ?? (fault === null ? null : `once ${rig.model.ids.length} ${rig.now}`);
  const request = requestOf({ ...given, key }, rig.now);
  const known = answerKnown(rig.model, request);
  const { reply, again } = await rig.ask("submit", fault, (api) => api.caller.submit(CALLER, request));
  if (known !== undefined) return expect(reply).toMatchObject(known);
  expect(reply).toMatchObject({ ok: true, value: again ? {} : { status: "queued", deduplicated: false } });
  if (!reply.ok) return;
  rig.watch.acknowledged(reply.value.id);
  const { blueprint, team, timeoutMs, hash, priority } = given;
  const keyed = key === null ? null : { text: key, hash };
  const { run_at: runAt } = request;
  const limit = limitOf(given);
  const accepted = { blueprint, team, runAt, timeoutMs, key: keyed, submittedAt: rig.now, priority, limit };
  rig.model.add({ id: reply.value.id, ...accepted });
});

const cancel: AnyStep = named(
  "cancel",
  fc.record({ pick: anyPick(), foreign: fc.nat(9).map((n) => n === 0) }),
  ({ pick, foreign }) =>
    async (rig, fault) => {
      const { id, job } = rig.pick(pick);
      const caller = foreign ? callerOf("another tenant") : CALLER;
      const { reply, again } = await rig.ask("cancel", fault, (api) => api.caller.cancel(caller, id, null));
      if (job === undefined || foreign) return expect(reply).toEqual(UNKNOWN_JOB);
      const changed = !isOver(job);
      if (changed) rig.model.settle(job, "cancelled", rig.now);
      expect(reply).toMatchObject({ ok: true, value: { status: job.status, ...(again ? {} : { changed }) } });
      await rig.compareJob(id);
    },
);

const remove: AnyStep = named("remove", fc.record({ pick: anyPick() }), ({ pick }) => async (rig, fault) => {
  const { id, job } = rig.pick(pick);
  if (job !== undefined && isOver(job)) rig.watch.mayBeGone(id);
  const { reply, again } = await rig.ask("remove", fault, (api) => api.caller.remove(CALLER, id));
  if (job === undefined) return expect(reply).toEqual(UNKNOWN_JOB);
  if (!isOver(job)) return expect(reply).toEqual({ ok: false, error: { code: "not_settled", status: job.status } });
  if (!again) expect(reply).toEqual({ ok: true, value: null });
  rig.model.jobs.delete(id);
  await rig.compareJob(id);
  const last = await rig.ask("lastState", null, (api) => api.caller.lastState(CALLER, id));
  expect(last.reply).toMatchObject({ ok: true, value: { id, status: job.status } });
});

type RetryRequest = { from_step: StepId | null; input: { b: number } | null };

/** Where the retry goes on, or why it does not. */
function ground(job: ModelJob, { from_step, input }: RetryRequest): { kept: readonly StepId[] } | { error: object } {
  if (!isOver(job)) return { error: { code: "not_settled", status: job.status } };
  if (job.status === "succeeded" && from_step === null) return { error: { code: "from_step_needed" } };
  const unfinished = STEPS.findIndex((step) => !job.ended.has(step));
  const last = unfinished === -1 ? STEPS.length : unfinished;
  const from = from_step === null ? (input === null ? last : 0) : STEPS.indexOf(from_step);
  if (from > last) return { error: { code: "no_such_step", steps: STEPS.slice(0, last + 1) } };
  return { kept: STEPS.slice(0, from) };
}

function retried(model: Model, job: ModelJob, id: string, kept: readonly StepId[], key: string, now: number): void {
  model.add({
    id,
    blueprint: job.blueprint,
    team: job.team,
    timeoutMs: job.timeoutMs,
    submittedAt: now,
    retriedFrom: job.id,
    priority: job.priority,
    limit: job.limit,
    key: { text: key, hash: "" },
    outputs: new Map([...job.outputs].filter(([step]) => kept.includes(step))),
    ended: new Set(kept),
  });
}

/** A retry of the job that the model does not know, which its limit skipped. */
const skippedRetry = ({ model, world }: Rig, of: string, known: string): string | undefined =>
  storedJobs(world.storage).find(
    ({ job_id, retried_from, error_code }) =>
      retried_from === of && job_id !== known && !model.jobs.has(job_id) && error_code === "concurrency_skipped",
  )?.job_id;

const retry: AnyStep = named(
  "retry",
  fc.record({
    pick: anyPick(),
    from_step: fc.constantFrom<StepId | null>(null, null, null, null, "first", "second", "nap"),
    input: fc.constantFrom(null, null, null, { b: 1 }),
  }),
  ({ pick, ...request }) =>
    async (rig, fault) => {
      const { id, job } = rig.pick(pick);
      const key = `retry ${id} ${JSON.stringify(request)}`;
      const same = rig.model.byKey(key);
      const isFull = rig.model.active.length >= MAX_ACTIVE;
      const { reply, again } = await rig.ask("retry", fault, (api) => api.caller.retry(CALLER, id, request));
      if (job === undefined) return expect(reply).toEqual(UNKNOWN_JOB);
      const found = ground(job, request);
      if ("error" in found) return expect(reply).toEqual({ ok: false, error: found.error });
      if (same !== undefined && !isOver(same)) return expect(reply).toMatchObject({ ok: true, value: { id: same.id } });
      if (isFull) return expect(reply).toEqual(TOO_MANY);
      expect(reply).toMatchObject({ ok: true, value: { status: "queued", retried_from: id } });
      if (!reply.ok) return;
      expect(rig.model.ids).not.toContain(reply.value.id);
      rig.watch.acknowledged(reply.value.id);
      // One that the limit skipped before its answer was lost does not keep the next one away.
      const lost = again ? skippedRetry(rig, id, reply.value.id) : undefined;
      if (lost !== undefined) retried(rig.model, job, lost, found.kept, key, rig.now);
      retried(rig.model, job, reply.value.id, found.kept, key, rig.now);
      await rig.compareJob(reply.value.id);
    },
);

const respond: AnyStep = named(
  "respond",
  fc.record({ pick: anyPick(), action: fc.constantFrom("accept" as const, "decline" as const) }),
  ({ pick, action }) =>
    async (rig, fault) => {
      const { id, job } = rig.pick(pick);
      const answer = { request_id: "q", action, content: null };
      const { reply, again } = await rig.ask("respond", fault, (api) => api.caller.respond(CALLER, id, answer));
      if (job === undefined) return expect(reply).toEqual(UNKNOWN_JOB);
      rig.model.expire(job, rig.now);
      const { question } = job;
      if (question === null || (question.is === "open" && isOver(job))) {
        expect(reply).toEqual({ ok: false, error: rig.model.unknownRequest(job) });
      } else if (question.is === "closed") {
        expect(reply).toMatchObject({ ok: false, error: { code: "already_answered", action: question.action } });
      } else {
        job.question = { is: "closed", action };
        job.outputs.set("ask", { action, content: action === "accept" ? {} : null });
        job.status = "running";
        if (!again) expect(reply).toMatchObject({ ok: true, value: { status: "running" } });
      }
      await rig.compareJob(id);
    },
);

const read: AnyStep = named("read", fc.record({ pick: anyPick() }), ({ pick }) => async (rig, fault) => {
  const { id, job } = rig.pick(pick);
  const { reply } = await rig.ask("wait", fault, (api) => api.caller.wait(CALLER, id, 0));
  if (job === undefined) expect(reply).toEqual(UNKNOWN_JOB);
  else expect(reply).toMatchObject({ ok: true, value: { status: job.status } });
  await rig.compareJob(id);
});

const list: AnyStep = named(
  "list",
  fc.record({
    statuses: fc.uniqueArray(fc.constantFrom("queued" as const, "running" as const, "failed" as const), {
      maxLength: 3,
    }),
    blueprint: fc.constantFrom(null, null, "inline", "test-plan", "test-plan@1"),
    team: fc.constantFrom(null, null, "x"),
    limit: fc.integer({ min: 1, max: 3 }),
  }),
  ({ statuses, blueprint, team, limit }) =>
    async (rig) => {
      const found: string[] = [];
      for (let after: string | null = null, pages = 0; pages < 100; pages++) {
        const query = aListQuery({ statuses, blueprint, metadata: team === null ? {} : { team }, limit, after });
        const page = await rig.world.api.caller.list(CALLER, query);
        found.push(...page.jobs.map((job) => job.id));
        after = page.next_after;
        if (after === null) break;
      }
      const fits = (job: ModelJob) =>
        (statuses.length === 0 || statuses.some((status) => status === job.status)) &&
        (blueprint === null || job.blueprint === blueprint || job.blueprint.startsWith(`${blueprint}@`)) &&
        (team === null || job.team === team);
      expect(found).toEqual(
        rig.model
          .listed()
          .filter(fits)
          .map((job) => job.id),
      );
    },
);

export const CALLER_STEPS = { submit, cancel, remove, retry, respond, read, list };
