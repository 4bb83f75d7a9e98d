import type { RunParams } from "../../../src/env.ts";
import type { RateTerms } from "../../../src/jobs/flow/turns.ts";
import { isSettled, type JobStatusName } from "../../../src/jobs/status.ts";
import type { RunnerApi, Running, RunRef, Stop } from "../../../src/registry/api/caller.ts";
import { SeenTurns } from "../faults/seen-turns.ts";
import { LIMITED } from "./shapes.ts";

/** What never may be. */
export const BUG_KINDS = [
  "lost",
  "settled twice",
  "stuck",
  "handed over twice",
  "finished steps run again",
  "two hold a claim",
  "limits exceeded",
  "stale reports answered",
  "wrong ends",
  "errors thrown",
] as const;
export type BugKind = (typeof BUG_KINDS)[number];
export type OnBug = (kind: BugKind, detail: string) => void;

type Reply = Stop | { do: string; opening?: { path: string } } | undefined;

type Carried = { path: unknown } | undefined;
/** Where each report says how the action before ended. */
const CARRIED: { [Method in keyof RunnerApi]?: number } = { begin: 5, rest: 4, ask: 4, spawn: 4, offer: 5 };
/** Where a begin has its rate. */
const RATED = 6;

/** Sees every report with its answer and every hand-over, and writes down what never may be. */
export class Witness {
  readonly bugs: { kind: BugKind; at: number; detail: string }[] = [];
  reports = 0;
  readonly #sql: SqlStorage;
  readonly #now: () => number;
  readonly #attempts = new Map<string, number>();
  readonly #finished = new Set<string>();
  /** Jobs that the engine was asked to run. */
  readonly #given = new Set<string>();
  readonly #turns = new SeenTurns();

  constructor(sql: SqlStorage, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  readonly bug: OnBug = (kind, detail) => {
    this.bugs.push({ kind, at: this.#now(), detail });
  };

  /** Attempts that ran after another one was given up. */
  get furtherAttempts(): number {
    return [...this.#attempts.values()].reduce((sum, attempt) => sum + attempt - 1, 0);
  }

  /** The registry's side of the line. */
  watched(runner: () => RunnerApi): RunnerApi {
    return new Proxy({} as RunnerApi, {
      get: (_target, method: keyof RunnerApi) => {
        return async (ref: RunRef, ...rest: unknown[]) => {
          const before = this.#statusOf(ref.job_id);
          const report = runner()[method] as (ref: RunRef, ...rest: unknown[]) => Promise<Reply>;
          const reply = await report(ref, ...rest);
          this.#judge(method, ref, rest, reply, before);
          if (method === "begin") this.#onBegin(ref, rest, reply);
          return reply;
        };
      },
    });
  }

  /** The registry asks for instances: only for jobs that nobody has yet. */
  readonly onCreate = (batch: readonly RunParams[]): void => {
    for (const { job_id, attempt } of batch) {
      const row = this.#sql.exec("SELECT attempt, dispatched_at, settled_at FROM jobs WHERE job_id = ?", job_id).one();
      if (row.dispatched_at !== null) this.bug("handed over twice", `${job_id}-${attempt}`);
      if (row.settled_at !== null) this.bug("handed over twice", `${job_id}-${attempt}, after its end`);
      if (row.attempt !== attempt) this.bug("handed over twice", `${job_id}-${attempt}, in attempt ${row.attempt}`);
      this.#given.add(job_id);
    }
    const open = this.#sql.exec<{ job_id: string }>(
      "SELECT job_id FROM jobs WHERE blueprint = ? AND settled_at IS NULL",
      LIMITED,
    );
    const limited = open.toArray().filter(({ job_id }) => this.#given.has(job_id));
    if (limited.length > 1) this.bug("limits exceeded", `${limited.map(({ job_id }) => job_id)} run at once`);
  };

  /** No shape has more than one step that starts a child. */
  checkFamilies(): void {
    const twins = this.#sql.exec<{ parent_id: string; children: number }>(
      "SELECT parent_id, count(*) AS children FROM jobs WHERE parent_id IS NOT NULL GROUP BY parent_id HAVING children > 1",
    );
    for (const { parent_id, children } of twins.toArray()) {
      this.bug("finished steps run again", `${parent_id} started ${children} children`);
    }
  }

  #judge(method: keyof RunnerApi, ref: RunRef, rest: unknown[], reply: Reply, before: JobStatusName): void {
    this.reports += 1;
    if (reply === undefined || reply.do === "stop") return;
    const { job_id, attempt } = ref;
    if (isSettled(before)) this.bug("stale reports answered", `${method} of ${job_id}, after its end`);
    const latest = this.#attempts.get(job_id) ?? attempt;
    if (attempt < latest) this.bug("stale reports answered", `${method} of ${job_id}-${attempt}, in attempt ${latest}`);
    this.#attempts.set(job_id, Math.max(attempt, latest));
    const ended = method === "finish" ? { path: rest[0] } : (rest[CARRIED[method] ?? -1] as Carried);
    if (ended && reply.do !== "unkept") this.#finished.add(`${job_id}.${ended.path}`);
    const begun = method === "begin" && reply.do === "run" ? { path: rest[0] } : "opening" in reply && reply.opening;
    const step = begun && `${job_id}.${begun.path}`;
    if (step && this.#finished.has(step)) this.bug("finished steps run again", step);
  }

  /** No time of a rate has more turns than it allows. */
  #onBegin({ job_id, attempt }: RunRef, rest: unknown[], reply: Reply): void {
    const rate = rest[RATED] as RateTerms | undefined;
    const { do: what, try: tries, turn_ms = 0 } = (reply ?? {}) as Partial<Running>;
    if (rate === undefined || what !== "run") return;
    this.#turns.begins(rate, `${job_id}-${attempt}.${rest[0]}.${tries}`, this.#now() + turn_ms);
    const crowd = this.#turns.crowd(rate);
    if (crowd.length > 0) this.bug("limits exceeded", `the turns of ${crowd} lie in one time of the rate`);
  }

  #statusOf(jobId: string): JobStatusName {
    const [row] = this.#sql.exec<{ status: JobStatusName }>("SELECT status FROM jobs WHERE job_id = ?", jobId);
    return row?.status ?? "queued";
  }
}
