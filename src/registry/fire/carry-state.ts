import canonicalize from "canonicalize";
import type { TriggerDocument } from "../../triggers/trigger-document.ts";
import type { Trigger } from "../api/trigger-calls.ts";
import type { TriggerState } from "../storage/trigger-tables.ts";
import { dueOf, scheduled } from "./firing.ts";
import { pastOf, type Turn, timesOf } from "./turn.ts";

/** What a trigger that is saved keeps of what it was. */

export interface Before {
  trigger: Trigger;
  state: TriggerState;
}

const CHANGED = "the schedule was changed";

export const hasSameTimes = (before: Trigger, { schedule }: TriggerDocument): boolean =>
  canonicalize(before.document.schedule) === canonicalize(schedule);

const laterOf = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : Math.max(one, other);

function accountFor(turn: Turn, { trigger, state }: Before, now: number): void {
  const span = pastOf(trigger, state, now);
  if (span === undefined) return;
  turn.note(trigger.document.paused ? { outcome: "paused", span } : { outcome: "missed", span, reason: CHANGED });
}

/** The waiting time belongs to the old schedule. */
function skipQueued(turn: Turn): void {
  const { queued, ...state } = turn.state;
  if (queued === undefined) return;
  turn.state = state;
  turn.note({ outcome: "skipped", occurrence: scheduled(queued).occurrence, reason: CHANGED });
}

/** The first time of a trigger that is saved now: none that was one of the old schedule's, too, is told of twice. */
function firstOf(trigger: Trigger, before: Before | undefined, now: number): number | null {
  const [times, old] = [timesOf(trigger), before && timesOf(before.trigger)];
  if (times === undefined) return null;
  const asNew = now - times.rules.delayMs - 1;
  if (old === undefined) return times.table.next(asNew) ?? null;
  const edge = now - old.rules.delayMs;
  const told = old.table.next(edge - 1) === edge ? edge : edge - 1;
  return times.table.next(Math.max(asNew, told)) ?? null;
}

/** Times that were due until now belong to the trigger as it was; later ones to the trigger as it is saved now. */
export function carryState(turn: Turn, before: Before | undefined, now: number): void {
  const first = firstOf(turn.trigger, before, now);
  const isSame = before !== undefined && hasSameTimes(before.trigger, turn.trigger.document);
  const wasPaused = before?.trigger.document.paused ?? false;
  if (before !== undefined && (!isSame || wasPaused)) accountFor(turn, before, now);
  if (!isSame) skipQueued(turn);
  const kept = isSame ? before.state.next : first;
  const next = isSame && wasPaused ? laterOf(kept, first) : kept;
  turn.state = { ...turn.state, next: turn.left(next) };
}

/** When the alarm looks at a trigger that was saved: what waits may have come to its turn while it was paused. */
export function dueAfterSave({ trigger, state }: Turn, now: number): number | null {
  const isToLook = state.queued !== undefined && !trigger.document.paused;
  return isToLook ? now : dueOf(trigger, state, timesOf(trigger));
}
