import type { ClaimRef } from "../../../../src/jobs/claim.ts";
import type { Concurrency } from "../../../../src/jobs/flow/slot.ts";
import type { Json } from "../../../../src/lib/json.ts";
import { planOf } from "../../bench.ts";
import { SeenTurns } from "../seen-turns.ts";
import { isClaimable, lapse, type ModelOffer, QUEUE } from "./model-offers.ts";
import { ModelTriggers } from "./model-triggers.ts";

/**
 * What callers and the runner may expect of a registry, said in another way than the registry says it: no rows, no due
 * times, no timeline. Times are epoch ms.
 */

export const STEPS = ["first", "second", "nap", "work", "ask", "child"] as const;
export type StepId = (typeof STEPS)[number];

export const MODEL_PLAN = planOf([
  { id: "first", type: "http", url: "https://example.com/1" },
  { id: "second", type: "http", url: "https://example.com/2" },
  { id: "nap", type: "sleep", for: "1 hour" },
  { id: "work", type: "worker", queue: QUEUE },
  { id: "ask", type: "input", message: "?", schema: { type: "object", properties: {} } },
  { id: "child", type: "job", blueprint: "other@1", input: {} },
]);

export const MAX_ACTIVE = 5;
export const MAX_RUNNING = 2;
export const MAX_DEPTH = 5;
export const MAX_OF_LIMIT = 1;

export type Question =
  | { is: "open"; expiresAt: number; fallback: boolean }
  | { is: "closed"; action: "accept" | "decline" | "expired" };

export interface ModelJob {
  id: string;
  status: string;
  blueprint: string;
  team: string | null;
  /** Of its submission, or of the retry that made it. */
  key: { text: string; hash: string } | null;
  submittedAt: number;
  runAt: number | null;
  timeoutMs: number;
  startedAt: number | null;
  settledAt: number | null;
  errorCode: string | null;
  attempt: number;
  /** The attempt that has reported its start; 0: none. */
  runs: number;
  /** Progress when it was last seen. */
  progress: number;
  result: Json | undefined;
  /** By step; what is stored first stays. */
  outputs: Map<StepId, Json>;
  ended: Set<StepId>;
  wakeAt: number | null;
  /** When the rest was over: at its time, whenever that was told. */
  restedAt: number | null;
  question: Question | null;
  childId: string | null;
  /** The code of which the step of the child fails. */
  childError: readonly string[] | null;
  parentId: string | null;
  retriedFrom: string | null;
  offer: ModelOffer | null;
  priority: number;
  /** {@link MAX_OF_LIMIT} jobs with this key run at once. */
  limit: { key: string; whenFull: Concurrency["when_full"] } | null;
}

export const isOver = ({ status }: { status: string }): boolean =>
  ["succeeded", "failed", "cancelled"].includes(status);

type New = Partial<ModelJob> & Pick<ModelJob, "id" | "submittedAt" | "timeoutMs" | "blueprint">;

export class Model {
  readonly triggers = new ModelTriggers();
  readonly turns = new SeenTurns();
  /** Told so far. */
  events = 0;
  readonly jobs = new Map<string, ModelJob>();
  /** Every id that there ever was, in the order of their coming. */
  readonly ids: string[] = [];
  /** Every claim that there ever was. */
  readonly claims: ClaimRef[] = [];
  #offers = 0;

  add(given: New): ModelJob {
    const job: ModelJob = {
      status: "queued",
      team: null,
      key: null,
      runAt: null,
      startedAt: null,
      settledAt: null,
      errorCode: null,
      attempt: 1,
      runs: 0,
      progress: 0,
      result: undefined,
      outputs: new Map(),
      ended: new Set(),
      wakeAt: null,
      restedAt: null,
      question: null,
      childId: null,
      childError: null,
      parentId: null,
      retriedFrom: null,
      offer: null,
      priority: 0,
      limit: null,
      ...given,
    };
    this.jobs.set(job.id, job);
    this.ids.push(job.id);
    return job;
  }

  get active(): ModelJob[] {
    return [...this.jobs.values()].filter((job) => !isOver(job));
  }

  /** Other jobs under the limit of this one. */
  rivals({ id, limit }: ModelJob): ModelJob[] {
    return [...this.jobs.values()].filter((job) => job.id !== id && job.limit !== null && job.limit.key === limit?.key);
  }

  byKey(text: string): ModelJob | undefined {
    return [...this.jobs.values()].findLast((job) => job.key?.text === text);
  }

  /** Newest first. */
  listed(): ModelJob[] {
    return [...this.jobs.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** 1: it has no parent. */
  depth(job: ModelJob): number {
    const parent = job.parentId === null ? undefined : this.jobs.get(job.parentId);
    return parent === undefined ? 1 : this.depth(parent) + 1;
  }

  /** The child that the job waits for. */
  #child(job: ModelJob): ModelJob | undefined {
    return job.childId === null || job.ended.has("child") ? undefined : this.jobs.get(job.childId);
  }

  /** Why an answer is refused that the job does not ask for: perhaps its child does. */
  unknownRequest(job: ModelJob): object {
    const child = this.#child(job);
    const asks = child !== undefined && !isOver(child) && child.question?.is === "open";
    return { code: "unknown_request", open: [], ...(asks && { children: [{ job_id: child.id, request_id: "q" }] }) };
  }

  /** Open questions of the job, and of the children that it waits for. */
  asked(job: ModelJob): number {
    if (isOver(job)) return 0;
    const child = this.#child(job);
    return Number(job.question?.is === "open") + (child === undefined ? 0 : this.asked(child));
  }

  offer({ id, priority }: ModelJob, deadline: number): ModelOffer {
    const fresh = { claims: 0, failures: 0, leaseUntil: null, end: null, isOver: false, failure: null };
    return { jobId: id, priority, order: this.#offers++, deadline, ...fresh };
  }

  get #offered(): ModelOffer[] {
    return [...this.jobs.values()].flatMap(({ offer }) => offer ?? []);
  }

  /** In the order in which workers get them. */
  claimable(now: number): ModelOffer[] {
    const open = this.#offered.filter((offer) => isClaimable(offer, now));
    return open.sort((a, b) => b.priority - a.priority || a.order - b.order);
  }

  lapse(now: number): void {
    for (const offer of this.#offered) lapse(offer, now);
  }

  /** Its job no longer wants what it offers. */
  withdraw({ offer }: ModelJob): void {
    if (offer !== null && !offer.isOver) Object.assign(offer, { isOver: true, end: "settlement" });
  }

  /** First settlement wins; children end with their parent, and a parent hears of its child. */
  settle(job: ModelJob, status: string, now: number, more: Partial<ModelJob> = {}): void {
    Object.assign(job, { status, settledAt: now, ...more });
    this.withdraw(job);
    // The run ended well without the answer: a branch that asks may be passed over.
    if (status === "succeeded" && job.question?.is === "open") job.question = { is: "closed", action: "expired" };
    const child = this.#child(job);
    if (child !== undefined && !isOver(child)) this.settle(child, "cancelled", now);
    const parent = job.parentId === null ? undefined : this.jobs.get(job.parentId);
    if (parent === undefined || isOver(parent) || parent.childId !== job.id) return;
    if (status === "succeeded") parent.outputs.set("child", job.result ?? null);
    else parent.childError = [`child_${status}`];
  }

  /** Nobody answered in time. */
  expire(job: ModelJob, now: number): void {
    const { question } = job;
    if (isOver(job) || question?.is !== "open" || question.expiresAt > now) return;
    job.question = { is: "closed", action: "expired" };
    if (question.fallback) job.outputs.set("ask", { action: "expired", content: { fallback: true } });
    job.status = "running";
  }
}
