import type { Blueprint } from "../../blueprint/blueprint.ts";
import { undoSteps } from "../../blueprint/undo.ts";
import type { Scope } from "../../expression/template.ts";
import { topLevelStep } from "../../jobs/run/action-keys.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { iso } from "../../lib/time.ts";
import { MAX_ERROR_CHARS } from "../../limits.ts";
import type { RunOutcome, RunPlan, StepFailure } from "../../registry/api/caller.ts";
import type { CleanupPlan, ParentPage } from "../../registry/api/cleanup-calls.ts";
import type { RunContext } from "../context.ts";
import type { SequenceEnding } from "../ending.ts";
import { Reporter } from "../reports/reporter.ts";
import { runSteps } from "../run-steps.ts";
import { type Effect, Journal } from "./settled-journal.ts";

type CleanupRun = RunPlan & { cleanup: CleanupPlan };

const STOPPED = "stopped" as const;

function scopeOf({ cleanup: { of, input } }: CleanupRun): Scope {
  const job = { id: of.job_id, attempt: of.attempt, submitted_at: iso(of.submitted_at) };
  return { input, steps: {}, job, now: of.started_at };
}

async function readJournal(context: RunContext, cleanup: CleanupPlan): Promise<Journal | undefined> {
  const rows: ParentPage["values"] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page: ParentPage | { do: "stop" } = await context.reports.parentJournal(after);
    if (page.do === "stop") return undefined;
    rows.push(...page.values);
    after = page.next;
  }
  return new Journal(rows, cleanup);
}

/** Takes effects back and runs `finally`, after a job that has settled; or beside one, what branches did in vain. */
class Cleanup {
  readonly #context: RunContext;
  readonly #run: CleanupRun;
  readonly #failures: StepFailure[] = [];

  constructor(context: RunContext, run: CleanupRun) {
    this.#context = context;
    this.#run = run;
  }

  /** @returns undefined when the attempt is no longer wanted */
  async run(): Promise<RunOutcome | undefined> {
    const journal = await readJournal(this.#context, this.#run.cleanup);
    if (journal === undefined) return undefined;
    const scope = scopeOf(this.#run);
    const broken = await this.#replay(journal, scope);
    if (broken !== undefined) return broken;
    const { isUndoing, race } = this.#run.cleanup;
    const effects = isUndoing || race !== undefined ? journal.effectsOf(race) : [];
    if ((await this.#undoAll(effects)) === STOPPED) return undefined;
    const last = race === undefined ? this.#run.plan.finally : undefined;
    return (await this.#finally(last, scope)) === STOPPED ? undefined : this.#outcome();
  }

  /** @returns why it could not be found what there is to do */
  async #replay(journal: Journal, scope: Scope): Promise<RunOutcome | undefined> {
    const { ports, ref } = this.#context;
    // What it would report happened before.
    const replaying = this.#context.replaying(journal, new Reporter(ports, ref));
    const ended = await runSteps(replaying, this.#run.plan.steps, scope, "");
    if (ended.end !== "failed") return undefined;
    return { name: "failed", error: ended.error, path: null };
  }

  /** The last finished first. One that fails does not stop the next. */
  async #undoAll(effects: readonly Effect[]): Promise<typeof STOPPED | undefined> {
    const last = effects.toSorted((a, b) => (a.number === b.number ? 0 : b.number - a.number));
    const totals = Map.groupBy(last, ({ path }) => topLevelStep(path));
    for (const [top, group] of totals) {
      const counts = { total: group.length, done: 0, failed: 0 };
      for (const effect of group) {
        this.#context.reports.add({ path: top, status: "running", items: { ...counts } });
        const ended = await this.#undo(effect);
        if (ended === STOPPED) return STOPPED;
        counts.done += 1;
        if (ended !== undefined) counts.failed += 1;
      }
      this.#context.reports.add({ path: top, status: "running", items: counts });
      this.#context.reports.add({ path: top, status: "succeeded" });
    }
    return undefined;
  }

  /** @returns the failure */
  async #undo({ path, keyPath, step, scope }: Effect): Promise<StepFailure | typeof STOPPED | undefined> {
    const before = this.#context.failedBefore(path);
    if (before !== undefined) return this.#noted(before);
    const inner = this.#later({ ...scope, steps: { ...scope.steps } });
    for (const { step: undo, suffix } of undoSteps(step)) {
      const at = `${path}${suffix}`;
      const [prefix, id] = [at.slice(0, at.lastIndexOf(".") + 1), at.slice(at.lastIndexOf(".") + 1)];
      const key = `${keyPath}${prefix.slice(path.length)}`;
      const ended = await runSteps(this.#context.inRow(prefix, key), [{ ...undo, id }], inner, prefix);
      const failure = this.#judged(ended, at);
      if (failure === STOPPED) return STOPPED;
      if (failure !== undefined) {
        const stopped = await this.#context.rowFailed(path, failure);
        return stopped === undefined ? failure : STOPPED;
      }
    }
    const { do: answer } = await this.#context.reports.undone(path, keyPath);
    return answer === "stop" ? STOPPED : undefined;
  }

  /** What runs now sees when it does, and else what its step saw. */
  #later(scope: Scope): Scope {
    return { ...scope, now: Math.max(scope.now, this.#run.started_at) };
  }

  #judged(ended: SequenceEnding, path: string): StepFailure | typeof STOPPED | undefined {
    if (ended.end === "done") return undefined;
    return ended.end === "failed" ? this.#noted({ path: ended.path || path, error: ended.error }) : STOPPED;
  }

  #noted(failure: StepFailure): StepFailure {
    this.#failures.push(failure);
    return failure;
  }

  async #finally(steps: Blueprint["finally"], scope: Scope): Promise<typeof STOPPED | undefined> {
    if (steps === undefined) return undefined;
    const last = this.#later({ ...scope, outcome: this.#run.cleanup.outcome });
    const failure = this.#judged(await runSteps(this.#context, steps, last, ""), "finally");
    return failure === STOPPED ? STOPPED : undefined;
  }

  #outcome(): RunOutcome {
    const [first, ...others] = this.#failures;
    if (first === undefined) return { name: "succeeded", output: null };
    if (others.length === 0) return { name: "failed", error: first.error, path: first.path };
    const named = this.#failures.map(({ path, error }) => `${path} (${error.code}: ${error.message})`).join("; ");
    const message = `${this.#failures.length} steps failed: ${named}`;
    return { name: "failed", error: { code: "undo_failed", message: oneLine(message, MAX_ERROR_CHARS) }, path: null };
  }
}

export const runCleanup = (context: RunContext, run: CleanupRun): Promise<RunOutcome | undefined> =>
  new Cleanup(context, run).run();
