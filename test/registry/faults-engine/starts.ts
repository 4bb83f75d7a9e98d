import type { CallerApi } from "../../../src/registry/api/caller.ts";
import type { TriggerApi } from "../../../src/registry/api/trigger-calls.ts";
import type { TriggerDocument } from "../../../src/triggers/trigger-document.ts";
import { aListQuery, CALLER } from "../bench.ts";
import { SHAPES, type Shape } from "./shapes.ts";

/** Two triggers: a hook, and one that starts a job at each end of the hook's jobs and of their retries. */

type Caller = CallerApi & TriggerApi;

const HOOK = "hook";
const FOLLOWER = "follower";

function shapeOf(wanted: string): Shape {
  const shape = SHAPES.find(({ name }) => name === wanted);
  if (shape === undefined) throw new Error(`no shape ${wanted}`);
  return shape;
}
export const HOOKED = shapeOf("steps");
export const FOLLOWING = shapeOf("sleep");

async function save(caller: Caller, document: Partial<TriggerDocument> & { name: string }, of: Shape): Promise<void> {
  const { name: blueprint, plan, timeout_ms } = of;
  const ready = { label: `${blueprint}@1`, plan, plan_hash: blueprint, timeout_ms };
  const whole = { blueprint, input: {}, paused: false, ...document };
  const saved = await caller.saveTrigger(CALLER, { document: whole, plan: ready, isNewest: false, rotate: false });
  if (!saved.ok) throw new Error(saved.error.code);
}

export async function saveStarts(caller: Caller): Promise<void> {
  await save(caller, { name: HOOK, webhook: { verify: null } }, HOOKED);
  await save(caller, { name: FOLLOWER, event: { name: "job.settled", filter: { trigger: HOOK } } }, FOLLOWING);
}

/** @returns the job, or why there is none */
export async function deliver(caller: Caller, key: string): Promise<{ id: string } | { refused: string }> {
  const delivered = await caller.deliver(CALLER, { name: HOOK, version: 1, key, event: {} });
  if (!delivered.ok) return { refused: delivered.error.code };
  return delivered.value.job_id === null ? { refused: delivered.value.outcome } : { id: delivered.value.job_id };
}

/** The jobs of the hook, how many of them have ended, and all that were started of it, with their retries. */
export async function followed(caller: Caller): Promise<{ hooked: string[]; ended: number; followers: string[] }> {
  // In this order: what follows a job that ends meanwhile is not counted.
  const following = await caller.list(CALLER, aListQuery({ trigger: FOLLOWER }));
  const hooked = await caller.list(CALLER, aListQuery({ trigger: HOOK }));
  const ended = hooked.jobs.filter(({ completed_at }) => completed_at !== null).length;
  return { hooked: hooked.jobs.map(({ id }) => id), ended, followers: following.jobs.map(({ id }) => id) };
}
