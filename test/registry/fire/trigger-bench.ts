import { iso } from "../../../src/lib/time.ts";
import type { ReadyPlan, TriggerToSave } from "../../../src/registry/api/trigger-calls.ts";
import type { TriggerDocument } from "../../../src/triggers/trigger-document.ts";
import { type Bench, CALLER, planOf } from "../bench.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const PLAN: ReadyPlan = {
  label: "report@1",
  plan: planOf([{ id: "one", type: "http", url: "https://example.com" }]),
  plan_hash: "hash-of-report",
  timeout_ms: HOUR,
};

const SCHEDULE = { timezone: "UTC", overlap: "skip", missed: "last", catch_up: "1 hour" } as const;
export const everyMinute = (over: Partial<NonNullable<TriggerDocument["schedule"]>> = {}) => ({
  ...SCHEDULE,
  cron: "* * * * *",
  ...over,
});

export const aTrigger = (over: Partial<TriggerDocument> = {}): TriggerDocument => ({
  name: "report",
  blueprint: "report",
  schedule: everyMinute(),
  paused: false,
  ...over,
});

export async function save(bench: Bench, document: TriggerDocument, over: Partial<TriggerToSave> = {}) {
  const saved = await bench.caller.saveTrigger(CALLER, {
    document,
    plan: PLAN,
    isNewest: false,
    rotate: false,
    ...over,
  });
  if (!saved.ok) throw new Error(JSON.stringify(saved.error));
  return saved.value;
}

/** The clock goes on, and the alarm rings. */
export async function ring(bench: Bench, passed = 0): Promise<void> {
  bench.clock.now += passed;
  await bench.reconciler.onAlarm();
  await bench.settleBackground();
}

/** The ledger, the oldest first: the outcome, and what it is about. */
export async function ledger(bench: Bench, name = "report"): Promise<string[]> {
  const page = await bench.caller.triggerLedger(CALLER, name, null, 1_000);
  if (!page.ok) throw new Error(page.error.code);
  return page.value.entries
    .map(({ outcome, occurrence, span }) =>
      span === undefined
        ? `${outcome} ${occurrence}`
        : `${outcome} ${iso(span.from)} to ${iso(span.to)}: ${span.count}`,
    )
    .reverse();
}

/** The trigger's jobs, the first one first. */
export async function jobsOf({ storage, caller }: Bench, name = "report") {
  const rows = storage.sql
    .exec<{ job_id: string }>("SELECT job_id FROM jobs WHERE submitted_by = ? ORDER BY job_id", `trigger:${name}`)
    .toArray();
  const found = await Promise.all(
    rows.map(({ job_id }) => caller.status(CALLER, job_id, { steps: false, events: false })),
  );
  return found.flatMap((status) => (status.ok ? [status.value] : []));
}

/** Runs the job to its end. */
export async function finish(
  { runner, ref }: Bench,
  id: string,
  output: Parameters<Bench["runner"]["finish"]>[2] = {},
) {
  await runner.start(ref(id));
  await runner.settle(ref(id), { name: "succeeded", output }, []);
}
