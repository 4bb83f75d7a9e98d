import type { RunState } from "../../../src/jobs/job.ts";
import type { JobEvent } from "../../../src/jobs/run/timeline.ts";
import { readEvents, readRun } from "../../../src/registry/storage/row-codec.ts";

/** The rows of an object as they are stored, read without the registry's own queries. */

export interface StoredJob {
  job_id: string;
  tenant: string;
  submitted_at: number;
  submitted_by: string | null;
  status: string;
  blueprint: string;
  plan_hash: string;
  step: string | null;
  dispatched_at: number | null;
  started_at: number | null;
  settled_at: number | null;
  timeout_ms: number;
  attempt: number;
  expected_by: number;
  due_at: number;
  result_path: string | null;
  idempotency_key: string | null;
  retried_from: string | null;
  parent_id: string | null;
  run_at: number | null;
  nudges: number;
  error: string | null;
  error_code: string | null;
  run: RunState;
  events: JobEvent[];
  /** The whole row as text, but when it is looked at next, for a purge that fails is put off, and what cleans up after it. */
  text: string;
}

export function storedJobs({ sql }: DurableObjectStorage): StoredJob[] {
  return sql
    .exec("SELECT * FROM jobs ORDER BY job_id")
    .toArray()
    .map((row) => {
      const { run_json, events_json, ...fields } = row;
      const { due_at: _look, run_json: _run, ...whole } = row;
      const { in_flight: _acts, undoing: _open, cleanup_job_id: _cleanup, ...run } = JSON.parse(String(run_json));
      return {
        ...(fields as unknown as Omit<StoredJob, "run" | "events" | "text">),
        run: readRun(String(run_json), Number(row.submitted_at)),
        events: readEvents(String(events_json), Number(row.submitted_at)),
        text: JSON.stringify({ ...whole, run }),
      };
    });
}

/** Job and path of each step that waits for an event. */
export const storedEventWaits = ({ sql }: DurableObjectStorage): string[] =>
  sql
    .exec<{ step: string }>("SELECT job_id || ' ' || path AS step FROM event_waits")
    .toArray()
    .map(({ step }) => step);

/** Limit and job of each slot that is held. */
export const storedSlots = ({ sql }: DurableObjectStorage): string[] =>
  sql
    .exec<{ slot: string }>("SELECT key || ' ' || holder AS slot FROM slot_holders")
    .toArray()
    .map(({ slot }) => slot);

/** When offers that have not ended are due (epoch ms). */
export const storedOffers = ({ sql }: DurableObjectStorage) =>
  sql
    .exec<{ job_id: string; path: string; due_at: number }>(
      "SELECT job_id, path, due_at FROM offers WHERE state <> 'ended'",
    )
    .toArray();

export const storedKeys = ({ sql }: DurableObjectStorage) =>
  sql
    .exec<{ idempotency_key: string; job_id: string }>("SELECT idempotency_key, job_id FROM idempotency_keys")
    .toArray();

export const storedPlans = ({ sql }: DurableObjectStorage) =>
  sql
    .exec<{ plan_hash: string; inline_uses: number; pinned: number }>(
      "SELECT plan_hash, inline_uses, pinned FROM plans",
    )
    .toArray();

/** Jobs that have a stored value. */
export const jobsWithValues = ({ sql }: DurableObjectStorage): string[] =>
  sql
    .exec<{ job_id: string }>("SELECT DISTINCT job_id FROM job_values")
    .toArray()
    .map((row) => row.job_id);

export const storedTriggers = ({ sql }: DurableObjectStorage) =>
  sql
    .exec<{ name: string; label: string; plan_hash: string | null }>("SELECT name, label, plan_hash FROM triggers")
    .toArray();

/** Names of triggers in whose other tables there is something, and when the alarm must look at them (epoch ms). */
export const triggerStates = ({ sql }: DurableObjectStorage) =>
  sql.exec<{ name: string; due_at: number | null }>("SELECT name, due_at FROM trigger_states").toArray();
