import { SLOT_LOOK_MS } from "../../../src/limits.ts";
import {
  jobsWithValues,
  type StoredJob,
  storedEventWaits,
  storedKeys,
  storedOffers,
  storedPlans,
  storedSlots,
  storedTriggers,
  triggerStates,
} from "./rows.ts";

/** What must hold of the rows of an object between any two calls. Each function returns what does not hold, as lines. */

/** The alarm may be this late while it rings, and after it has failed. */
const WATCHDOG_MS = 60_000;

export const isSettled = ({ status }: { status: string }): boolean =>
  ["succeeded", "failed", "cancelled"].includes(status);

/** I3: exactly one settlement. I8: one timeline, from the acceptance to the settlement. */
export function wholeTimeline(job: StoredJob): string[] {
  const types = job.events.map(([type]) => type);
  const settlements = types.filter((type) => type === "settled").length;
  const isWhole = types.lastIndexOf("accepted") === 0 && (settlements === 0 || types.at(-1) === "settled");
  return [
    ...(settlements === Number(isSettled(job))
      ? []
      : [`I3: ${job.job_id} is ${job.status}, settled ${settlements} times`]),
    ...(isWhole ? [] : [`I8: the timeline of ${job.job_id} is ${types}`]),
  ];
}

/** I5: the alarm looks at the job when its report is late, or its time is up; a look that failed is put off. */
export function dueInTime(job: StoredJob, now: number): string[] {
  if (isSettled(job)) return [];
  const end = job.started_at === null ? Number.POSITIVE_INFINITY : job.started_at + job.timeout_ms;
  const expiries = Object.values(job.run.open).flatMap(({ question, event, ready }) => {
    const asked = question ?? event;
    return asked !== undefined && ready === undefined ? [asked.expires_at] : [];
  });
  const latest = Math.max(Math.min(job.expected_by, end, ...expiries), now + WATCHDOG_MS);
  return job.due_at > latest ? [`I5: ${job.job_id} is due ${job.due_at - latest} ms too late`] : [];
}

/** I5: while there is a job there is an alarm, for the first that is due. Times are epoch ms. */
export function armed(jobs: readonly StoredJob[], alarmAt: number | null, now: number): string[] {
  if (jobs.length === 0) return [];
  if (alarmAt === null) return ["I5: no alarm is set"];
  const first = Math.min(...jobs.map((job) => job.due_at));
  return alarmAt <= Math.max(first, now + WATCHDOG_MS) ? [] : [`I5: the alarm rings ${alarmAt - first} ms too late`];
}

/** I7: the counts in memory are those of the rows. */
export function countedRight(jobs: readonly StoredJob[], counted: { active: number; running: number }): string[] {
  // A job that cleans up, or does something to many others, counts nowhere.
  const isCounted = ({ run }: StoredJob) => run.cleanup === undefined && run.bulk === undefined;
  const active = jobs.filter((job) => !isSettled(job) && isCounted(job));
  const given = active.filter((job) => job.dispatched_at !== null || job.attempt > 1);
  // A parent that does nothing but wait for its children leaves them its place.
  const running = given.filter(({ run }) => {
    const work = Object.values(run.open);
    return work.length === 0 || work.some(({ child_id, ready }) => child_id === undefined || ready !== undefined);
  });
  const isRight = counted.active === active.length && counted.running === running.length;
  return isRight ? [] : [`I7: counted ${JSON.stringify(counted)}, there are ${active.length} and ${running.length}`];
}

/** I7: a job has its key and its plan; keys, plans and values have their jobs. */
export function belongings(storage: DurableObjectStorage, jobs: readonly StoredJob[]): string[] {
  const byId = new Map(jobs.map((job) => [job.job_id, job]));
  const keys = new Map(storedKeys(storage).map((key) => [key.idempotency_key, key.job_id]));
  const plans = new Map(storedPlans(storage).map((plan) => [plan.plan_hash, plan.inline_uses]));
  const holders = [
    ...jobs.filter(({ blueprint }) => blueprint === "inline"),
    ...storedTriggers(storage).filter(({ label }) => label === "inline"),
  ];
  const uses = (hash: string) => holders.filter(({ plan_hash }) => plan_hash === hash).length;
  // A retry that has settled gives its key to the next one.
  const hasKey = ({ job_id, idempotency_key: key, ...job }: StoredJob) =>
    key === null || keys.get(key) === job_id || (job.retried_from !== null && isSettled(job));
  return [
    ...jobsWithValues(storage).flatMap((id) => (byId.has(id) ? [] : [`I7: values outlived ${id}`])),
    ...jobs.flatMap((job) => (hasKey(job) ? [] : [`I7: ${job.job_id} lost its key`])),
    ...jobs.flatMap((job) => (plans.has(job.plan_hash) ? [] : [`I7: ${job.job_id} lost its plan`])),
    ...[...keys].flatMap(([key, id]) =>
      byId.get(id)?.idempotency_key === key ? [] : [`I7: key ${key} outlived ${id}`],
    ),
    ...[...plans].flatMap(([hash, n]) =>
      n === uses(hash) ? [] : [`I7: plan ${hash} counts ${n} uses, has ${uses(hash)}`],
    ),
  ];
}

/** I7: a step that waits for an event has its row, and only such a step. */
export function wholeEventWaits(storage: DurableObjectStorage, jobs: readonly StoredJob[]): string[] {
  const waits = storedEventWaits(storage);
  const open = jobs.flatMap(({ job_id, run }) =>
    Object.entries(run.open).flatMap(([path, { event, ready }]) =>
      event !== undefined && ready === undefined ? [`${job_id} ${path}`] : [],
    ),
  );
  return [
    ...open.flatMap((step) => (waits.includes(step) ? [] : [`I7: ${step} waits for an event without a row`])),
    ...waits.flatMap((step) => (open.includes(step) ? [] : [`I7: a wait for an event outlived ${step}`])),
  ];
}

/** I7: an offer to workers is of a job that waits for it. I5: the alarm comes when one is due. Times are epoch ms. */
export function wholeOffers(
  storage: DurableObjectStorage,
  jobs: readonly StoredJob[],
  alarmAt: number | null,
  now: number,
): string[] {
  const waiting = jobs
    .filter((job) => !isSettled(job))
    .flatMap(({ job_id, run }) => {
      return Object.entries(run.open).flatMap(([path, { offer, ready }]) =>
        offer !== undefined && ready === undefined ? [`${job_id} ${path}`] : [],
      );
    });
  const offers = storedOffers(storage);
  const names = offers.map(({ job_id, path }) => `${job_id} ${path}`);
  return [
    ...waiting.flatMap((step) => (names.includes(step) ? [] : [`I7: ${step} waits for a worker without an offer`])),
    ...names.flatMap((step) => (waiting.includes(step) ? [] : [`I7: an offer outlived ${step}`])),
    ...offers.flatMap(({ job_id, due_at }) =>
      isLate(due_at, alarmAt, now) ? [`I5: an offer of ${job_id} is due without an alarm`] : [],
    ),
  ];
}

/** I7: no more jobs of a limit are at the engine than it says, each with its slot. I5: the alarm asks after slots. */
export function wholeSlots(
  storage: DurableObjectStorage,
  jobs: readonly StoredJob[],
  alarmAt: number | null,
  now: number,
): string[] {
  const slots = storedSlots(storage);
  const limited = jobs.flatMap((job) => {
    const { concurrency, slot } = job.run;
    const isGiven = !isSettled(job) && (job.dispatched_at !== null || job.attempt > 1);
    return concurrency !== undefined && isGiven
      ? [{ id: job.job_id, limit: concurrency.limit, key: JSON.stringify([concurrency.of, slot?.key]) }]
      : [];
  });
  const isUnwatched = slots.length > 0 && isLate(now + SLOT_LOOK_MS, alarmAt, now + SLOT_LOOK_MS);
  return [
    ...limited.flatMap(({ id, key }) => (slots.includes(`${key} ${id}`) ? [] : [`I7: ${id} runs without its slot`])),
    ...[...Map.groupBy(limited, ({ key }) => key)].flatMap(([key, of]) => {
      const most = Math.max(...of.map(({ limit }) => limit));
      return of.length <= most ? [] : [`I7: ${of.length} jobs of ${key} run, the most is ${most}`];
    }),
    ...(isUnwatched ? ["I5: no alarm asks after the slots"] : []),
  ];
}

const isLate = (due: number, alarmAt: number | null, now: number): boolean =>
  alarmAt === null || alarmAt > Math.max(due, now + WATCHDOG_MS);

/** I7: a trigger has one state, and a state its trigger. I5: the alarm comes when one is due. Times are epoch ms. */
export function wholeTriggers(storage: DurableObjectStorage, alarmAt: number | null, now: number): string[] {
  const [names, states] = [storedTriggers(storage).map(({ name }) => name), triggerStates(storage)];
  const withState = states.map(({ name }) => name);
  return [
    ...names.flatMap((name) => (withState.includes(name) ? [] : [`I7: trigger ${name} has no state`])),
    ...withState.flatMap((name) => (names.includes(name) ? [] : [`I7: a state outlived trigger ${name}`])),
    ...states.flatMap(({ name, due_at }) =>
      due_at !== null && isLate(due_at, alarmAt, now) ? [`I5: trigger ${name} is due without an alarm`] : [],
    ),
  ];
}
