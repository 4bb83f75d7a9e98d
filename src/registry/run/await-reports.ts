import { defaultTimeoutMs } from "../../blueprint/planned-wait.ts";
import { priorityOf } from "../../jobs/flow/concurrency.ts";
import type { RateTerms } from "../../jobs/flow/turns.ts";
import { parseJobId } from "../../jobs/id.ts";
import { type Job, openWork, type StepError } from "../../jobs/job.ts";
import { rootOf } from "../../jobs/run/action-keys.ts";
import { adopt, offered, openQuestions } from "../../jobs/run/awaiting.ts";
import { newOffer } from "../../jobs/run/offers.ts";
import type { Mark } from "../../jobs/run/reports.ts";
import { canWait } from "../../jobs/run/takeover.ts";
import { shortDigest } from "../../lib/digest.ts";
import { jsonBytes } from "../../lib/json.ts";
import type { Result } from "../../lib/result.ts";
import { MAX_JOB_DEPTH, MAX_OPEN_QUESTIONS } from "../../limits.ts";
import type {
  AskRequest,
  Awaited,
  Finished,
  Halted,
  Later,
  NoPlace,
  QuotaError,
  RunRef,
  SpawnRequest,
  Stop,
  Unkept,
} from "../api/caller.ts";
import type { EventRequest } from "../api/event-calls.ts";
import type { OfferRequest } from "../api/worker-api.ts";
import type { RegistryContext } from "../context.ts";
import { acceptChild, childRefused, notOffered, treeIsFull } from "../dispatch/admission.ts";
import { notSettled } from "../dispatch/cleanup.ts";
import { createJob } from "../dispatch/create-job.ts";
import { retryChild, retryGoneChild } from "../dispatch/retry-child.ts";
import { applyJoined } from "./ended-actions.ts";
import { type FromNow, openEventWait } from "./event-waits.ts";
import { applyReport, findFenced, isHalted, withMarks } from "./fenced-reports.ts";
import { isKnown, outcomeAt } from "./journal.ts";
import { lapseOffers } from "./offer-ends.ts";
import { askOrTake, expireQuestions } from "./questions.ts";
import { notYet, turnOf } from "./rate-turns.ts";

/** The plan's own, else its default, which is no shorter than what the parent was given. */
function childTimeoutMs(parent: Job, { plan }: SpawnRequest, now: number): number {
  const own = defaultTimeoutMs(plan, now);
  return plan.timeout === undefined ? Math.max(parent.timeout_ms, own) : own;
}

const fails = (error: StepError) => ({ do: "fail", error }) as const;

/** The child can be started later, or never. */
const notNow = (refused: QuotaError) =>
  refused.code === "too_many_submits"
    ? ({ do: "later", after_ms: refused.retry_after_ms } as const)
    : fails(childRefused(refused));

const withTree = (job: Job, tree: number): Job => ({ ...job, run: { ...job.run, tree } });

/** Reports of steps that wait for an answer or a child. What they wait for is decided here, not by the engine's event. */
export class AwaitReports {
  readonly #context: RegistryContext;
  readonly #fromNow: FromNow;

  constructor(context: RegistryContext, fromNow: FromNow) {
    this.#context = context;
    this.#fromNow = fromNow;
  }

  async ask(
    ref: RunRef,
    path: string,
    request: AskRequest,
    marks: Mark[],
    keyPath = path,
    finished?: Finished,
  ): Promise<Awaited | NoPlace | Halted | Unkept | Stop> {
    return applyJoined<Awaited | NoPlace | Halted>(this.#context, ref, { finished, marks }, (job, now) => {
      const { timeout_ms, ...asked } = request;
      const question = { ...asked, expires_at: now + timeout_ms };
      if (isKnown(this.#context, job, path, keyPath)) return outcomeAt(this.#context, job, path, now, keyPath);
      if (isHalted(this.#context, job, path, now)) return { next: job, reply: { do: "halted" } };
      const isFull = canWait(job) && openQuestions(job).length >= MAX_OPEN_QUESTIONS;
      const next = askOrTake(this.#context, job, { path, keyPath, question, isFull }, now);
      return next === undefined
        ? { next: job, reply: { do: "no_place" } }
        : outcomeAt(this.#context, next, path, now, keyPath);
    });
  }

  async awaitEvent(ref: RunRef, path: string, request: EventRequest, marks: Mark[], keyPath = path) {
    const found = findFenced(this.#context, ref);
    const isOpen = found !== undefined && isKnown(this.#context, found, path, keyPath);
    const open = (from: number[]) =>
      applyReport<Awaited | Halted>(this.#context, ref, (job, now) => {
        const marked = withMarks(this.#context, job, marks, now);
        if (isKnown(this.#context, marked, path, keyPath)) return outcomeAt(this.#context, marked, path, now, keyPath);
        if (isHalted(this.#context, job, path, now)) return { next: marked, reply: { do: "halted" } };
        const opened = openEventWait(this.#context, marked, { path, keyPath, request, from }, now);
        if (!opened.ok) return { next: marked, reply: fails(opened.error) };
        return outcomeAt(this.#context, opened.value, path, now, keyPath);
      });
    return isOpen ? open([]) : this.#fromNow(open);
  }

  async spawn(
    ref: RunRef,
    path: string,
    request: SpawnRequest,
    marks: Mark[],
    keyPath = path,
    finished?: Finished,
  ): Promise<Awaited | Halted | Later | Unkept | Stop> {
    const planHash = await shortDigest(request.plan);
    let child: Job | undefined;
    const reply = applyJoined<Awaited | Halted | Later>(this.#context, ref, { finished, marks }, (job, now) => {
      if (isKnown(this.#context, job, path, keyPath)) return outcomeAt(this.#context, job, path, now, keyPath);
      if (isHalted(this.#context, job, path, now)) return { next: job, reply: { do: "halted" } };
      const family = this.#family(job);
      const refused = this.#refusal(job, family);
      if (refused !== undefined) return { next: job, reply: fails(refused) };
      const accepted = acceptChild(job, (isCounted) =>
        this.#accept(job, request, planHash, keyPath, now, family.isCounted && isCounted),
      );
      if (!accepted.ok) return { next: job, reply: notNow(accepted.error) };
      child = accepted.value;
      const grown = family.root === null ? withTree(job, family.size + 1) : job;
      if (family.root !== null) this.#context.store.save(family.root, withTree(family.root, family.size + 1));
      const adopted = adopt(grown, path, child.job_id, now, keyPath);
      const next = request.detached ? this.#letGo(adopted, path, child) : adopted;
      return outcomeAt(this.#context, next, path, now, keyPath);
    });
    if (child !== undefined) this.#context.background(this.#context.dispatcher.dispatch([child]));
    return reply;
  }

  /** A detached child: the step is done at once, and the child's end does not concern it. */
  #letGo(job: Job, path: string, { job_id }: Job): Job {
    const { tables, undoables } = this.#context;
    const { job: numbered, undo_number } = undoables.numbered(job, path);
    const ended = { ...openWork(job.run, path), undo_number, at: this.#context.now() };
    return tables.values.keep(numbered, path, { job_id }, ended).job;
  }

  async offer(
    ref: RunRef,
    path: string,
    request: OfferRequest,
    marks: Mark[],
    keyPath = path,
    rate?: RateTerms,
    finished?: Finished,
  ): Promise<Awaited | Later | Halted | Unkept | Stop> {
    const { pause_ms, wait_ms } = await turnOf(this.#context, ref, path, rate, { keyPath });
    const { store, admission, claimers } = this.#context;
    const { queue, input, timeout_ms, terms } = request;
    const reply = applyJoined<Awaited | Later | Halted>(this.#context, ref, { finished, marks }, (job, now) => {
      if (isKnown(this.#context, job, path, keyPath)) return outcomeAt(this.#context, job, path, now, keyPath);
      if (isHalted(this.#context, job, path, now)) return { next: job, reply: { do: "halted" } };
      if (pause_ms > 0) return notYet(job, pause_ms, now);
      const full = admission.storageRefusal(jsonBytes(input));
      if (full !== undefined) return { next: job, reply: fails(notOffered(full)) };
      const { tenant, job_id } = job;
      const offer = newOffer(
        { tenant, job_id, path, queue, priority: priorityOf(job.run), terms },
        timeout_ms,
        now,
        Math.ceil(wait_ms),
      );
      store.insertOffer(offer, input);
      const open = { queue, expires_at: offer.deadline };
      return outcomeAt(this.#context, offered(job, path, open, now, keyPath), path, now, keyPath);
    });
    claimers.wake(queue);
    return reply;
  }

  async collect(ref: RunRef, path: string): Promise<Awaited | Stop> {
    lapseOffers(this.#context, this.#context.now());
    return applyReport<Awaited>(this.#context, ref, (job, now) =>
      outcomeAt(this.#context, expireQuestions(this.#context, job, now), path, now),
    );
  }

  /** The tree that the job is in. @returns its outermost job, null for the job itself, and how many jobs it has had */
  #family(job: Job): { root: Job | null; size: number; isCounted: boolean } {
    let root: Job | null = null;
    if (job.run.cleanup) return { root, size: 0, isCounted: false };
    for (let parentId = job.parent_id; parentId !== null; parentId = root?.parent_id ?? null) {
      root = this.#context.tables.jobs.find(job.tenant, parentId) ?? null;
      if (root === null) break;
      // Its children stand outside of the limits as it does itself.
      if (root.run.cleanup) return { root, size: root.run.tree ?? 1, isCounted: false };
    }
    return { root, size: (root ?? job).run.tree ?? 1, isCounted: true };
  }

  /** Why the job may have no further child. */
  #refusal(job: Job, { size, isCounted }: { size: number; isCounted: boolean }): StepError | undefined {
    if (this.#depth(job) >= MAX_JOB_DEPTH) {
      const message = `Jobs nest at most ${MAX_JOB_DEPTH} deep. Put the child's steps into its parent.`;
      return { code: "job_depth", message };
    }
    const treeJobs = isCounted ? this.#context.admission.treeJobs : 0;
    return treeJobs > 0 && size >= treeJobs ? treeIsFull(treeJobs) : undefined;
  }

  #depth(job: Job): number {
    let depth = 1;
    let current: Job | undefined = job;
    // A cleanup job stands outside of the depth.
    while (current !== undefined && !current.run.cleanup && depth < MAX_JOB_DEPTH) {
      const parentId: string | null = current.parent_id;
      if (parentId === null) break;
      current = this.#context.tables.jobs.find(job.tenant, parentId);
      depth += 1;
    }
    return depth;
  }

  /** A child that ran before, in this chain of retries, is retried: what is unknown of it stays under its keys. */
  #accept(
    parent: Job,
    { detached, ...request }: SpawnRequest,
    planHash: string,
    keyPath: string,
    now: number,
    isCounted: boolean,
  ): Result<Job, QuotaError> {
    const { actions, tables } = this.#context;
    const { job_id: parent_id, submitted_by } = parent;
    const parent_chain = rootOf(parent) === parent_id ? undefined : rootOf(parent);
    const family = { parent_id, parent_chain, timeout_ms: childTimeoutMs(parent, request, now), submitted_by };
    const earlier = actions.childOf(parent, keyPath);
    const before = earlier && tables.jobs.find(parent.tenant, earlier.child_id);
    // One that nobody waits for may still run: then the step starts another.
    const goesOn = detached && before !== undefined && notSettled(this.#context, before) !== undefined;
    if (earlier !== undefined && before !== undefined && !goesOn) {
      return retryChild(this.#context, before, earlier, family, { ...request, plan_hash: planHash }, now);
    }
    const shard = parseJobId(parent.job_id)?.shard;
    if (shard === undefined) throw new Error(`no job id: ${parent.job_id}`);
    const fields = {
      ...request,
      ...family,
      tenant: parent.tenant,
      trace: parent.run.trace,
      trigger_depth: parent.run.trigger_depth,
      origin: parent.run.origin,
      shard,
      plan_hash: planHash,
      metadata: {},
      run_at: null,
      retried_from: null,
      idempotency: null,
      priority: request.plan.priority ?? parent.run.priority,
    };
    const gone = earlier && actions.goneChild(parent, earlier.child_id);
    if (earlier !== undefined && gone !== undefined) {
      return retryGoneChild(this.#context, gone, earlier, fields, now);
    }
    return createJob(this.#context, fields, now, (child) => child, isCounted);
  }
}
