import { FLOW_MUTANTS } from "./mutants/flow-mutants.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { TRIGGER_MUTANTS } from "./mutants/trigger-mutants.ts";

/** Bugs that the harnesses of scripts/mutants.ts must find. `from` stands exactly once in its file. */
export const MUTANTS: Record<string, Mutant> = {
  "the tenant is not asked for": {
    file: "src/registry/storage/jobs.ts",
    from: " AND tenant = ?`,\n  displacedNumber",
    to: " AND ? <> ''`,\n  displacedNumber",
  },
  "a stale attempt may report": {
    file: "src/jobs/run/takeover.ts",
    from: "isSettled(job.status) || job.attempt !== attempt",
    to: "isSettled(job.status) || job.attempt < attempt",
  },
  "a stale run may report": {
    file: "src/jobs/run/takeover.ts",
    from: "run < (job.run.runner?.run ?? 0)",
    to: "run < 0",
  },
  "who takes over twice with one call is another run": {
    file: "src/jobs/run/takeover.ts",
    from: "  if (before?.token === token) return job;\n",
    to: "",
  },
  "what was not fetched is not told again": {
    file: "src/jobs/run/takeover.ts",
    from: "return ready.length > 0 || runner.told ? [WAKE_EVENT] : [];",
    to: "return [];",
  },
  "a run that wakes finds that all goes on waiting": {
    file: "src/jobs/run/takeover.ts",
    from: "(ready === undefined ? [path] : []));\n\n/**\n * The engine's events",
    to: "[path]);\n\n/**\n * The engine's events",
  },
  "a pause is forgotten by the next run": {
    file: "src/jobs/run/reports.ts",
    from: "openWork(job.run, path)?.again_at ?? now",
    to: "now",
  },
  "a failed look brings the purge of what it settled forward": {
    file: "src/registry/storage/jobs.ts",
    from: "SET due_at = max(due_at, ?)",
    to: "SET due_at = ?",
  },
  "a new job sets no alarm": {
    file: "src/registry/storage/job-store.ts",
    from: "    this.#alarm.ringBy(this.#tables.texts.added(job) ? job.submitted_at : job.due_at);\n",
    to: "    this.#tables.texts.added(job);\n",
  },
  "a job settles twice": {
    file: "src/jobs/status.ts",
    from: "  succeeded: {},\n",
    to: '  succeeded: { cancelled: "cancelled" },\n',
  },
  "a finished step runs again": {
    file: "src/registry/run/step-reports.ts",
    from: 'if (stored !== undefined) return { next: job, reply: { do: "reuse", ...recorded(stored) } };',
    to: "",
  },
  "what rides along with a begin is lost": {
    file: "src/registry/run/ended-actions.ts",
    from: "const ended = withFinished(context, job, finished, now);\n    return ended.ok",
    to: "const ended: Result<Job, Unkept> = ok(job);\n    return ended.ok",
  },
  "a late output replaces the first": {
    file: "src/registry/storage/values.ts",
    from: "    if (this.json(job, path) !== undefined) return { job, isNew: false };\n",
    to: "",
  },
  "a key fits any request": {
    file: "src/registry/calls/submit-and-read.ts",
    from: "if (found.request_hash !== request_hash)",
    to: "if (request_hash === '')",
  },
  "the purge takes unsettled jobs": {
    file: "src/registry/run/reconciler.ts",
    from: "    if (isSettled(job.status)) return this.#purge",
    to: "    if (job.started_at !== null) return this.#purge",
  },
  "the counts forget jobs that end": {
    file: "src/registry/storage/job-counts.ts",
    from: "Number(isActive(after)) - Number(isActive(before))",
    to: "Number(isActive(after) && !isActive(before))",
  },
  "the counts outlive an undone transaction": {
    file: "src/registry/storage/job-counts.ts",
    from: "    this.#counts = undefined;\n",
    to: "",
  },
  "an undone transaction forgets the alarm": {
    file: "src/registry/storage/job-store.ts",
    from: "      undoAlarm();\n",
    to: "      this.#alarm.forget();\n",
  },
  "a transaction is not atomic": {
    file: "src/registry/storage/job-store.ts",
    from: "return this.#storage.transactionSync(work);",
    to: "return work();",
  },
  "the timeline loses an event": {
    file: "src/jobs/run/timeline.ts",
    from: "[...job.events, event]",
    to: '[...(event[0] === "settled" ? job.events.slice(0, -1) : job.events), event]',
  },
  "progress falls with the next attempt": {
    file: "src/jobs/dispatch.ts",
    from: "run: { ...gotFurther(job).run, open: Object.fromEntries(waits) },",
    to: "run: { steps: {}, open: Object.fromEntries(waits) },",
  },
  "a list drops a job that came at the same time": {
    file: "src/registry/calls/list-jobs.ts",
    from: "last = job.job_id;",
    to: "last = job.job_id.slice(0, 14);",
  },
  "a retry runs finished steps again": {
    file: "src/jobs/retry.ts",
    from: "kept: before.slice(0, at)",
    to: "kept: before.slice(0, Math.max(at - 1, 0))",
  },
  "a deleted retry takes the key of the next": {
    file: "src/registry/storage/idempotency-keys.ts",
    from: "WHERE idempotency_key = ? AND job_id = ?",
    to: "WHERE idempotency_key = ? AND ? <> ''",
  },
  "an earlier due time moves no alarm": {
    file: "src/registry/storage/job-store.ts",
    from: "    if (after.due_at < before.due_at) this.#alarm.ringBy(after.due_at);\n",
    to: "",
  },
  "a due time only moves when it has passed": {
    file: "src/jobs/due.ts",
    from: "return due < job.due_at || job.due_at <= now ?",
    to: "return job.due_at <= now ?",
  },
  "the alarm is moved on before its work is known": {
    file: "src/registry/run/reconciler.ts",
    from: "this.#context.store.rearm(now() + WATCHDOG_MS)",
    to: "now()",
  },
  "children outlive their parent": {
    file: "src/registry/run/settlements.ts",
    from: "  const cancelled = cancelChildren(context, before, now);",
    to: "  const cancelled: Effect[] = [];",
  },
  "a parent is not told of its child's end": {
    file: "src/registry/run/settlements.ts",
    from: "  context.store.save(parent, told.job);\n",
    to: "",
  },
  "an answer is not kept": {
    file: "src/registry/run/questions.ts",
    from: "const kept = context.tables.values.keep(current, path, answered, { ...openWork(current.run, path), at: now });",
    to: "const kept = { job: current };",
  },
  "one job more than the limit": {
    file: "src/registry/dispatch/admission.ts",
    from: "if (active >= activeJobs && activeJobs > 0)",
    to: "if (active > activeJobs && activeJobs > 0)",
  },
  "a free slot is not given on": {
    file: "src/registry/storage/job-counts.ts",
    from: "if (isRunning(before) && !isRunning(after)) this.#onSlotFreed();",
    to: "",
  },
  "a failure does not reach the index of texts": {
    file: "src/registry/storage/job-store.ts",
    from: "if (!hasSameText(before, after)) this.#tables.texts.changed(after);",
    to: "",
  },
  "a refused job counts as handed over": {
    file: "src/registry/dispatch/dispatcher.ts",
    from: "if (!isTaken) {",
    to: "if (!isTaken && jobs.length === 0) {",
  },
  "a job has no time limit": {
    file: "src/jobs/run/repair.ts",
    from: "if (end !== undefined && end <= now) {",
    to: "if (end === -1) {",
  },
  "an inline plan goes with the first of its jobs": {
    file: "src/registry/storage/plans.ts",
    from: "WHERE plan_hash = ? AND inline_uses = 0 AND pinned = 0",
    to: "WHERE plan_hash = ?",
  },
  "a question waits for the next look at its engine": {
    file: "src/jobs/due.ts",
    from: "deadline(job) ?? Number.POSITIVE_INFINITY, firstExpiry(job));",
    to: "deadline(job) ?? Number.POSITIVE_INFINITY);",
  },
  "a job is read from memory although it was written": {
    file: "src/registry/storage/jobs.ts",
    from: "this.#cache.wrote(after)",
    to: "this.#cache.wrote(before)",
  },
  "an open question holds a job that ended well": {
    file: "src/registry/run/step-reports.ts",
    from: 'outcome.name === "succeeded" ? withoutQuestions(job, now()) : job',
    to: "job",
  },
  "an action of unknown outcome gets another key": {
    file: "src/jobs/run/action-keys.ts",
    from: 'if (outcome === "unknown") return "same_key";',
    to: 'if (outcome === "unknown") return why === "resume" ? "same_key" : "new_key";',
  },
  "a rerun has the key of the run before": {
    file: "src/registry/run/ended-actions.ts",
    from: "  actions.noteOver(job, path, error);\n",
    to: "",
  },
  "a retry forgets what is unknown": {
    file: "src/registry/dispatch/create-retry.ts",
    from: "    actions.keep(again.job_id, inherited(record, why(record.key_path), number));\n",
    to: "",
  },
  "a retry leaves small outputs behind": {
    file: "src/registry/dispatch/create-retry.ts",
    from: "const outputs_json = keptOutputs(job, (path) => copied.has(path));",
    to: "const outputs_json = keptOutputs(job, () => false);",
  },
  ...FLOW_MUTANTS,
  ...TRIGGER_MUTANTS,
};
